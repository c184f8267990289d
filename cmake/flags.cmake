# base_flags: for everything that runs in the kernel, Lua included. kernel_flags: for our own code on top.
add_library(base_flags INTERFACE)
target_compile_options(base_flags INTERFACE
	${PERILUNE_ARCH_FLAGS}
	-ffreestanding -fno-omit-frame-pointer -fno-strict-aliasing -fno-common -fno-pic -fno-asynchronous-unwind-tables
	-nostdlibinc -isystem ${PERILUNE_DEPS}/newlib/include
	-ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -fdebug-compilation-dir=.)
target_compile_definitions(base_flags INTERFACE __DYNAMIC_REENT__)

add_library(kernel_flags INTERFACE)
target_link_libraries(kernel_flags INTERFACE base_flags)
target_include_directories(kernel_flags INTERFACE
	${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/kernel ${CMAKE_SOURCE_DIR}/arch/include
	${CMAKE_SOURCE_DIR}/arch/${PERILUNE_ARCH}/include)
target_include_directories(kernel_flags SYSTEM INTERFACE ${PERILUNE_DEPS}/lua ${PERILUNE_DEPS}/libfdt)
target_compile_options(kernel_flags INTERFACE
	$<$<COMPILE_LANGUAGE:C>:-Wall -Wextra -Werror -Wno-unused-parameter -Wmissing-prototypes -Wstrict-prototypes
	-mno-implicit-float>)
target_compile_definitions(kernel_flags INTERFACE $<$<CONFIG:Debug>:PERILUNE_DEBUG>)

# Undefined behaviour is caught in debug builds. The "function" check would read before assembly routines.
set(sanitize -fsanitize=undefined -fno-sanitize=function)
if(NOT EXISTS ${CMAKE_SOURCE_DIR}/kernel/debug/ubsan.c)
	list(APPEND sanitize -fsanitize-trap=all)
endif()
# Its reports name files from the root of the tree.
string(REGEX MATCHALL "/[^/]+" components ${CMAKE_SOURCE_DIR})
list(LENGTH components components)
list(APPEND sanitize -fsanitize-undefined-strip-path-components=${components})
target_compile_options(kernel_flags INTERFACE "$<$<AND:$<CONFIG:Debug>,$<COMPILE_LANGUAGE:C>>:${sanitize}>")
