/* pgrp: process groups (credentials(7), tcsetpgrp(3)). G names a group by number; an empty one
 * gives ESRCH. */
#include "abi/sched.h"
#include "dev/tty.h"
#include "modules.h"
#include "sched/timer.h"

#define GROUP_TYPE "process group"

struct group_info {
	int session;
	unsigned members;
	bool foreground, orphaned;
};

static int check_group(lua_State *L)
{
	return *(int *)luaL_checkudata(L, 1, GROUP_TYPE);
}

static int snapshot_group(int id, struct group_info *out)
{
	struct process *p;
	int err = -ESRCH;

	*out = (struct group_info){0};
	irqflags_t flags = spin_lock(&task_lock);
	struct pid *g = id > 0 ? pid_find(id) : NULL;
	if (g && !list_empty(&g->members)) {
		p = list_first(&g->members, struct process, pgrp_link);
		out->session = p->session ? p->session->nr : 0;
		out->foreground = p->tty && p->tty->foreground == g;
		out->orphaned = pgrp_orphaned(g, NULL);
		list_for_each (p, &g->members, pgrp_link)
			out->members++;
		err = 0;
	}
	spin_unlock(&task_lock, flags);
	return err;
}

static void push_group(lua_State *L, int id)
{
	int *g = lua_newuserdatauv(L, sizeof(*g), 0);

	*g = id;
	luaL_setmetatable(L, GROUP_TYPE);
}

static bool in_group(const struct process *p, const void *ctx)
{
	const int *id = ctx;
	return p->pgrp && p->pgrp->nr == *id;
}

static void push_members(lua_State *L, int id)
{
	unsigned n;
	struct task_info *list = task_list(L, &n, in_group, &id);

	lua_createtable(L, (int)n, 0);
	for (unsigned i = 0; i < n; i++) {
		push_process_handle(L, &(struct task_handle){list[i].pid, list[i].start});
		lua_rawseti(L, -2, i + 1);
	}
	bind_set_view(L, "processes");
}

/* --- methods --- */

static int kill_group(lua_State *L, int sig)
{
	int id = check_group(L);

	bind_require(L, TIER_CONTROL);
	return bind_ok(L, id > 1 ? do_kill(-id, sig) : -EPERM);
}

static int group_kill(lua_State *L)
{
	check_group(L);
	return kill_group(L, bind_check_signal(L, 2, SIGTERM));
}

static int group_stop(lua_State *L)
{
	return kill_group(L, SIGSTOP);
}

static int group_cont(lua_State *L)
{
	return kill_group(L, SIGCONT);
}

/* Makes the group the foreground one of its session's terminal. */
static int set_foreground(int id)
{
	struct pid *old = NULL;
	int err = -ESRCH;

	irqflags_t flags = spin_lock(&task_lock);
	struct pid *g = pid_find(id);
	if (g && !list_empty(&g->members)) {
		struct process *p = list_first(&g->members, struct process, pgrp_link);
		if (!p->tty) {
			err = -ENOTTY;
		} else {
			old = p->tty->foreground;
			pid_get(g);
			p->tty->foreground = g;
			err = 0;
		}
	}
	spin_unlock(&task_lock, flags);
	if (old)
		pid_put(old);
	return err;
}

static int group_foreground(lua_State *L)
{
	int id = check_group(L);

	bind_require(L, TIER_CONTROL);
	return bind_ok(L, set_foreground(id));
}

static unsigned options_for(lua_State *L, const char *kind)
{
	static const struct {
		const char *name;
		unsigned options;
	} kinds[] = {
	    {"any", WEXITED | WUNTRACED | WCONTINUED},
	    {"exited", WEXITED},
	    {"killed", WEXITED},
	    {"dumped", WEXITED},
	    {"stopped", WUNTRACED},
	    {"continued", WCONTINUED},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, kind))
			return kinds[i].options;
	return (unsigned)luaL_argerror(
	    L, 2, "any, exited, killed, dumped, stopped or continued expected");
}

/* G:wait([kind [, timeout]]): the next event of that kind of a member that is the shell's child */
static int group_wait(lua_State *L)
{
	int id = check_group(L);
	struct wait_request r = {
	    .which = WAIT_PGRP, .options = options_for(L, luaL_optstring(L, 2, "any"))};
	ns_t deadline = bind_opt_deadline(L, 3);
	struct wait_result result;

	bind_require(L, TIER_CONTROL);
	struct pid **ref = new_pid_ref(L);
	if (hold_pid(id, ref))
		return bind_fail(L, ESRCH);
	r.pid = *ref;
	int pid = wait_for_child(L, &r, deadline, &result);
	release_pid(ref);
	if (pid > 0)
		return push_wait_result(L, &result);
	return pid == -ETIMEDOUT ? bind_fail_text(L, pid, "timed out") : bind_fail(L, pid);
}

/* upvalue 1: the methods */
static int group_index(lua_State *L)
{
	int id = check_group(L);
	const char *key = luaL_checkstring(L, 2);
	struct group_info info;

	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
		return 1;
	if (!strcmp(key, "id")) {
		lua_pushinteger(L, id);
		return 1;
	}
	bool gone = snapshot_group(id, &info) < 0;
	if (!strcmp(key, "members"))
		push_members(L, id);
	else if (strcmp(key, "session") && strcmp(key, "orphaned") && strcmp(key, "is_foreground"))
		return luaL_error(L, "a process group has no field '%s' (see help(pgrp))", key);
	else if (gone)
		lua_pushnil(L);
	else if (!strcmp(key, "session"))
		lua_pushinteger(L, info.session);
	else
		lua_pushboolean(L, !strcmp(key, "orphaned") ? info.orphaned : info.foreground);
	return 1;
}

static int group_tostring(lua_State *L)
{
	int id = check_group(L);
	struct group_info i;

	if (snapshot_group(id, &i))
		lua_pushfstring(L, "process group %d (empty)", id);
	else
		lua_pushfstring(L, "process group %d (%d members, session %d%s%s)", id,
		    (int)i.members, i.session, i.foreground ? ", foreground" : "",
		    i.orphaned ? ", orphaned" : "");
	return 1;
}

static int group_eq(lua_State *L)
{
	int *a = luaL_testudata(L, 1, GROUP_TYPE), *b = luaL_testudata(L, 2, GROUP_TYPE);

	lua_pushboolean(L, a && b && *a == *b);
	return 1;
}

/* --- module --- */

/* pgrp.get(id) */
static int pgrp_get(lua_State *L)
{
	lua_Integer id = luaL_checkinteger(L, 1);
	struct group_info info;

	if (id <= 0 || id > INT32_MAX || snapshot_group((int)id, &info))
		return bind_fail_text(L, ESRCH, "no such process group");
	push_group(L, (int)id);
	return 1;
}

/* pgrp.list() */
static int pgrp_list(lua_State *L)
{
	unsigned n;
	struct task_info *list = task_list(L, &n, NULL, NULL);
	lua_Integer out = 0;

	lua_newtable(L);
	for (unsigned i = 0; i < n; i++) {
		bool seen = !list[i].pgid;
		for (unsigned j = 0; j < i && !seen; j++)
			seen = list[j].pgid == list[i].pgid;
		if (seen)
			continue;
		push_group(L, list[i].pgid);
		lua_rawseti(L, -2, ++out);
	}
	bind_set_view(L, "groups");
	return 1;
}

static const luaL_Reg methods[] = {
    {"kill", group_kill},
    {"stop", group_stop},
    {"cont", group_cont},
    {"foreground", group_foreground},
    {"wait", group_wait},
    {NULL, NULL},
};
static const luaL_Reg meta[] = {{"__tostring", group_tostring}, {"__eq", group_eq}, {NULL, NULL}};
static const luaL_Reg functions[] = {{"get", pgrp_get}, {"list", pgrp_list}, {NULL, NULL}};

int luaopen_pgrp(lua_State *L)
{
	bind_new_type(L, GROUP_TYPE, methods, meta);
	luaL_newlib(L, methods);
	lua_pushcclosure(L, group_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	luaL_newlib(L, functions);
	return 1;
}
