/* Filter programs of seccomp(2): classic BPF over one struct seccomp_data. Private to
 * kernel/seccomp. */
#pragma once

#include "base.h"

#define BPF_MAX_INSNS 4096

struct bpf_insn { /* struct sock_filter */
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};

/* What a program may load, word by word. */
struct seccomp_data {
	int32_t nr;
	uint32_t arch;
	uint64_t instruction_pointer;
	uint64_t args[6];
};
_Static_assert(sizeof(struct seccomp_data) == 64, "struct seccomp_data is 64 bytes");

/* Will the program end, within its bounds, whatever the data? 0, -EINVAL or -ENOMEM. */
int bpf_check(const struct bpf_insn *program, unsigned len);
/* Runs a program that was checked. A division by zero ends it with 0. */
uint32_t bpf_run(const struct bpf_insn *program, const struct seccomp_data *data);
