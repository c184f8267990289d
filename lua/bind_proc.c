/* proc: processes found, listed, shown as a tree. Spawning is in bind_spawn.c, waiting in
 * bind_wait.c. */
#include "modules.h"

/* proc.get(pid) */
static int proc_get(lua_State *L)
{
	struct task_handle h = check_task(L, 1);
	struct task_info info;
	int err = task_snapshot(&h, &info);

	if (err)
		return bind_fail(L, err);
	push_process_handle(L, &h);
	return 1;
}

struct filter {
	const char *state, *comm;
	bool by_pgid, by_uid, by_ppid;
	lua_Integer pgid, uid, ppid;
};

static bool filter_int(lua_State *L, const char *field, lua_Integer *out)
{
	int ok = 1;
	bool given = lua_getfield(L, 1, field) != LUA_TNIL;

	if (given)
		*out = lua_tointegerx(L, -1, &ok);
	if (!ok)
		luaL_error(L, "field '%s' must be an integer", field);
	lua_pop(L, 1);
	return given;
}

static void check_filter(lua_State *L, struct filter *f)
{
	static const char *const known[] = {"state", "comm", "pgid", "uid", "ppid", NULL};

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_pushnil(L);
	while (lua_next(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
		unsigned i = 0;
		while (known[i] && strcmp(known[i], key))
			i++;
		if (!known[i])
			luaL_error(
			    L, "proc.list: unknown field '%s' (state, comm, pgid, ppid, uid)", key);
		lua_pop(L, 1);
	}
	f->by_pgid = filter_int(L, "pgid", &f->pgid);
	f->by_ppid = filter_int(L, "ppid", &f->ppid);
	f->by_uid = filter_int(L, "uid", &f->uid);
	lua_getfield(L, 1, "state"); /* these two stay on the stack, anchored */
	f->state = luaL_optstring(L, -1, NULL);
	lua_getfield(L, 1, "comm");
	f->comm = luaL_optstring(L, -1, NULL);
}

static bool passes(const struct filter *f, const struct task_info *i)
{
	return (!f->state || (i->state == f->state[0] && !f->state[1])) &&
	       (!f->comm || !strcmp(f->comm, i->comm)) && (!f->by_pgid || f->pgid == i->pgid) &&
	       (!f->by_ppid || f->ppid == i->ppid) && (!f->by_uid || f->uid == i->uid);
}

/* proc.list([{state=,comm=,pgid=,ppid=,uid=}]) */
static int proc_list(lua_State *L)
{
	struct filter f = {0};
	unsigned n;
	lua_Integer out = 0;

	if (!lua_isnoneornil(L, 1))
		check_filter(L, &f);
	struct task_info *list = task_list(L, &n, NULL, NULL);
	lua_createtable(L, (int)n, 0);
	for (unsigned i = 0; i < n; i++) {
		if (!passes(&f, &list[i]))
			continue;
		push_process_handle(L, &(struct task_handle){list[i].pid, list[i].start});
		lua_rawseti(L, -2, ++out);
	}
	bind_set_view(L, "processes");
	return 1;
}

/* Pushes the node of list[at] and, in it, those of its children. */
static void push_tree(
    lua_State *L, const struct task_info *list, unsigned n, unsigned at, unsigned depth)
{
	char state[2] = {list[at].state, 0};
	lua_Integer out = 0;

	luaL_checkstack(L, 8, "process tree too deep");
	lua_createtable(L, 0, 5);
	bind_set_int(L, "pid", list[at].pid);
	bind_set_string(L, "comm", list[at].comm);
	bind_set_string(L, "state", state);
	lua_newtable(L);
	for (unsigned i = 0; i < n && depth < 64; i++) {
		if (i == at || list[i].ppid != list[at].pid || list[i].pid == list[i].ppid)
			continue;
		push_tree(L, list, n, i, depth + 1);
		lua_rawseti(L, -2, ++out);
	}
	lua_setfield(L, -2, "children");
	bind_set_view(L, "tree");
}

/* proc.tree([pid]): from pid 1 if left out */
static int proc_tree(lua_State *L)
{
	int pid = lua_isnoneornil(L, 1) ? 1 : bind_check_pid(L, 1);
	unsigned n;
	struct task_info *list = task_list(L, &n, NULL, NULL);

	for (unsigned i = 0; i < n; i++) {
		if (list[i].pid == pid) {
			push_tree(L, list, n, i, 0);
			return 1;
		}
	}
	return bind_fail(L, ESRCH);
}

static const luaL_Reg functions[] = {
    {"get", proc_get},
    {"list", proc_list},
    {"tree", proc_tree},
    {"spawn", proc_spawn},
    {"wait", proc_wait},
    {NULL, NULL},
};

int luaopen_proc(lua_State *L)
{
	open_process_type(L);
	luaL_newlib(L, functions);
	return 1;
}
