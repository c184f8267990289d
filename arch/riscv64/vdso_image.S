/* The vDSO, whole pages of it, to be mapped into every program. */
	.section .rodata.vdso, "a"
	.balign 4096
	.globl	arch_vdso_start, arch_vdso_end
	.type	arch_vdso_start, @object
arch_vdso_start:
	.incbin	VDSO_FILE
	.balign 4096
arch_vdso_end:
	.size	arch_vdso_start, . - arch_vdso_start
