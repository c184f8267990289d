# The kernel is linked three times: with an empty symbol table, with a table of the right size, and with the right
# addresses in it. The last two must agree on every address, or the build fails.
set(linker_script ${CMAKE_SOURCE_DIR}/arch/${PERILUNE_ARCH}/linker.ld)

function(add_kernel_link name table)
	add_executable(${name} ${table} $<TARGET_OBJECTS:kernel> $<TARGET_OBJECTS:lua> $<TARGET_OBJECTS:libfdt>)
	target_link_libraries(${name} PRIVATE base_flags
		${PERILUNE_DEPS}/newlib/lib/libm.a ${PERILUNE_DEPS}/newlib/lib/libc.a ${PERILUNE_LIBGCC})
	target_link_options(${name} PRIVATE
		--ld-path=/usr/bin/ld.lld-19 -nostdlib -static -T ${linker_script}
		-Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--build-id=sha1 -Wl,--error-limit=0)
	set_target_properties(${name} PROPERTIES LINK_DEPENDS ${linker_script})
endfunction()

function(add_symbol_table table link)
	add_custom_command(OUTPUT ${table}.S
		COMMAND ${CMAKE_SOURCE_DIR}/cmake/ksyms.sh ${table}.S $<TARGET_FILE:${link}>
		DEPENDS ${link} cmake/ksyms.sh VERBATIM COMMENT "Symbol table ${table}")
endfunction()

add_custom_command(OUTPUT ksyms0.S
	COMMAND ${CMAKE_SOURCE_DIR}/cmake/ksyms.sh ksyms0.S - DEPENDS cmake/ksyms.sh VERBATIM)
add_kernel_link(link1 ${CMAKE_BINARY_DIR}/ksyms0.S)
add_symbol_table(ksyms1 link1)
add_kernel_link(link2 ${CMAKE_BINARY_DIR}/ksyms1.S)
add_symbol_table(ksyms2 link2)
add_kernel_link(perilune.elf ${CMAKE_BINARY_DIR}/ksyms2.S)

add_custom_command(OUTPUT Image
	COMMAND ${CMAKE_SOURCE_DIR}/cmake/ksyms.sh ksyms3.S perilune.elf
	COMMAND ${CMAKE_COMMAND} -E compare_files ksyms2.S ksyms3.S
	COMMAND llvm-objcopy-19 -O binary perilune.elf Image
	DEPENDS perilune.elf VERBATIM COMMENT "Image")
add_custom_target(image ALL DEPENDS Image)
