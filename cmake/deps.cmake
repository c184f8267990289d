# Third-party sources and libraries, made by build-deps.sh when its recipes change.
set(PERILUNE_DEPS ${CMAKE_SOURCE_DIR}/build/deps/${PERILUNE_ARCH})
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS cmake/build-deps.sh cmake/apt.sh)
execute_process(COMMAND ${CMAKE_SOURCE_DIR}/cmake/build-deps.sh ${PERILUNE_ARCH} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
	message(FATAL_ERROR "cmake/build-deps.sh ${PERILUNE_ARCH} failed")
endif()
execute_process(COMMAND ${PERILUNE_USER_CC} -print-libgcc-file-name
	OUTPUT_VARIABLE PERILUNE_LIBGCC OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
