/*
 * ptrace: the requests of ptrace(2), made by the shell's own task. A tracee is one thread, held by
 * a handle that lets go of it when it is closed or collected. What a user meets, breakpoints and
 * steps among it, is written on top of this in shell/tracee.lua.
 */
#include "abi/sched.h"
#include "arch/thread.h"
#include "mm/space.h"
#include "modules.h"
#include "ptrace/ptrace.h"
#include "syscall/syscall.h"
#include "trace.h"

#define HANDLE_TYPE "tracee handle"
#define MAX_PEEK    (1 << 20)
#define NT_PRFPREG  2

enum { PATCHES = 1 }; /* the user value: address -> the bytes to put back before letting go */

struct tracee {
	int tid; /* 0: closed */
	struct task_handle process;
};

/* --- handles --- */

static struct tracee *check_handle(lua_State *L)
{
	struct tracee *h = luaL_checkudata(L, 1, HANDLE_TYPE);

	if (!h->tid)
		luaL_error(L, "the tracee was let go");
	return h;
}

/* Of the process that the thread is in; pid 0: there is no such thread. */
static struct task_handle process_of(int tid)
{
	struct task_handle h = {0};
	irqflags_t flags = spin_lock(&task_lock);
	const struct thread *t = thread_find(tid);

	if (t) {
		h.pid = t->process->pid->nr;
		h.start = t->process->start_time;
	}
	spin_unlock(&task_lock, flags);
	return h;
}

static struct tracee *push_handle(lua_State *L)
{
	struct tracee *h = lua_newuserdatauv(L, sizeof(*h), PATCHES);

	*h = (struct tracee){0};
	luaL_setmetatable(L, HANDLE_TYPE);
	lua_newtable(L);
	lua_setiuservalue(L, -2, PATCHES);
	return h;
}

static uint64_t check_options_arg(lua_State *L, int arg)
{
	lua_Integer options = luaL_checkinteger(L, arg);

	luaL_argcheck(L, !(options & ~(lua_Integer)PTRACE_O_MASK), arg, "options expected");
	return (uint64_t)options;
}

/* ptrace.open(tid [, options]): SEIZE with options, ATTACH without */
static int ptrace_open(lua_State *L)
{
	int tid = bind_check_pid(L, 1), err;
	bool seize = !lua_isnoneornil(L, 2);
	uint64_t options = seize ? check_options_arg(L, 2) : 0;
	struct tracee *h = push_handle(L);

	bind_require(L, TIER_CONTROL);
	for (;;) {
		bind_check_interrupt(L);
		bind_absorb_signals();
		err = seize ? do_ptrace_seize(tid, options) : do_ptrace_attach(tid);
		if (err != -ERESTARTNOINTR)
			break;
	}
	if (err)
		return bind_fail(L, err);
	h->tid = tid;
	h->process = process_of(tid);
	return 1;
}

/* ptrace.handle(tid): of a thread that the shell traces already */
static int ptrace_handle(lua_State *L)
{
	int tid = bind_check_pid(L, 1);
	struct tracee *h = push_handle(L);

	bind_require(L, TIER_CONTROL);
	irqflags_t flags = spin_lock(&task_lock);
	const struct thread *t = thread_find(tid);
	bool ours = t && t->trace && t->trace->tracer == current;
	spin_unlock(&task_lock, flags);
	if (!ours)
		return bind_fail(L, ESRCH);
	h->tid = tid;
	h->process = process_of(tid);
	return 1;
}

/* Puts back what was written over its code. */
static void put_back(lua_State *L, const struct tracee *h)
{
	struct space *s;

	if (lua_getiuservalue(L, 1, PATCHES) == LUA_TTABLE && !task_space(&h->process, &s)) {
		lua_pushnil(L);
		while (lua_next(L, -2)) {
			size_t n;
			const char *bytes = lua_type(L, -1) == LUA_TSTRING
						? lua_tolstring(L, -1, &n)
						: NULL;
			if (bytes && lua_isinteger(L, -2))
				space_write(s, (uaddr_t)lua_tointeger(L, -2), bytes, n, true);
			lua_pop(L, 1);
		}
		space_put(s);
	}
	lua_pop(L, 1);
}

static int handle_close(lua_State *L)
{
	struct tracee *h = luaL_checkudata(L, 1, HANDLE_TYPE);

	if (h->tid) {
		put_back(L, h);
		do_ptrace_release(h->tid);
	}
	h->tid = 0;
	return 0;
}

/* H:patches(): the table of what close puts back */
static int handle_patches(lua_State *L)
{
	check_handle(L);
	lua_getiuservalue(L, 1, PATCHES);
	return 1;
}

/* --- waiting and going on --- */

/* H:wait([timeout]): as proc.wait */
static int handle_wait(lua_State *L)
{
	struct tracee *h = check_handle(L);
	struct wait_request r = {.which = WAIT_PID, .options = WEXITED | WALL_};
	ns_t deadline = bind_opt_deadline(L, 2);
	struct pid **ref = new_pid_ref(L);
	struct wait_result result;
	int nr;

	if (hold_pid(h->tid, ref))
		return bind_fail(L, ESRCH);
	r.pid = *ref;
	nr = wait_for_child(L, &r, deadline, &result);
	release_pid(ref);
	if (nr > 0)
		return push_wait_result(L, &result);
	if (nr == -ETIMEDOUT)
		return bind_fail_text(L, ETIMEDOUT, "timed out");
	return bind_fail(L, nr == -ECHILD ? ESRCH : nr);
}

static int resume(lua_State *L, enum ptrace_resume how)
{
	struct tracee *h = check_handle(L);
	int sig = lua_isnoneornil(L, 2) ? 0 : bind_check_signal(L, 2, 0);

	return bind_ok(L, do_ptrace_resume(h->tid, how, (uint64_t)sig));
}

static int handle_cont(lua_State *L)
{
	return resume(L, RESUME_CONT);
}

static int handle_syscall(lua_State *L)
{
	return resume(L, RESUME_SYSCALL);
}

static int handle_interrupt(lua_State *L)
{
	return bind_ok(L, do_ptrace_interrupt(check_handle(L)->tid));
}

static int handle_listen(lua_State *L)
{
	return bind_ok(L, do_ptrace_listen(check_handle(L)->tid));
}

static int handle_detach(lua_State *L)
{
	struct tracee *h = check_handle(L);
	int sig = lua_isnoneornil(L, 2) ? 0 : bind_check_signal(L, 2, 0);

	put_back(L, h);
	int err = do_ptrace_detach(h->tid, (uint64_t)sig);
	if (!err)
		h->tid = 0;
	return bind_ok(L, err);
}

static int handle_options(lua_State *L)
{
	struct tracee *h = check_handle(L);

	return bind_ok(L, do_ptrace_set_options(h->tid, check_options_arg(L, 2)));
}

static int handle_message(lua_State *L)
{
	uint64_t message = 0;
	int err = do_ptrace_event_message(check_handle(L)->tid, &message);

	return bind_result(L, err ? err : (int64_t)message);
}

/* --- system calls --- */

static void push_call(lua_State *L, const struct tracee *h, uint64_t nr, const uint64_t args[6])
{
	struct trace_event e = {.pid = h->process.pid,
	    .tid = h->tid,
	    .a = nr,
	    .b = args[0],
	    .c = args[1],
	    .d = args[2],
	    .e = args[3]};
	const struct syscall_desc *d = strace_describe(nr);
	char text[512];

	strace_format(&e, text, sizeof(text));
	bind_set_int(L, "number", (int64_t)nr);
	bind_set_string(L, "call", d ? d->name : "?");
	bind_set_string(L, "text", text);
	lua_createtable(L, 6, 0);
	for (int i = 0; i < 6; i++) {
		lua_pushinteger(L, (lua_Integer)args[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "args");
}

/* H:call(): {kind="enter", number=, call=, args=, text=} or {kind="exit", result=, error=}; nil
 * without an error: it is in no such stop */
static int handle_call(lua_State *L)
{
	const struct tracee *h = check_handle(L);
	struct ptrace_syscall_info i;
	int n = do_ptrace_syscall_info(h->tid, &i);

	if (n < 0)
		return bind_fail(L, n);
	lua_createtable(L, 0, 5);
	switch (i.op) {
	case PTRACE_SYSCALL_INFO_ENTRY:
	case PTRACE_SYSCALL_INFO_SECCOMP: /* the two begin alike */
		bind_set_string(L, "kind", "enter");
		push_call(L, h, i.entry.nr, i.entry.args);
		break;
	case PTRACE_SYSCALL_INFO_EXIT:
		bind_set_string(L, "kind", "exit");
		bind_set_int(L, "result", i.exit.rval);
		if (i.exit.is_error)
			bind_set_int(L, "errno", -i.exit.rval);
		break;
	default:
		lua_pushnil(L);
	}
	return 1;
}

/* --- registers --- */

/* H:regs() */
static int handle_regs(lua_State *L)
{
	struct arch_frame f;
	int err = do_ptrace_get_frame(check_handle(L)->tid, &f);

	if (err)
		return bind_fail(L, err);
	push_registers(L, &f);
	return 1;
}

static const struct arch_reg *check_register(lua_State *L, int arg)
{
	const struct arch_reg *r = find_register(luaL_checkstring(L, arg));

	if (!r)
		luaL_error(L, "there is no register '%s'", lua_tostring(L, arg));
	return r;
}

/* H:setreg(name, value) */
static int handle_setreg(lua_State *L)
{
	const struct tracee *h = check_handle(L);
	const struct arch_reg *r = check_register(L, 2);
	uint64_t v = (uint64_t)luaL_checkinteger(L, 3);

	bind_require(L, TIER_FULL);
	return bind_ok(L, do_ptrace_set_register(h->tid, r, v));
}

/* H:fpregs(): the bits of each, by name */
static int handle_fpregs(lua_State *L)
{
	struct arch_fp fp;
	int n = do_ptrace_get_regset(check_handle(L)->tid, NT_PRFPREG, &fp, sizeof(fp));
	lua_Integer names = 0;

	if (n < 0)
		return bind_fail(L, n);
	lua_newtable(L);
	for (unsigned i = 0; i < arch_reg_count; i++) {
		const struct arch_reg *r = &arch_regs[i];
		uint64_t v = 0;
		if (r->class != REG_FP && r->class != REG_FP_STATUS)
			continue;
		memcpy(&v, (const char *)&fp + r->offset, MIN(r->size, sizeof(v)));
		bind_set_int(L, r->name, (int64_t)v);
		lua_pushstring(L, r->name);
		lua_rawseti(L, -2, ++names);
	}
	bind_set_view(L, "regs");
	return 1;
}

/* --- memory --- */

static int peek_tracee(void *ctx, void *dst, uaddr_t src, size_t n)
{
	const struct tracee *h = ctx;

	return do_ptrace_read(h->tid, src, dst, n) == (int64_t)n ? 0 : -EFAULT;
}

/* H:peek(addr, n) */
static int handle_peek(lua_State *L)
{
	const struct tracee *h = check_handle(L);
	uaddr_t addr = (uaddr_t)luaL_checkinteger(L, 2);
	lua_Integer n = luaL_checkinteger(L, 3);
	luaL_Buffer b;

	luaL_argcheck(L, n > 0 && n <= MAX_PEEK, 3, "1 byte to 1 MiB");
	char *room = luaL_buffinitsize(L, &b, (size_t)n);
	int64_t got = do_ptrace_read(h->tid, addr, room, (size_t)n);
	if (got < 0)
		return bind_fail(L, (int)got);
	luaL_pushresultsize(&b, (size_t)got);
	return 1;
}

/* H:poke(addr, bytes) */
static int handle_poke(lua_State *L)
{
	const struct tracee *h = check_handle(L);
	uaddr_t addr = (uaddr_t)luaL_checkinteger(L, 2);
	size_t n;
	const char *bytes = luaL_checklstring(L, 3, &n);

	bind_require(L, TIER_FULL);
	return bind_result(L, do_ptrace_write(h->tid, addr, bytes, n));
}

/* H:plan(): {after=, kind="call"|"return"|"other", target…}: arch_step_plan */
static int handle_plan(lua_State *L)
{
	static const char *const kinds[] = {
	    [STEP_OTHER] = "other", [STEP_CALL] = "call", [STEP_RETURN] = "return"};
	struct tracee *h = check_handle(L);
	struct arch_frame f;
	struct arch_step s;
	int err = do_ptrace_get_frame(h->tid, &f);

	if (!err && !arch_step_plan(&f, peek_tracee, h, &s))
		err = -EFAULT;
	if (err)
		return bind_fail(L, err);
	lua_createtable(L, (int)s.count, 2);
	for (unsigned i = 0; i < s.count; i++) {
		lua_pushinteger(L, (lua_Integer)s.targets[i]);
		lua_rawseti(L, -2, i + 1);
	}
	bind_set_int(L, "after", (int64_t)s.after);
	bind_set_string(L, "kind", kinds[s.kind]);
	return 1;
}

/* --- signals --- */

/* H:siginfo() */
static int handle_siginfo(lua_State *L)
{
	struct siginfo info;
	int err = do_ptrace_get_siginfo(check_handle(L)->tid, &info);

	if (err)
		return bind_fail(L, err);
	push_siginfo(L, &info);
	return 1;
}

static bool info_field(lua_State *L, const char *name, lua_Integer *out)
{
	int ok = 1;
	bool given = lua_getfield(L, 2, name) != LUA_TNIL;

	if (given)
		*out = lua_tointegerx(L, -1, &ok);
	if (!ok)
		luaL_error(L, "setsiginfo: %s: a number expected", name);
	lua_pop(L, 1);
	return given;
}

/* H:setsiginfo{signal=, code=, pid=, uid=, value=, addr=}: the fields given; the rest stays */
static int handle_setsiginfo(lua_State *L)
{
	const struct tracee *h = check_handle(L);
	struct siginfo info;
	lua_Integer v;

	luaL_checktype(L, 2, LUA_TTABLE);
	bind_require(L, TIER_FULL);
	int err = do_ptrace_get_siginfo(h->tid, &info);
	if (err)
		return bind_fail(L, err);
	if (lua_getfield(L, 2, "signal") != LUA_TNIL)
		info.si_signo = bind_check_signal(L, -1, 0);
	if (info_field(L, "code", &v))
		info.si_code = (int)v;
	if (info_field(L, "pid", &v))
		info.rt.pid = (int)v;
	if (info_field(L, "uid", &v))
		info.rt.uid = (uint32_t)v;
	if (info_field(L, "value", &v))
		info.rt.value = (uint64_t)v;
	if (info_field(L, "addr", &v))
		info.fault.addr = (uint64_t)v;
	return bind_ok(L, do_ptrace_set_siginfo(h->tid, &info));
}

/* H:sigmask([{signal…}]): what it is, or a new one */
static int handle_sigmask(lua_State *L)
{
	const struct tracee *h = check_handle(L);
	sigset_t mask = 0;
	int err;

	if (lua_isnoneornil(L, 2)) {
		err = do_ptrace_get_sigmask(h->tid, &mask);
		if (err)
			return bind_fail(L, err);
		lua_newtable(L);
		set_signal_list(L, "mask", mask);
		lua_getfield(L, -1, "mask");
		return 1;
	}
	luaL_checktype(L, 2, LUA_TTABLE);
	bind_require(L, TIER_FULL);
	for (lua_Integer i = 1; lua_rawgeti(L, 2, i) != LUA_TNIL; i++) {
		mask |= SIG_BIT(bind_check_signal(L, -1, 0));
		lua_pop(L, 1);
	}
	return bind_ok(L, do_ptrace_set_sigmask(h->tid, mask));
}

static const luaL_Reg methods[] = {
    {"wait", handle_wait},
    {"cont", handle_cont},
    {"syscall", handle_syscall},
    {"interrupt", handle_interrupt},
    {"listen", handle_listen},
    {"detach", handle_detach},
    {"options", handle_options},
    {"message", handle_message},
    {"call", handle_call},
    {"regs", handle_regs},
    {"setreg", handle_setreg},
    {"fpregs", handle_fpregs},
    {"peek", handle_peek},
    {"poke", handle_poke},
    {"plan", handle_plan},
    {"siginfo", handle_siginfo},
    {"setsiginfo", handle_setsiginfo},
    {"sigmask", handle_sigmask},
    {"patches", handle_patches},
    {"close", handle_close},
    {NULL, NULL},
};
static const luaL_Reg meta[] = {{"__gc", handle_close}, {"__close", handle_close}, {NULL, NULL}};
static const luaL_Reg functions[] = {
    {"open", ptrace_open}, {"handle", ptrace_handle}, {NULL, NULL}};

int luaopen_ptrace(lua_State *L)
{
	bind_new_type(L, HANDLE_TYPE, methods, meta);
	luaL_newlib(L, methods);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	luaL_newlib(L, functions);
	lua_pushlstring(L, (const char *)arch_breakpoint, arch_breakpoint_size);
	lua_setfield(L, -2, "breakpoint_code");
	bind_set_int(L, "breakpoint_skid", arch_breakpoint_skid);
	return 1;
}
