/* A program on its way into a process: between exec.c and script.c. */
#pragma once

#include "proc/internal.h"

#define EXEC_HEAD 256 /* what decides the format: BINPRM_BUF_SIZE */

struct exec {
	struct file *file;
	char *execfn; /* as AT_EXECFN names it: the path given, not the interpreter */
	char *path;   /* of `file` */
	char comm[16];
	char head[EXEC_HEAD]; /* zero behind its end */
	size_t head_len;
	struct exec_strings strings;
	struct space *space;
	struct elf_image image;
	struct exec_cred cred;
	uint32_t personality; /* before; given back if the exec fails */
	bool fatal;           /* an error from here on ends the process */
	bool inaccessible;    /* its path goes through a descriptor that exec closes */
	uaddr_t sp;
};

/* Opens the program and reads its head. 0 or -errno. */
int exec_open_program(struct exec *e, int dirfd, const char *path, unsigned lookup);
/* While the program is a script ("#!"), its interpreter takes its place. -ENOEXEC, -ELOOP, -ENOENT,
 * or what opening the interpreter gives. */
int exec_resolve_scripts(struct exec *e);
