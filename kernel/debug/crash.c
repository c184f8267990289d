/* Crash contexts of user programs: captured by the dying thread, kept in a ring, read by Lua. */
#include "debug/crash.h"

#include "arch/uaccess.h"
#include "fs/vfs.h"
#include "mm/heap.h"
#include "mm/space.h"
#include "printk.h"
#include "proc/process.h"
#include "sched/timer.h"

static struct spinlock crash_lock = SPINLOCK_INIT("crash", RANK_LOG);
static struct crash_context kept[CRASH_KEPT]; /* (crash_lock) seq modulo CRASH_KEPT */
static uint64_t last_seq;                     /* (crash_lock) 0: none yet */

static const struct {
	int sig, code;
	const char *text;
} causes[] = {
    {SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR: address not mapped"},
    {SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR: access not permitted by the mapping"},
    {SIGSEGV, SI_KERNEL,
	"SI_KERNEL: no signal frame could be written, or the address is not canonical"},
    {SIGBUS, BUS_ADRALN, "BUS_ADRALN: address not aligned"},
    {SIGBUS, BUS_ADRERR, "BUS_ADRERR: beyond the end of the mapped file"},
    {SIGBUS, BUS_OBJERR, "BUS_OBJERR: hardware error"},
    {SIGILL, ILL_ILLOPC, "ILL_ILLOPC: illegal instruction"},
    {SIGFPE, FPE_INTDIV, "FPE_INTDIV: integer division by zero"},
    {SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT: breakpoint instruction"},
    {SIGTRAP, TRAP_TRACE, "TRAP_TRACE: single step"},
    {SIGTRAP, TRAP_HWBKPT, "TRAP_HWBKPT: hardware breakpoint"},
};

const char *crash_cause(int sig, int code)
{
	for (unsigned i = 0; i < ARRAY_SIZE(causes); i++)
		if (causes[i].sig == sig && causes[i].code == code)
			return causes[i].text;
	return NULL;
}

static const char *area_name(const struct area *a, char *path, size_t size)
{
	if (a->name)
		return a->name;
	if (a->file && a->file->path.dentry) {
		const struct path nowhere = {NULL, NULL};
		char *p = path_text(
		    &a->file->path, current->fs ? &current->fs->root : &nowhere, path, size);
		return IS_ERR(p) ? "[file]" : p;
	}
	return a->flags & AREA_STACK ? "[stack]" : a->flags & AREA_HEAP ? "[heap]" : "[anonymous]";
}

void describe_user_address(struct space *s, uaddr_t addr, char *buf, size_t size)
{
	char path[128];

	strlcpy(buf, "?", size);
	mutex_lock(&s->lock);
	struct area *a = space_find(s, addr);
	if (a) {
		uint64_t offset = addr - a->start + (a->file ? a->offset : 0);
		fmt_string(buf, size, "%s+0x%llx", area_name(a, path, sizeof(path)),
		    (unsigned long long)offset);
	}
	mutex_unlock(&s->lock);
}

static int peek(void *ctx, void *dst, uaddr_t src, size_t n)
{
	return arch_copy_in(dst, src, n);
}

static void capture_frames(struct crash_context *c)
{
	struct arch_unwind u;

	arch_unwind_frame(&u, &c->regs);
	u.low = 0;
	u.high = ARCH_USER_TOP;
	do {
		c->frames[c->frame_count] = u.pc;
		describe_user_address(current->space, u.pc, c->where[c->frame_count], CRASH_WHERE);
		c->frame_count++;
	} while (c->frame_count < CRASH_FRAMES && arch_unwind_user_next(&u, peek, NULL));
}

static void fill(struct crash_context *c, const struct ksignal *ks)
{
	c->time = time_now();
	c->pid = current->process->pid->nr;
	c->tid = current->tid->nr;
	memcpy(c->comm, current->comm, sizeof(c->comm));
	c->comm[sizeof(c->comm) - 1] = 0;
	c->signal = ks->sig;
	c->code = ks->info.si_code;
	c->addr = ks->info.si_code > 0 && ks->info.si_code != SI_KERNEL ? ks->info.fault.addr : 0;
	c->regs = *arch_user_frame(current);
	c->code_valid = !arch_copy_in(
	    c->code_bytes, arch_frame_pc(&c->regs), sizeof(c->code_bytes));
	if (!current->space)
		return;
	describe_user_address(current->space, c->addr, c->addr_where, CRASH_WHERE);
	capture_frames(c);
}

void crash_capture(const struct ksignal *ks)
{
	struct crash_context *c = kzalloc(sizeof(*c));
	const char *cause = crash_cause(ks->sig, ks->info.si_code);

	if (!c) {
		log_warn("no memory to keep the crash of %s (pid %d)", current->comm,
		    current->process->pid->nr);
		return;
	}
	fill(c, ks);
	irqflags_t flags = spin_lock(&crash_lock);
	c->seq = ++last_seq;
	kept[c->seq % CRASH_KEPT] = *c;
	spin_unlock(&crash_lock, flags);
	log_info("%s[%d]: %s at pc 0x%llx (%s), address 0x%llx", c->comm, c->tid,
	    cause ? cause : "fatal signal", (unsigned long long)arch_frame_pc(&c->regs),
	    c->where[0], (unsigned long long)c->addr);
	kfree(c);
}

int crash_get(unsigned n, struct crash_context *out)
{
	int err = -ENOENT;

	irqflags_t flags = spin_lock(&crash_lock);
	if (n < CRASH_KEPT && n < last_seq) {
		*out = kept[(last_seq - n) % CRASH_KEPT];
		err = 0;
	}
	spin_unlock(&crash_lock, flags);
	return err;
}
