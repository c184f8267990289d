/*
 * Stepping: RISC-V has no trap after an instruction outside of debug mode, so where the next
 * instruction leads is read off it. (The RISC-V Instruction Set Manual, volume I: "RV32I Base
 * Integer Instruction Set", "A" and "C" extensions.)
 */
#include "arch/thread.h"
#include "local.h"

#define MAX_ATOMIC 16 /* instructions of a sequence that the A extension lets make progress */

const uint8_t arch_breakpoint[] = {0x02, 0x90}; /* c.ebreak */
const unsigned arch_breakpoint_size = sizeof(arch_breakpoint), arch_breakpoint_skid;

enum major { MAJOR_AMO = 0x2f, MAJOR_BRANCH = 0x63, MAJOR_JALR = 0x67, MAJOR_JAL = 0x6f };
enum { AMO_LR = 2, AMO_SC = 3 };

#define ECALL            0x73U
#define SYS_RT_SIGRETURN 139

struct insn {
	uint32_t bits;
	unsigned size; /* bytes */
};

static uint32_t field(uint32_t bits, unsigned low, unsigned width)
{
	return bits >> low & ((1U << width) - 1);
}

/* Bits [low, low + width) of an instruction, moved to place `at` of an immediate. */
static uint32_t part(uint32_t bits, unsigned low, unsigned width, unsigned at)
{
	return field(bits, low, width) << at;
}

static int64_t sign_extend(uint32_t v, unsigned bits)
{
	return (int64_t)((uint64_t)v << (64 - bits)) >> (64 - bits);
}

static uint64_t reg(const struct arch_frame *f, unsigned n)
{
	return n ? (&f->pc)[n] : 0; /* the frame begins with pc in the place of x0 */
}

static bool fetch(arch_peek peek, void *ctx, uaddr_t pc, struct insn *i)
{
	uint16_t half[2] = {0};

	if (peek(ctx, &half[0], pc, sizeof(half[0])))
		return false;
	i->size = (half[0] & 3) == 3 ? 4 : 2;
	if (i->size == 4 && peek(ctx, &half[1], pc + 2, sizeof(half[1])))
		return false;
	i->bits = half[0] | (uint32_t)half[1] << 16;
	return true;
}

/* --- immediates --- */

static int64_t branch_offset(uint32_t b)
{
	return sign_extend(
	    part(b, 31, 1, 12) | part(b, 7, 1, 11) | part(b, 25, 6, 5) | part(b, 8, 4, 1), 13);
}

static int64_t jal_offset(uint32_t b)
{
	return sign_extend(
	    part(b, 31, 1, 20) | part(b, 12, 8, 12) | part(b, 20, 1, 11) | part(b, 21, 10, 1), 21);
}

static int64_t c_jump_offset(uint32_t b)
{
	return sign_extend(part(b, 12, 1, 11) | part(b, 11, 1, 4) | part(b, 9, 2, 8) |
			       part(b, 8, 1, 10) | part(b, 7, 1, 6) | part(b, 6, 1, 7) |
			       part(b, 3, 3, 1) | part(b, 2, 1, 5),
	    12);
}

static int64_t c_branch_offset(uint32_t b)
{
	return sign_extend(part(b, 12, 1, 8) | part(b, 10, 2, 3) | part(b, 5, 2, 6) |
			       part(b, 3, 2, 1) | part(b, 2, 1, 5),
	    9);
}

/* --- where to --- */

static bool branch_taken(const struct arch_frame *f, uint32_t b)
{
	uint64_t x = reg(f, field(b, 15, 5)), y = reg(f, field(b, 20, 5));
	bool yes = false;

	switch (field(b, 12, 3) >> 1) {
	case 0:
		yes = x == y;
		break;
	case 2:
		yes = (int64_t)x < (int64_t)y;
		break;
	case 3:
		yes = x < y;
		break;
	}
	return yes != (field(b, 12, 3) & 1);
}

static void go(struct arch_step *s, uaddr_t target)
{
	s->targets[s->count++] = target;
}

/* x1 and x5 are the link registers. */
static bool is_link(unsigned n)
{
	return n == 1 || n == 5;
}

static void plan_jalr(struct arch_step *s, uint64_t target, unsigned rd, unsigned rs)
{
	go(s, target & ~1UL);
	if (is_link(rd))
		s->kind = STEP_CALL;
	else if (!rd && is_link(rs))
		s->kind = STEP_RETURN;
}

static void plan_compressed(const struct arch_frame *f, uint32_t b, struct arch_step *s)
{
	unsigned op = field(b, 0, 2), funct = field(b, 13, 3), rs = field(b, 7, 5);

	if (op == 1 && funct == 5) { /* c.j */
		go(s, f->pc + (uint64_t)c_jump_offset(b));
	} else if (op == 1 && funct >= 6) { /* c.beqz, c.bnez */
		bool taken = !reg(f, 8 + field(b, 7, 3)) == (funct == 6);
		go(s, taken ? f->pc + (uint64_t)c_branch_offset(b) : s->after);
	} else if (op == 2 && funct == 4 && !field(b, 2, 5) && rs) { /* c.jr, c.jalr */
		plan_jalr(s, reg(f, rs), field(b, 12, 1), rs);
	} else {
		go(s, s->after);
	}
}

static bool is_amo(const struct insn *i, unsigned funct)
{
	return i->size == 4 && field(i->bits, 0, 7) == MAJOR_AMO && field(i->bits, 27, 5) == funct;
}

/* Where a branch leads if it is taken. False: it is none. */
static bool branch_target(const struct insn *i, uaddr_t pc, uaddr_t *target)
{
	if (i->size == 4 && field(i->bits, 0, 7) == MAJOR_BRANCH)
		*target = pc + (uint64_t)branch_offset(i->bits);
	else if (i->size == 2 && field(i->bits, 0, 2) == 1 && field(i->bits, 13, 3) >= 6)
		*target = pc + (uint64_t)c_branch_offset(i->bits);
	else
		return false;
	return true;
}

/* Those that stay in the sequence end at `end` all the same: a breakpoint there would break it. */
static void keep_exits(struct arch_step *s, uaddr_t start, uaddr_t end)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < s->count; i++)
		if (s->targets[i] < start || s->targets[i] >= end)
			s->targets[kept++] = s->targets[i];
	s->count = kept;
}

/* Behind the store-conditional, or where a branch leaves the sequence before it. */
static bool plan_atomic(arch_peek peek, void *ctx, struct arch_step *s)
{
	uaddr_t pc = s->after, target;
	struct insn i;

	for (int n = 0; n < MAX_ATOMIC; n++) {
		if (!fetch(peek, ctx, pc, &i))
			return false;
		if (is_amo(&i, AMO_SC)) {
			keep_exits(s, s->after, pc + i.size);
			go(s, pc + i.size);
			return true;
		}
		if (branch_target(&i, pc, &target)) {
			if (s->count == ARCH_STEP_TARGETS - 1)
				return false;
			go(s, target);
		}
		pc += i.size;
	}
	s->count = 0; /* no such sequence: the load alone */
	go(s, s->after);
	return true;
}

static bool plan_ecall(const struct arch_frame *f, arch_peek peek, void *ctx, struct arch_step *s)
{
	uint64_t pc = s->after;

	if (f->a7 == SYS_RT_SIGRETURN && peek(ctx, &pc, f->sp + SIGFRAME_REGS, sizeof(pc)))
		return false;
	go(s, pc);
	return true;
}

bool arch_step_plan(const struct arch_frame *f, arch_peek peek, void *ctx, struct arch_step *out)
{
	struct insn i;

	*out = (struct arch_step){.kind = STEP_OTHER};
	if (!fetch(peek, ctx, f->pc, &i))
		return false;
	out->after = f->pc + i.size;
	if (i.size == 2) {
		plan_compressed(f, i.bits, out);
		return true;
	}
	if (is_amo(&i, AMO_LR))
		return plan_atomic(peek, ctx, out);
	if (i.bits == ECALL)
		return plan_ecall(f, peek, ctx, out);
	unsigned rd = field(i.bits, 7, 5), rs = field(i.bits, 15, 5);
	switch (field(i.bits, 0, 7)) {
	case MAJOR_BRANCH:
		go(out,
		    branch_taken(f, i.bits) ? f->pc + (uint64_t)branch_offset(i.bits) : out->after);
		break;
	case MAJOR_JAL:
		go(out, f->pc + (uint64_t)jal_offset(i.bits));
		out->kind = is_link(rd) ? STEP_CALL : STEP_OTHER;
		break;
	case MAJOR_JALR:
		plan_jalr(
		    out, reg(f, rs) + (uint64_t)sign_extend(field(i.bits, 20, 12), 12), rd, rs);
		break;
	default:
		go(out, out->after);
	}
	return true;
}
