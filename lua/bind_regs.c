/* P:regs, P:stack: registers by the architecture's one table, backtraces of user programs and of
 * kernel tasks. */
#include "arch/thread.h"
#include "debug/crash.h"
#include "debug/symbols.h"
#include "mm/space.h"
#include "modules.h"

#define MAX_FRAMES 64

static uint64_t frame_register(const struct arch_frame *f, const struct arch_reg *r)
{
	uint64_t v = 0;

	memcpy(&v, (const char *)f + r->offset, MIN(r->size, sizeof(v)));
	return v;
}

const struct arch_reg *find_register(const char *name)
{
	for (unsigned i = 0; i < arch_reg_count; i++)
		if (!strcmp(arch_regs[i].name, name))
			return &arch_regs[i];
	return NULL;
}

void push_registers(lua_State *L, const struct arch_frame *f)
{
	lua_Integer n = 0;

	lua_createtable(L, (int)arch_reg_count, (int)arch_reg_count);
	for (unsigned i = 0; i < arch_reg_count; i++) {
		const struct arch_reg *r = &arch_regs[i];
		if (r->class == REG_FP || r->class == REG_FP_STATUS)
			continue;
		bind_set_int(L, r->name, (int64_t)frame_register(f, r));
		lua_pushstring(L, r->name);
		lua_rawseti(L, -2, ++n);
	}
	bind_set_view(L, "regs");
}

/* The registers with which thread `tid` (0: the leader) left user mode last. 0, -ESRCH, -EINVAL for
 * a kernel task. */
static int user_registers(const struct task_handle *h, int tid, struct arch_frame *out)
{
	struct thread *t;
	int err = task_thread(h, tid, &t);

	if (err)
		return err;
	if (t->kernel)
		err = -EINVAL;
	else if (t->sched.state == SCHED_DEAD)
		err = -ESRCH;
	else
		*out = *arch_user_frame(t);
	thread_put(t);
	return err;
}

static int fail_registers(lua_State *L, int err)
{
	return err == -EINVAL ? bind_fail_text(L, err, "a kernel task has no user registers")
			      : bind_fail(L, err);
}

/* P:regs([tid]) */
int process_regs(lua_State *L)
{
	struct task_handle *h = check_process(L, 1);
	struct arch_frame frame;

	int err = user_registers(h, (int)luaL_optinteger(L, 2, 0), &frame);
	if (err)
		return fail_registers(L, err);
	push_registers(L, &frame);
	return 1;
}

/* --- stacks --- */

struct stack_trace {
	unsigned count;
	struct {
		uintptr_t pc;
		char where[96];
	} frames[MAX_FRAMES];
};

static int peek_user(void *ctx, void *dst, uaddr_t src, size_t n)
{
	return space_read(ctx, src, dst, n) == (int64_t)n ? 0 : -EFAULT;
}

static void trace_user(struct space *s, const struct arch_frame *f, struct stack_trace *out)
{
	struct arch_unwind u;

	arch_unwind_frame(&u, f);
	u.low = 0;
	u.high = ARCH_USER_TOP;
	do {
		out->frames[out->count].pc = u.pc;
		describe_user_address(
		    s, u.pc, out->frames[out->count].where, sizeof(out->frames[0].where));
		out->count++;
	} while (out->count < MAX_FRAMES && arch_unwind_user_next(&u, peek_user, s));
}

/* A kernel task that sleeps. One that runs moves on while we look: only its place is told, by
 * wait_reason. */
static void trace_kernel(struct thread *t, struct stack_trace *out)
{
	struct arch_unwind u;

	if (t == current)
		arch_unwind_start(&u);
	else if (!sched_running(t))
		arch_unwind_thread(&u, t);
	else
		return;
	do {
		out->frames[out->count].pc = u.pc;
		symbol_format(u.pc, out->frames[out->count].where, sizeof(out->frames[0].where));
		out->count++;
	} while (out->count < MAX_FRAMES && arch_unwind_next(&u));
}

static int trace_task(const struct task_handle *h, int tid, struct stack_trace *out)
{
	struct thread *t;
	struct space *s;
	struct arch_frame frame;
	int err = task_thread(h, tid, &t);

	if (err)
		return err;
	if (t->kernel) {
		trace_kernel(t, out);
		thread_put(t);
		return 0;
	}
	thread_put(t);
	err = user_registers(h, tid, &frame);
	if (!err)
		err = task_space(h, &s);
	if (err)
		return err;
	trace_user(s, &frame, out);
	space_put(s);
	return 0;
}

/* P:stack([tid]) */
int process_stack(lua_State *L)
{
	struct task_handle *h = check_process(L, 1);
	int tid = (int)luaL_optinteger(L, 2, 0);
	struct stack_trace *trace = lua_newuserdatauv(L, sizeof(*trace), 0);

	trace->count = 0;
	int err = trace_task(h, tid, trace);
	if (err)
		return bind_fail(L, err);
	lua_createtable(L, (int)trace->count, 0);
	for (unsigned i = 0; i < trace->count; i++) {
		lua_createtable(L, 0, 2);
		bind_set_int(L, "pc", (int64_t)trace->frames[i].pc);
		bind_set_string(L, "where", trace->frames[i].where);
		lua_rawseti(L, -2, i + 1);
	}
	bind_set_view(L, "stack");
	return 1;
}
