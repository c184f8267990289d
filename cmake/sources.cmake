# Lua's core and the libraries that are safe in a kernel: no io, os, package or debug.
set(lua_files
	lapi lcode lctype ldebug ldo ldump lfunc lgc llex lmem lobject lopcodes lparser lstate lstring ltable ltm lundump
	lvm lzio lauxlib lbaselib lcorolib lmathlib lstrlib ltablib lutf8lib)
list(TRANSFORM lua_files REPLACE "(.+)" "${PERILUNE_DEPS}/lua/\\1.c")
add_library(lua OBJECT ${lua_files})
target_link_libraries(lua PRIVATE base_flags)
target_compile_options(lua PRIVATE -O2 -Wall)

# The device tree reader.
add_library(libfdt OBJECT)
foreach(file IN ITEMS fdt fdt_ro fdt_rw fdt_wip fdt_addresses fdt_strerror)
	target_sources(libfdt PRIVATE ${PERILUNE_DEPS}/libfdt/${file}.c)
endforeach()
target_link_libraries(libfdt PRIVATE base_flags)
target_include_directories(libfdt PRIVATE ${PERILUNE_DEPS}/libfdt)
target_compile_options(libfdt PRIVATE -mno-implicit-float)

# The Lua files that the kernel carries in itself.
file(GLOB_RECURSE embedded_lua CONFIGURE_DEPENDS
	RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/shell/*.lua ${CMAKE_SOURCE_DIR}/tests/lua/lib/*.lua)
set(embedded_s ${CMAKE_BINARY_DIR}/embedded.S)
list(TRANSFORM embedded_lua PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE embedded_paths)
add_custom_command(OUTPUT ${embedded_s}
	COMMAND ${CMAKE_SOURCE_DIR}/cmake/embed.sh ${embedded_s} ${CMAKE_SOURCE_DIR} ${embedded_lua}
	DEPENDS ${embedded_paths} cmake/embed.sh
	COMMENT "Embedding Lua files" VERBATIM)
set_source_files_properties(${embedded_s} PROPERTIES OBJECT_DEPENDS "${embedded_paths}")
target_sources(kernel PRIVATE ${embedded_s})
