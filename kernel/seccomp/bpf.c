/* Classic BPF as seccomp(2) allows it: checks and execution. Jumps only go forward, so that every
 * program ends. */
#include "seccomp/bpf.h"

#include "mm/heap.h"

#define MEM_WORDS 16

enum {
	LD = 0x00,
	LDX = 0x01,
	ST = 0x02,
	STX = 0x03,
	ALU = 0x04,
	JMP = 0x05,
	RET = 0x06,
	MISC = 0x07,

	IMM = 0x00, /* modes of loads */
	ABS = 0x20,
	MEM = 0x60,
	LEN = 0x80,

	ADD = 0x00, /* of ALU */
	SUB = 0x10,
	MUL = 0x20,
	DIV = 0x30,
	OR = 0x40,
	AND = 0x50,
	LSH = 0x60,
	RSH = 0x70,
	NEG = 0x80,
	XOR = 0xa0,

	JA = 0x00, /* of JMP */
	JEQ = 0x10,
	JGT = 0x20,
	JGE = 0x30,
	JSET = 0x40,

	K = 0x00, /* where the second operand is */
	X = 0x08,
	A = 0x10, /* of RET */

	TAX = 0x00, /* of MISC */
	TXA = 0x80
};

#define BOTH(code) [(code) | K] = 1, [(code) | X] = 1

static const uint8_t allowed[256] = {
    [LD | ABS] = 1,
    [LD | LEN] = 1,
    [LD | IMM] = 1,
    [LD | MEM] = 1,
    [LDX | LEN] = 1,
    [LDX | IMM] = 1,
    [LDX | MEM] = 1,
    [ST] = 1,
    [STX] = 1,
    BOTH(ALU | ADD),
    BOTH(ALU | SUB),
    BOTH(ALU | MUL),
    BOTH(ALU | DIV),
    BOTH(ALU | OR),
    BOTH(ALU | AND),
    BOTH(ALU | LSH),
    BOTH(ALU | RSH),
    BOTH(ALU | XOR),
    [ALU | NEG] = 1,
    [JMP | JA] = 1,
    BOTH(JMP | JEQ),
    BOTH(JMP | JGT),
    BOTH(JMP | JGE),
    BOTH(JMP | JSET),
    [RET | K] = 1,
    [RET | A] = 1,
    [MISC | TAX] = 1,
    [MISC | TXA] = 1,
};

static bool is_conditional(const struct bpf_insn *i)
{
	return (i->code & 7) == JMP && i->code != (JMP | JA);
}

static bool uses_memory(const struct bpf_insn *i)
{
	return i->code == ST || i->code == STX || i->code == (LD | MEM) || i->code == (LDX | MEM);
}

/* One instruction by itself, with `after` instructions behind it. */
static bool is_valid(const struct bpf_insn *i, unsigned after)
{
	if (i->code >= ARRAY_SIZE(allowed) || !allowed[i->code])
		return false;
	if (is_conditional(i))
		return i->jt < after && i->jf < after;
	if (uses_memory(i))
		return i->k < MEM_WORDS;
	switch (i->code) {
	case JMP | JA:
		return i->k < after;
	case ALU | DIV | K:
		return i->k != 0;
	case ALU | LSH | K:
	case ALU | RSH | K:
		return i->k < 32;
	case LD | ABS:
		return i->k < sizeof(struct seccomp_data) && !(i->k & 3);
	}
	return true;
}

/* Is each word of memory written before it is read, on every way to the reader? `reach` has, for
 * each instruction, the words that all jumps to it have written. */
static bool memory_is_written(const struct bpf_insn *p, unsigned len, uint16_t *reach)
{
	uint16_t written = 0;

	memset(reach, 0xff, len * sizeof(*reach));
	for (unsigned pc = 0; pc < len; pc++) {
		const struct bpf_insn *i = &p[pc];

		written &= reach[pc];
		if (i->code == ST || i->code == STX)
			written |= (uint16_t)(1u << i->k);
		else if (uses_memory(i) && !(written >> i->k & 1))
			return false;
		if (i->code == (JMP | JA)) {
			reach[pc + 1 + i->k] &= written;
			written = UINT16_MAX;
		} else if (is_conditional(i)) {
			reach[pc + 1 + i->jt] &= written;
			reach[pc + 1 + i->jf] &= written;
			written = UINT16_MAX;
		}
	}
	return true;
}

int bpf_check(const struct bpf_insn *p, unsigned len)
{
	uint16_t *reach;
	bool valid;

	if (!len || len > BPF_MAX_INSNS || (p[len - 1].code & 7) != RET)
		return -EINVAL;
	for (unsigned pc = 0; pc < len; pc++)
		if (!is_valid(&p[pc], len - pc - 1))
			return -EINVAL;
	reach = kmalloc(len * sizeof(*reach));
	if (!reach)
		return -ENOMEM;
	valid = memory_is_written(p, len, reach);
	kfree(reach);
	return valid ? 0 : -EINVAL;
}

/* What an arithmetic instruction makes of `a`; a divisor is not 0. */
static uint32_t compute(unsigned op, uint32_t a, uint32_t b)
{
	switch (op) {
	case ADD:
		return a + b;
	case SUB:
		return a - b;
	case MUL:
		return a * b;
	case DIV:
		return a / b;
	case OR:
		return a | b;
	case AND:
		return a & b;
	case XOR:
		return a ^ b;
	case LSH:
		return a << (b & 31);
	case RSH:
		return a >> (b & 31);
	default:
		return -a; /* NEG */
	}
}

static bool compare(unsigned op, uint32_t a, uint32_t b)
{
	switch (op) {
	case JEQ:
		return a == b;
	case JGT:
		return a > b;
	case JGE:
		return a >= b;
	default:
		return a & b; /* JSET */
	}
}

/* What a load gives. */
static uint32_t load(const struct bpf_insn *i, const uint32_t *mem, const struct seccomp_data *data)
{
	uint32_t word;

	switch (i->code & 0xe0) {
	case ABS:
		memcpy(&word, (const char *)data + i->k, sizeof(word));
		return word;
	case MEM:
		return mem[i->k];
	case LEN:
		return sizeof(*data);
	default:
		return i->k; /* IMM */
	}
}

uint32_t bpf_run(const struct bpf_insn *i, const struct seccomp_data *data)
{
	uint32_t a = 0, x = 0, mem[MEM_WORDS], operand;

	for (;; i++) {
		operand = i->code & X ? x : i->k;
		switch (i->code & 7) {
		case LD:
			a = load(i, mem, data);
			break;
		case LDX:
			x = load(i, mem, data);
			break;
		case ST:
			mem[i->k] = a;
			break;
		case STX:
			mem[i->k] = x;
			break;
		case ALU:
			if ((i->code & 0xf0) == DIV && !operand)
				return 0;
			a = compute(i->code & 0xf0, a, operand);
			break;
		case JMP:
			if (i->code == (JMP | JA))
				i += i->k;
			else
				i += compare(i->code & 0xf0, a, operand) ? i->jt : i->jf;
			break;
		case RET:
			return i->code & A ? a : i->k;
		default:
			if (i->code & TXA)
				a = x;
			else
				x = a;
		}
	}
}
