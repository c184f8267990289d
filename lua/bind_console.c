/* console: the serial line given to a Linux session and taken back, and what a terminal is told. */
#include "abi/sched.h"
#include "dev/console.h"
#include "dev/tty.h"
#include "modules.h"
#include "port_internal.h"
#include "sched/timer.h"
#include "shell/line.h"

#define SLICE NS_PER_S /* between two looks, whoever forgot to wake us */

/* Waits until the child changes state, or a break-in comes: 0; else as do_wait. */
static int wait_or_break(struct wait_request *r, struct wait_result *result, uint32_t breaks)
{
	for (;;) {
		if (__atomic_load_n(&console_break_count, __ATOMIC_ACQUIRE) != breaks)
			return 0;
		r->deadline = time_now() + SLICE;
		int pid = do_wait(r, result);
		if (pid != -ERESTARTSYS && pid != -EINTR && pid != -ETIMEDOUT)
			return pid;
		bind_absorb_signals();
	}
}

/*
 * console.give(pid): the serial line is the terminal's until the child `pid` ends or stops, or the
 * break-in sequence is typed. Gives what became of the child, as proc.wait; or false for the
 * break-in, which leaves it as it is.
 */
static int console_give(lua_State *L)
{
	struct wait_request r = {.which = WAIT_PID, .options = WEXITED | WUNTRACED};
	struct wait_result result;
	int pid = bind_check_pid(L, 1);

	bind_require(L, TIER_CONTROL);
	struct pid **ref = new_pid_ref(L);
	if (hold_pid(pid, ref))
		return bind_fail(L, ESRCH);
	r.pid = *ref;
	uint32_t breaks = __atomic_load_n(&console_break_count, __ATOMIC_ACQUIRE);
	console_set_owner(CONSOLE_TTY);
	pid = wait_or_break(&r, &result, breaks);
	console_set_owner(CONSOLE_SHELL);
	console_fresh_line();
	shell_clear_interrupt();
	terminal_ask_again();
	release_pid(ref);
	if (pid < 0)
		return bind_fail(L, pid);
	if (pid > 0)
		return push_wait_result(L, &result);
	lua_pushboolean(L, 0);
	return 1;
}

/* console.feed(text): typed at the terminal, whoever has the serial line. Gives the bytes it took
 */
static int console_feed(lua_State *L)
{
	size_t n;
	const char *s = luaL_checklstring(L, 1, &n);

	bind_require(L, TIER_CONTROL);
	if (!console_tty)
		return bind_fail(L, ENXIO);
	lua_pushinteger(L, (lua_Integer)tty_receive(console_tty, s, n));
	return 1;
}

/* console.reset(): the terminal's modes as at boot, unread input dropped */
static int console_reset(lua_State *L)
{
	bind_require(L, TIER_CONTROL);
	if (!console_tty)
		return bind_fail(L, ENXIO);
	tty_reset(console_tty);
	lua_pushboolean(L, 1);
	return 1;
}

/* console.size([rows, columns]) → rows, columns of the terminal; setting it signals SIGWINCH */
static int console_size(lua_State *L)
{
	if (!lua_isnoneornil(L, 1)) {
		lua_Integer rows = luaL_checkinteger(L, 1), cols = luaL_checkinteger(L, 2);
		luaL_argcheck(L, rows >= 1 && rows <= 9999, 1, "1 to 9999 rows expected");
		luaL_argcheck(L, cols >= 1 && cols <= 9999, 2, "1 to 9999 columns expected");
		terminal.rows = (unsigned)MAX(rows, 4);
		terminal.cols = (unsigned)MAX(cols, 20);
		struct linux_winsize size = {.ws_row = (uint16_t)rows, .ws_col = (uint16_t)cols};
		if (console_tty)
			tty_set_winsize(console_tty, &size);
	}
	lua_pushinteger(L, terminal.rows);
	lua_pushinteger(L, terminal.cols);
	return 2;
}

/* console.set_break(byte, count, seconds): the break-in sequence; byte a number or a character */
static int console_break(lua_State *L)
{
	lua_Integer byte = lua_type(L, 1) == LUA_TSTRING ? (uint8_t)*luaL_checkstring(L, 1)
							 : luaL_checkinteger(L, 1);
	lua_Integer count = luaL_optinteger(L, 2, 3);
	lua_Number within = luaL_optnumber(L, 3, 1);

	bind_require(L, TIER_CONTROL);
	luaL_argcheck(L, byte >= 0 && byte <= 255, 1, "a byte expected");
	luaL_argcheck(L, count >= 1 && count <= 100, 2, "1 to 100 expected");
	luaL_argcheck(L, within > 0 && within <= 60, 3, "a time up to 60 seconds expected");
	console_set_break((int)byte, (int)count, (ns_t)(within * NS_PER_S));
	return 0;
}

/* console.getline([timeout]) → a line as it comes, unedited and without echo; nil, "timed out" */
static int console_getline(lua_State *L)
{
	ns_t deadline = bind_opt_deadline(L, 1);
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	for (;;) {
		bind_check_interrupt(L);
		int c = console_getc(bind_slice(L, deadline));
		if (c == '\r' || c == '\n')
			break;
		if (c >= 0)
			luaL_addchar(&b, (char)c);
		else if (c == -EIO || (c == -ETIMEDOUT && time_now() >= deadline))
			return bind_fail(L, c);
	}
	luaL_pushresult(&b);
	return 1;
}

static const luaL_Reg functions[] = {
    {"give", console_give},
    {"feed", console_feed},
    {"reset", console_reset},
    {"size", console_size},
    {"set_break", console_break},
    {"getline", console_getline},
    {NULL, NULL},
};

int luaopen_console(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
