/* proc.spawn: a program started as a child of the shell, by the kernel's own process_spawn. */
#include "dev/pty.h"
#include "fs/vfs.h"
#include "modules.h"
#include "ptrace/ptrace.h"

#define MAX_ARGS 1024

static const char *const default_env[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=linux",
    "USER=root", NULL};

enum { T = 1, ENDS = 2 }; /* stack slots: the argument table; the table of the shell's pipe ends */

static void check_names(lua_State *L)
{
	static const char *const known[] = {"env", "cwd", "pgid", "session", "tty", "stdin",
	    "stdout", "stderr", "stopped", "traced", NULL};

	lua_pushnil(L);
	while (lua_next(L, T)) {
		if (lua_type(L, -2) == LUA_TSTRING) {
			const char *key = lua_tostring(L, -2);
			unsigned i = 0;
			while (known[i] && strcmp(known[i], key))
				i++;
			if (!known[i])
				luaL_error(L, "proc.spawn: unknown field '%s'", key);
		}
		lua_pop(L, 1);
	}
}

/* Keeps the string on top of the stack alive as long as the call lasts. */
static const char *anchor(lua_State *L, int table)
{
	const char *s = lua_tostring(L, -1);

	lua_rawseti(L, table, (lua_Integer)lua_rawlen(L, table) + 1);
	return s;
}

/* The array part as argv, in scratch memory on the stack. */
static const char **build_argv(lua_State *L, int anchors)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, T);

	if (n < 1)
		luaL_error(L, "proc.spawn: no program: proc.spawn{\"/bin/ls\", \"-l\"}");
	if (n > MAX_ARGS)
		luaL_error(L, "proc.spawn: more than %d arguments", MAX_ARGS);
	const char **argv = lua_newuserdatauv(L, (size_t)(n + 1) * sizeof(*argv), 0);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, T, i);
		if (!lua_isstring(L, -1))
			luaL_error(L, "proc.spawn: argument %d is a %s, not a string", (int)i,
			    luaL_typename(L, -1));
		argv[i - 1] = anchor(L, anchors);
	}
	argv[n] = NULL;
	return argv;
}

/* env={NAME="value"} or {"NAME=value"}, as envp. */
static const char *const *build_env(lua_State *L, int anchors)
{
	size_t n = 0, room = MAX_ARGS;

	if (lua_getfield(L, T, "env") == LUA_TNIL)
		return default_env; /* the nil stays: harmless */
	if (!lua_istable(L, -1))
		luaL_error(L, "proc.spawn: env must be a table {NAME=\"value\"}");
	int t = lua_gettop(L);
	const char **envp = lua_newuserdatauv(L, (room + 1) * sizeof(*envp), 0);
	lua_pushnil(L);
	while (lua_next(L, t)) {
		if (n == room)
			luaL_error(L, "proc.spawn: more than %d environment strings", MAX_ARGS);
		if (!lua_isstring(L, -1))
			luaL_error(L, "proc.spawn: an env value is a %s, not a string",
			    luaL_typename(L, -1));
		if (lua_type(L, -2) == LUA_TSTRING) {
			lua_pushfstring(L, "%s=%s", lua_tostring(L, -2), lua_tostring(L, -1));
			lua_remove(L, -2);
		}
		envp[n++] = anchor(L, anchors);
	}
	envp[n] = NULL;
	return envp;
}

/* --- standard input and output --- */

static const char *const stream_names[3] = {"stdin", "stdout", "stderr"};

/* A pipe: the child's end is left on the stack and returned, the shell's goes into the table ENDS.
 * 0 or -errno. */
static int open_pipe(lua_State *L, int fd, struct file **child_slot)
{
	struct file **ours = bind_new_file(L);
	struct file *ends[2];

	lua_setfield(L, ENDS, stream_names[fd]);
	int err = do_pipe(ends, 0);
	if (err)
		return err;
	bind_set_file(ours, ends[fd == 0 ? 1 : 0]);
	bind_set_file(child_slot, ends[fd == 0 ? 0 : 1]);
	return 0;
}

static int open_path(const char *path, int fd, struct file **slot)
{
	unsigned flags = fd == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
	struct file *f = do_open(AT_FDCWD, path, flags | O_NOCTTY, 0644);

	if (IS_ERR(f))
		return PTR_ERR(f);
	bind_set_file(slot, f);
	return 0;
}

/* The file that the child gets as `fd`: NULL for /dev/null. A handle of it may be left on the
 * stack. */
static int open_stream(lua_State *L, int fd, struct file **stdio)
{
	const char *what = fd == 0 ? "null" : "console";
	struct file **given;

	if (lua_getfield(L, T, stream_names[fd]) == LUA_TSTRING) {
		what = lua_tostring(L, -1);
	} else if (!lua_isnil(L, -1)) {
		given = bind_test_file(L, -1);
		if (!given || !*given)
			luaL_error(L,
			    "proc.spawn: %s: a path, \"null\", \"console\", \"pipe\" or an open "
			    "file expected",
			    stream_names[fd]);
		stdio[fd] = *given;
		lua_pop(L, 1); /* it stays the caller's, who has it in the argument table */
		return 0;
	}
	if (lua_isnil(L, -1) && lua_getfield(L, T, "tty") != LUA_TNIL) {
		struct pty *p = bind_test_pty(L, -1);
		if (p)
			what = lua_pushfstring(L, "/dev/pts/%d", p->index);
	}
	if (!strcmp(what, "null"))
		return 0;
	if (fd == 2 && !strcmp(what, "stdout")) {
		stdio[2] = stdio[1];
		return 0;
	}
	struct file **slot = bind_new_file(L);
	int err;
	if (!strcmp(what, "pipe"))
		err = open_pipe(L, fd, slot);
	else if (!strcmp(what, "console"))
		err = open_path("/dev/console", fd, slot);
	else
		err = open_path(what, fd, slot);
	stdio[fd] = *slot;
	return err;
}

static bool get_flag(lua_State *L, const char *field)
{
	lua_getfield(L, T, field);
	bool on = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return on;
}

static void read_options(lua_State *L, struct spawn_args *a)
{
	int ok;

	a->pgid = -1;
	if (lua_getfield(L, T, "pgid") != LUA_TNIL) {
		a->pgid = (int)lua_tointegerx(L, -1, &ok);
		if (!ok || a->pgid < 0)
			luaL_error(L,
			    "proc.spawn: pgid: a process group, or 0 for one of its own, expected");
	}
	lua_pop(L, 1);
	a->new_session = get_flag(L, "session");
	a->stopped = get_flag(L, "stopped");
	if (lua_getfield(L, T, "traced") != LUA_TNIL) {
		lua_Integer options = lua_tointegerx(L, -1, &ok);
		if (!ok || options & ~(lua_Integer)PTRACE_O_MASK)
			luaL_error(L, "proc.spawn: traced: options expected (see ptrace.spawn)");
		a->traced = true;
		a->trace_options = (uint32_t)options;
	}
	lua_pop(L, 1);
	if (lua_getfield(L, T, "tty") != LUA_TNIL) {
		struct pty *p = bind_test_pty(L, -1);
		if (!p &&
		    (lua_type(L, -1) != LUA_TSTRING || strcmp(lua_tostring(L, -1), "console")))
			luaL_error(L, "proc.spawn: tty: \"console\" or an open pty expected");
		a->tty = p ? p->slave : console_tty;
		a->new_session = true;
	}
	lua_pop(L, 1);
	if (lua_getfield(L, T, "cwd") != LUA_TNIL && lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "proc.spawn: cwd: a path expected");
	a->cwd = lua_tostring(L, -1); /* in the argument table, so it stays */
	lua_pop(L, 1);
}

/* Closes the child's ends now, not when the collector comes: a reader must see the end of file. */
static void close_child_ends(lua_State *L, int from)
{
	for (int i = from; i <= lua_gettop(L); i++) {
		struct file **slot = bind_test_file(L, i);
		if (slot)
			bind_close_file(slot);
	}
}

static int fail_spawn(lua_State *L, int err, const char *what)
{
	lua_pushnil(L);
	while (lua_next(L, ENDS)) {
		struct file **slot = bind_test_file(L, -1);
		if (slot)
			bind_close_file(slot);
		lua_pop(L, 1);
	}
	return bind_fail_for(L, err, what);
}

/* proc.spawn{path, arg1, …, env=, cwd=, pgid=, session=, tty=, stdin=, stdout=, stderr=, stopped=,
 * traced=} */
int proc_spawn(lua_State *L)
{
	struct spawn_args a = {0};
	const char *failed = NULL;
	int err = 0;

	bind_require(L, TIER_CONTROL);
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	luaL_checkstack(L, 32, NULL);
	lua_newtable(L); /* ENDS */
	lua_newtable(L); /* strings kept alive */
	check_names(L);
	a.argv = (const char *const *)build_argv(L, 3);
	a.path = a.argv[0];
	a.envp = build_env(L, 3);
	read_options(L, &a);
	int first = lua_gettop(L) + 1;
	for (int fd = 0; fd < 3 && !err; fd++) {
		err = open_stream(L, fd, a.stdio);
		failed = stream_names[fd];
	}
	if (!err) {
		failed = a.path;
		err = process_spawn(&a);
	}
	close_child_ends(L, first);
	if (err < 0)
		return fail_spawn(L, err, failed);
	bind_push_process(L, err);
	lua_pushvalue(L, ENDS);
	lua_setiuservalue(L, -2, 1);
	return 1;
}
