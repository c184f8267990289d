/* P: a process as Lua sees it. A weak handle: fields are looked up at each access, nil once the
 * process is gone. */
#include "mm/space.h"
#include "modules.h"
#include "printk.h"

#define PROCESS_TYPE "process"

struct task_handle *test_process(lua_State *L, int arg)
{
	return luaL_testudata(L, arg, PROCESS_TYPE);
}

struct task_handle *check_process(lua_State *L, int arg)
{
	return luaL_checkudata(L, arg, PROCESS_TYPE);
}

void push_process_handle(lua_State *L, const struct task_handle *h)
{
	struct task_handle *new = lua_newuserdatauv(L, sizeof(*new), 1);

	*new = *h;
	luaL_setmetatable(L, PROCESS_TYPE);
}

void bind_push_process(lua_State *L, int pid)
{
	lua_pushinteger(L, pid);
	struct task_handle h = check_task(L, -1);
	lua_pop(L, 1);
	h.pid = pid;
	push_process_handle(L, &h);
}

/* --- signals --- */

static int kill_handle(lua_State *L, int sig)
{
	struct task_handle *h = check_process(L, 1);
	struct pid *pin;

	bind_require(L, TIER_CONTROL);
	int err = task_pin(h, &pin);
	if (!err) {
		err = do_kill(h->pid, sig);
		pid_put(pin);
	}
	return bind_ok(L, err);
}

static int process_kill(lua_State *L)
{
	check_process(L, 1);
	return kill_handle(L, bind_check_signal(L, 2, SIGTERM));
}

static int process_stop(lua_State *L)
{
	return kill_handle(L, SIGSTOP);
}

static int process_cont(lua_State *L)
{
	return kill_handle(L, SIGCONT);
}

/* --- fields --- */

struct thread_info {
	int tid;
	char state;
	char comm[16];
	int cpu;
	bool running;
	const char *wait_reason;
	ns_t user, system;
};

#define MAX_THREADS_SHOWN 512

static unsigned snapshot_threads(
    const struct task_handle *h, struct thread_info *list, unsigned room)
{
	struct thread *t;
	unsigned n = 0;

	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = task_find(h);
	if (p) {
		list_for_each (t, &p->threads, process_link) {
			if (n == room)
				break;
			struct thread_info *i = &list[n++];
			i->tid = t->tid ? t->tid->nr : 0;
			i->state = thread_state_letter(t);
			memcpy(i->comm, t->comm, sizeof(i->comm));
			i->comm[sizeof(i->comm) - 1] = 0;
			i->cpu = t->sched.cpu;
			i->running = sched_running(t);
			i->wait_reason = t->sched.wait_reason;
			sched_times(t, &i->user, &i->system);
		}
	}
	spin_unlock(&task_lock, flags);
	return n;
}

static int push_threads(lua_State *L, const struct task_handle *h)
{
	struct thread_info *list = lua_newuserdatauv(L, MAX_THREADS_SHOWN * sizeof(*list), 0);
	unsigned n = snapshot_threads(h, list, MAX_THREADS_SHOWN);

	if (!n)
		return bind_fail(L, ESRCH);
	lua_createtable(L, (int)n, 0);
	for (unsigned i = 0; i < n; i++) {
		char state[2] = {list[i].state, 0};
		lua_createtable(L, 0, 8);
		bind_set_int(L, "tid", list[i].tid);
		bind_set_string(L, "comm", list[i].comm);
		bind_set_string(L, "state", state);
		bind_set_int(L, "cpu", list[i].cpu);
		bind_set_bool(L, "running", list[i].running);
		bind_set_number(L, "utime", (double)list[i].user / 1e9);
		bind_set_number(L, "stime", (double)list[i].system / 1e9);
		if (list[i].wait_reason)
			bind_set_string(L, "waits_for", list[i].wait_reason);
		lua_rawseti(L, -2, i + 1);
	}
	bind_set_view(L, "threads");
	return 1;
}

static int process_threads(lua_State *L)
{
	return push_threads(L, check_process(L, 1));
}

static bool is_child_of(const struct process *p, const void *ctx)
{
	const int *pid = ctx;
	return p->parent && p->parent->pid && p->parent->pid->nr == *pid;
}

static int push_children(lua_State *L, const struct task_handle *h)
{
	unsigned n;
	struct task_info *list = task_list(L, &n, is_child_of, &h->pid);

	lua_createtable(L, (int)n, 0);
	for (unsigned i = 0; i < n; i++) {
		push_process_handle(L, &(struct task_handle){list[i].pid, list[i].start});
		lua_rawseti(L, -2, i + 1);
	}
	bind_set_view(L, "processes");
	return 1;
}

enum field {
	F_PPID,
	F_PGID,
	F_SID,
	F_TGID,
	F_COMM,
	F_STATE,
	F_TRACER,
	F_UID,
	F_GID,
	F_START,
	F_CPU,
	F_UTIME,
	F_STIME,
	F_WAITS_FOR,
	F_KERNEL,
	F_THREAD_COUNT
};

static const struct {
	const char *name;
	enum field field;
} fields[] = {
    {"ppid", F_PPID},
    {"pgid", F_PGID},
    {"sid", F_SID},
    {"tgid", F_TGID},
    {"comm", F_COMM},
    {"state", F_STATE},
    {"tracer", F_TRACER},
    {"uid", F_UID},
    {"gid", F_GID},
    {"start_time", F_START},
    {"cpu", F_CPU},
    {"utime", F_UTIME},
    {"stime", F_STIME},
    {"waits_for", F_WAITS_FOR},
    {"kernel", F_KERNEL},
    {"thread_count", F_THREAD_COUNT},
};

static void push_field(lua_State *L, const struct task_info *i, enum field f)
{
	switch (f) {
	case F_PPID:
		lua_pushinteger(L, i->ppid);
		break;
	case F_PGID:
		lua_pushinteger(L, i->pgid);
		break;
	case F_SID:
		lua_pushinteger(L, i->sid);
		break;
	case F_TGID:
		lua_pushinteger(L, i->pid);
		break;
	case F_COMM:
		lua_pushstring(L, i->comm);
		break;
	case F_STATE:
		lua_pushlstring(L, &i->state, 1);
		break;
	case F_TRACER:
		lua_pushinteger(L, i->tracer);
		break;
	case F_UID:
		lua_pushinteger(L, i->uid);
		break;
	case F_GID:
		lua_pushinteger(L, i->gid);
		break;
	case F_START:
		lua_pushnumber(L, (double)i->start / 1e9);
		break;
	case F_CPU:
		lua_pushinteger(L, i->cpu);
		break;
	case F_UTIME:
		lua_pushnumber(L, (double)i->usage.user / 1e9);
		break;
	case F_STIME:
		lua_pushnumber(L, (double)i->usage.system / 1e9);
		break;
	case F_WAITS_FOR:
		lua_pushstring(L, i->wait_reason);
		break;
	case F_KERNEL:
		lua_pushboolean(L, i->kernel);
		break;
	case F_THREAD_COUNT:
		lua_pushinteger(L, i->thread_count);
		break;
	}
}

static bool push_snapshot_field(lua_State *L, const struct task_handle *h, const char *key)
{
	struct task_info info;

	for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(fields[i].name, key))
			continue;
		if (task_snapshot(h, &info))
			lua_pushnil(L);
		else
			push_field(L, &info, fields[i].field);
		return true;
	}
	return false;
}

/* The ends of its pipes, kept by the handle that proc.spawn made. */
static bool push_stream(lua_State *L, const char *key)
{
	if (strcmp(key, "stdin") && strcmp(key, "stdout") && strcmp(key, "stderr"))
		return false;
	if (lua_getiuservalue(L, 1, 1) == LUA_TTABLE)
		lua_getfield(L, -1, key);
	else
		lua_pushnil(L);
	return true;
}

/* upvalue 1: the methods */
static int process_index(lua_State *L)
{
	struct task_handle *h = check_process(L, 1);
	const char *key = luaL_checkstring(L, 2);

	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL && strcmp(key, "threads"))
		return 1;
	lua_pop(L, 1);
	if (!strcmp(key, "pid")) {
		lua_pushinteger(L, h->pid);
		return 1;
	}
	if (!strcmp(key, "threads")) {
		if (push_threads(L, h) == 1)
			return 1;
		lua_pushvalue(L, 2); /* gone: P:threads() still says so by nil, message, errno */
		lua_rawget(L, lua_upvalueindex(1));
		return 1;
	}
	if (!strcmp(key, "children"))
		return push_children(L, h);
	if (push_snapshot_field(L, h, key) || push_stream(L, key))
		return 1;
	return luaL_error(L, "a process has no field '%s' (see help(proc))", key);
}

static int process_tostring(lua_State *L)
{
	struct task_handle *h = check_process(L, 1);
	struct task_info i;

	if (task_snapshot(h, &i))
		lua_pushfstring(L, "process %d (gone)", h->pid);
	else
		lua_pushfstring(L, "process %d (%s) %c", i.pid, i.comm, i.state);
	return 1;
}

static int process_eq(lua_State *L)
{
	struct task_handle *a = test_process(L, 1), *b = test_process(L, 2);

	lua_pushboolean(L, a && b && a->pid == b->pid && a->start == b->start);
	return 1;
}

static const luaL_Reg methods[] = {
    {"kill", process_kill},
    {"stop", process_stop},
    {"cont", process_cont},
    {"wait", process_wait},
    {"threads", process_threads},
    {"maps", process_maps},
    {"fds", process_fds},
    {"regs", process_regs},
    {"stack", process_stack},
    {"signals", process_signals},
    {"read", process_read},
    {"write", process_write},
    {NULL, NULL},
};

static const luaL_Reg meta[] = {
    {"__tostring", process_tostring}, {"__eq", process_eq}, {NULL, NULL}};

void open_process_type(lua_State *L)
{
	bind_new_type(L, PROCESS_TYPE, methods, meta);
	luaL_newlib(L, methods);
	lua_pushcclosure(L, process_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}
