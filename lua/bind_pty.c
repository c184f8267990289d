/* pty: pseudo terminals whose master Lua holds, so that a script drives what runs on the slave. */
#include "dev/ldisc.h"
#include "dev/pty.h"
#include "fs/vfs.h"
#include "modules.h"
#include "sched/timer.h"

#define PTY_TYPE "pty"
#define CHUNK    4096

enum { PENDING = 1 }; /* the user value: bytes that expect read and did not match */

static struct file **check_slot(lua_State *L)
{
	return luaL_checkudata(L, 1, PTY_TYPE);
}

static struct file *check_open(lua_State *L)
{
	struct file *f = *check_slot(L);

	if (!f)
		luaL_error(L, "the pty is closed");
	return f;
}

struct pty *bind_test_pty(lua_State *L, int arg)
{
	struct file **slot = luaL_testudata(L, arg, PTY_TYPE);

	return slot && *slot ? pty_of_master(*slot) : NULL;
}

static unsigned field_size(lua_State *L, const char *name, unsigned def)
{
	lua_getfield(L, 1, name);
	lua_Integer n = luaL_optinteger(L, -1, def);
	lua_pop(L, 1);
	if (n < 0 || n > UINT16_MAX)
		luaL_error(L, "pty: %s: 0 to 65535 expected", name);
	return (unsigned)n;
}

/* pty.open([{rows=24, cols=80}]) */
static int pty_open(lua_State *L)
{
	struct linux_winsize size = {.ws_row = 24, .ws_col = 80};

	bind_require(L, TIER_CONTROL);
	if (!lua_isnoneornil(L, 1)) {
		luaL_checktype(L, 1, LUA_TTABLE);
		size.ws_row = (uint16_t)field_size(L, "rows", 24);
		size.ws_col = (uint16_t)field_size(L, "cols", 80);
	}
	struct file **slot = lua_newuserdatauv(L, sizeof(*slot), 1);
	*slot = NULL;
	luaL_setmetatable(L, PTY_TYPE);
	lua_pushliteral(L, "");
	lua_setiuservalue(L, -2, PENDING);
	struct file *f = pty_open_master();
	if (IS_ERR(f))
		return bind_fail(L, PTR_ERR(f));
	bind_set_file(slot, f);
	tty_set_winsize(pty_of_master(f)->slave, &size);
	return 1;
}

/* Appends what comes next to the string on top of the stack. 1; 0 at the end, or -errno. */
static int64_t read_more(lua_State *L, struct file *f, size_t most, ns_t deadline)
{
	luaL_Buffer b;
	char *room = luaL_buffinitsize(L, &b, most);
	int64_t n = file_read_waiting(L, f, room, most, deadline);

	luaL_pushresultsize(&b, n > 0 ? (size_t)n : 0);
	lua_concat(L, 2);
	return n == -EIO ? 0 : n; /* nobody has the slave open any more */
}

/* M:read([n [, timeout]]): what is there, waiting for the first byte; nil once the slave is closed
 */
static int pty_read(lua_State *L)
{
	struct file *f = check_open(L);
	lua_Integer most = luaL_optinteger(L, 2, CHUNK);
	ns_t deadline = bind_opt_deadline(L, 3);

	luaL_argcheck(L, most > 0 && most <= 1 << 20, 2, "1 byte to 1 MiB");
	lua_getiuservalue(L, 1, PENDING);
	size_t len;
	const char *pending = lua_tolstring(L, -1, &len);
	if (len) {
		size_t n = MIN(len, (size_t)most);
		lua_pushlstring(L, pending + n, len - n);
		lua_setiuservalue(L, 1, PENDING);
		lua_pushlstring(L, pending, n);
		return 1;
	}
	int64_t n = read_more(L, f, (size_t)most, deadline);
	if (n == -ETIMEDOUT)
		return bind_fail_text(L, ETIMEDOUT, "timed out");
	if (n < 0)
		return bind_fail(L, (int)n);
	if (!n)
		lua_pushnil(L);
	return 1;
}

/* Where the pattern (argument 2) ends in the string on top, or 0. */
static size_t match_end(lua_State *L)
{
	lua_getglobal(L, "string");
	lua_getfield(L, -1, "find");
	lua_pushvalue(L, -3);
	lua_pushvalue(L, 2);
	lua_call(L, 2, 2);
	size_t end = (size_t)lua_tointeger(L, -1);
	lua_pop(L, 3);
	return end;
}

/* M:expect(pattern [, timeout]): reads until it is there; what came up to its end */
static int pty_expect(lua_State *L)
{
	struct file *f = check_open(L);
	ns_t deadline = lua_isnoneornil(L, 3) ? time_now() + 5 * NS_PER_S : bind_opt_deadline(L, 3);
	int64_t n = 1;

	luaL_checkstring(L, 2);
	lua_settop(L, 3);
	lua_getiuservalue(L, 1, PENDING);
	for (;;) {
		size_t end = match_end(L), len;
		const char *all = lua_tolstring(L, -1, &len);
		if (end) {
			lua_pushlstring(L, all + end, len - end);
			lua_setiuservalue(L, 1, PENDING);
			lua_pushlstring(L, all, end);
			return 1;
		}
		lua_pushvalue(L, -1); /* kept, should the wait be interrupted */
		lua_setiuservalue(L, 1, PENDING);
		if (n <= 0)
			break;
		n = read_more(L, f, CHUNK, deadline);
	}
	lua_pushfstring(L, "%s, after \"%s\"",
	    n == -ETIMEDOUT ? "timed out"
	    : n             ? errno_message((int)n)
			    : "the slave was closed",
	    lua_tostring(L, -1));
	return bind_fail_text(L, n ? (int)-n : EIO, lua_tostring(L, -1));
}

/* M:write(s): typed at the terminal */
static int pty_write(lua_State *L)
{
	struct pty *p = pty_of_master(check_open(L));
	size_t n, done = 0;
	const char *s = luaL_checklstring(L, 2, &n);
	ns_t deadline = bind_opt_deadline(L, 3);

	bind_require(L, TIER_CONTROL);
	while ((done += pty_send(p, s + done, n - done)) < n) {
		bind_check_interrupt(L);
		if (time_now() >= deadline)
			return bind_fail_text(L, ETIMEDOUT, "timed out");
		wait_event(&p->write_wait, p->in_head - p->in_tail < PTY_RING, SCHED_SLEEP_INTR,
		    bind_slice(L, deadline), "lua pty");
	}
	lua_pushinteger(L, (lua_Integer)done);
	return 1;
}

/* --- modes --- */

static const struct flag {
	const char *name;
	unsigned field; /* 0 c_iflag, 1 c_oflag, 2 c_lflag */
	uint32_t bit;
} flags[] = {
    {"icrnl", 0, ICRNL},
    {"inlcr", 0, INLCR},
    {"igncr", 0, IGNCR},
    {"ixon", 0, IXON},
    {"ixany", 0, IXANY},
    {"iutf8", 0, IUTF8},
    {"opost", 1, OPOST},
    {"onlcr", 1, ONLCR},
    {"isig", 2, ISIG},
    {"icanon", 2, ICANON},
    {"iexten", 2, IEXTEN},
    {"echo", 2, ECHO},
    {"echoctl", 2, ECHOCTL},
    {"noflsh", 2, NOFLSH},
    {"tostop", 2, TOSTOP},
};

static uint32_t *field_of(struct linux_termios2 *m, const struct flag *f)
{
	return f->field == 0 ? &m->c_iflag : f->field == 1 ? &m->c_oflag : &m->c_lflag;
}

/* What the fields of the table at 2 say. */
static void change_modes(lua_State *L, struct linux_termios2 *m)
{
	for (unsigned i = 0; i < ARRAY_SIZE(flags); i++) {
		if (lua_getfield(L, 2, flags[i].name) != LUA_TNIL) {
			uint32_t *field = field_of(m, &flags[i]);
			*field = lua_toboolean(L, -1) ? *field | flags[i].bit
						      : *field & ~flags[i].bit;
		}
		lua_pop(L, 1);
	}
}

static void change_size(lua_State *L, struct tty *t)
{
	struct linux_winsize size;

	tty_get_winsize(t, &size);
	for (int i = 0; i < 2; i++) {
		if (lua_getfield(L, 2, i ? "cols" : "rows") != LUA_TNIL) {
			lua_Integer n = luaL_checkinteger(L, -1);
			if (n < 0 || n > UINT16_MAX)
				luaL_error(L, "pty: rows and cols: 0 to 65535 expected");
			*(i ? &size.ws_col : &size.ws_row) = (uint16_t)n;
		}
		lua_pop(L, 1);
	}
	tty_set_winsize(t, &size);
}

/* M:settings([changes]): the terminal's modes and size, changed first if asked */
static int pty_settings(lua_State *L)
{
	struct tty *t = pty_of_master(check_open(L))->slave;
	struct linux_termios2 modes;
	struct linux_winsize size;

	if (!lua_isnoneornil(L, 2)) {
		bind_require(L, TIER_CONTROL);
		luaL_checktype(L, 2, LUA_TTABLE);
		tty_get_modes(t, &modes);
		change_modes(L, &modes);
		change_size(L, t);
		tty_set_modes(t, &modes);
	}
	tty_get_modes(t, &modes);
	tty_get_winsize(t, &size);
	lua_newtable(L);
	for (unsigned i = 0; i < ARRAY_SIZE(flags); i++)
		bind_set_bool(L, flags[i].name, *field_of(&modes, &flags[i]) & flags[i].bit);
	bind_set_int(L, "min", modes.c_cc[VMIN]);
	bind_set_int(L, "time", modes.c_cc[VTIME]);
	bind_set_int(L, "rows", size.ws_row);
	bind_set_int(L, "cols", size.ws_col);
	return 1;
}

/* M:path() */
static int pty_path(lua_State *L)
{
	lua_pushfstring(L, "/dev/pts/%d", pty_of_master(check_open(L))->index);
	return 1;
}

/* M:foreground(): the process group, or nil */
static int pty_foreground(lua_State *L)
{
	int pgrp;

	tty_get_pgrp(pty_of_master(check_open(L))->slave, false, &pgrp);
	if (pgrp)
		lua_pushinteger(L, pgrp);
	else
		lua_pushnil(L);
	return 1;
}

static int pty_close(lua_State *L)
{
	bind_close_file(check_slot(L));
	lua_pushboolean(L, 1);
	return 1;
}

static int pty_tostring(lua_State *L)
{
	struct file *f = *check_slot(L);

	if (f)
		lua_pushfstring(L, "pty (/dev/pts/%d)", pty_of_master(f)->index);
	else
		lua_pushliteral(L, "pty (closed)");
	return 1;
}

static const luaL_Reg functions[] = {{"open", pty_open}, {NULL, NULL}};
static const luaL_Reg methods[] = {
    {"read", pty_read},
    {"write", pty_write},
    {"expect", pty_expect},
    {"settings", pty_settings},
    {"path", pty_path},
    {"foreground", pty_foreground},
    {"close", pty_close},
    {NULL, NULL},
};
static const luaL_Reg meta[] = {
    {"__gc", pty_close}, {"__close", pty_close}, {"__tostring", pty_tostring}, {NULL, NULL}};

int luaopen_pty(lua_State *L)
{
	bind_new_type(L, PTY_TYPE, methods, meta);
	luaL_newlib(L, methods);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	luaL_newlib(L, functions);
	return 1;
}
