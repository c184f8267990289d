/* Methods of a tracee's handle: what a stopped one tells, and what can be changed in it. */
#include "arch/thread.h"
#include "bind_ptrace.h"
#include "ptrace/ptrace.h"
#include "syscall/syscall.h"
#include "trace.h"

#define MAX_PEEK   (1 << 20)
#define NT_PRFPREG 2

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

/* H:call(): {kind="enter", number=, call=, args=, text=} or {kind="exit", result=, errno=}; nil
 * without an error: it is in no such stop */
static int handle_call(lua_State *L)
{
	const struct tracee *h = check_tracee(L);
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
	int err = do_ptrace_get_frame(check_tracee(L)->tid, &f);

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
	const struct tracee *h = check_tracee(L);
	const struct arch_reg *r = check_register(L, 2);
	uint64_t v = (uint64_t)luaL_checkinteger(L, 3);

	bind_require(L, TIER_FULL);
	return bind_ok(L, do_ptrace_set_register(h->tid, r, v));
}

/* H:fpregs(): the bits of each, by name */
static int handle_fpregs(lua_State *L)
{
	struct arch_fp fp;
	int n = do_ptrace_get_regset(check_tracee(L)->tid, NT_PRFPREG, &fp, sizeof(fp));
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

/* --- memory, as it is without breakpoints --- */

static int peek_tracee(void *ctx, void *dst, uaddr_t src, size_t n)
{
	const struct tracee *h = ctx;

	return patches_read(h->patches, h->tid, src, dst, n) == (int64_t)n ? 0 : -EFAULT;
}

/* H:peek(addr, n) */
static int handle_peek(lua_State *L)
{
	const struct tracee *h = check_tracee(L);
	uaddr_t addr = (uaddr_t)luaL_checkinteger(L, 2);
	lua_Integer n = luaL_checkinteger(L, 3);
	luaL_Buffer b;

	luaL_argcheck(L, n > 0 && n <= MAX_PEEK, 3, "1 byte to 1 MiB");
	char *room = luaL_buffinitsize(L, &b, (size_t)n);
	int64_t got = patches_read(h->patches, h->tid, addr, room, (size_t)n);
	if (got < 0)
		return bind_fail(L, (int)got);
	luaL_pushresultsize(&b, (size_t)got);
	return 1;
}

/* H:poke(addr, bytes) */
static int handle_poke(lua_State *L)
{
	const struct tracee *h = check_tracee(L);
	uaddr_t addr = (uaddr_t)luaL_checkinteger(L, 2);
	size_t n;
	const char *bytes = luaL_checklstring(L, 3, &n);

	bind_require(L, TIER_FULL);
	return bind_result(L, patches_write(h->patches, h->tid, addr, bytes, n));
}

/* H:plant(addr), H:lift(addr): a breakpoint instruction, and what was there */
static int handle_plant(lua_State *L)
{
	const struct tracee *h = check_tracee(L);

	return bind_ok(L, patch_plant(h->patches, h->tid, (uaddr_t)luaL_checkinteger(L, 2)));
}

static int handle_lift(lua_State *L)
{
	const struct tracee *h = check_tracee(L);

	return bind_ok(L, patch_lift(h->patches, h->tid, (uaddr_t)luaL_checkinteger(L, 2)));
}

/* H:lift_all(): every one of them */
static int handle_lift_all(lua_State *L)
{
	const struct tracee *h = check_tracee(L);
	int err = 0;

	while (!err && h->patches->count)
		err = patch_lift(h->patches, h->tid, h->patches->list[0].addr);
	return bind_ok(L, err);
}

/* H:planted(addr) */
static int handle_planted(lua_State *L)
{
	const struct tracee *h = check_tracee(L);

	lua_pushboolean(L, patch_at(h->patches, (uaddr_t)luaL_checkinteger(L, 2)));
	return 1;
}

/* H:forget(): it runs another program now, which has none of them */
static int handle_forget(lua_State *L)
{
	struct tracee *h = check_tracee(L);
	struct patches *p = patches_new();

	if (!p)
		return bind_fail(L, ENOMEM);
	patches_put(h->patches);
	h->patches = p;
	return bind_ok(L, 0);
}

/* H:plan(): {after=, kind="call"|"return"|"other", target…}: arch_step_plan */
static int handle_plan(lua_State *L)
{
	static const char *const kinds[] = {
	    [STEP_OTHER] = "other", [STEP_CALL] = "call", [STEP_RETURN] = "return"};
	struct tracee *h = check_tracee(L);
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
	int err = do_ptrace_get_siginfo(check_tracee(L)->tid, &info);

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
	const struct tracee *h = check_tracee(L);
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
	const struct tracee *h = check_tracee(L);
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

const luaL_Reg tracee_stopped_methods[] = {
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
    {"plant", handle_plant},
    {"lift", handle_lift},
    {"lift_all", handle_lift_all},
    {"planted", handle_planted},
    {"forget", handle_forget},
    {NULL, NULL},
};
