# The root file system with nothing added; ./perilune makes others with --add and --with by the same script.
add_custom_target(rootfs ALL
	COMMAND ${CMAKE_SOURCE_DIR}/cmake/rootfs.sh ${PERILUNE_ARCH} ${CMAKE_BINARY_DIR} initramfs.cpio
	VERBATIM COMMENT "initramfs.cpio")
add_dependencies(rootfs user_programs diff_programs)
