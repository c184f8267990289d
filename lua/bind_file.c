/* Open files as Lua handles: the ends of pipes that proc.spawn makes, and what fs.open gives. */
#include "fs/vfs.h"
#include "modules.h"
#include "sched/timer.h"

#define FILE_TYPE  "file"
#define CHUNK      4096
#define MAX_LISTEN 4

static unsigned open_files; /* atomic */

struct file **bind_new_file(lua_State *L)
{
	struct file **slot = lua_newuserdatauv(L, sizeof(*slot), 0);

	*slot = NULL;
	luaL_setmetatable(L, FILE_TYPE);
	return slot;
}

void bind_set_file(struct file **slot, struct file *f)
{
	*slot = f;
	__atomic_fetch_add(&open_files, 1, __ATOMIC_RELAXED);
}

void bind_close_file(struct file **slot)
{
	struct file *f = *slot;

	if (!f)
		return;
	*slot = NULL;
	__atomic_fetch_sub(&open_files, 1, __ATOMIC_RELAXED);
	file_put(f);
}

struct file **bind_test_file(lua_State *L, int arg)
{
	return luaL_testudata(L, arg, FILE_TYPE);
}

unsigned bind_open_files(void)
{
	return __atomic_load_n(&open_files, __ATOMIC_RELAXED);
}

static struct file **check_slot(lua_State *L)
{
	return luaL_checkudata(L, 1, FILE_TYPE);
}

static struct file *check_open(lua_State *L)
{
	struct file *f = *check_slot(L);

	if (!f)
		luaL_error(L, "the file is closed");
	return f;
}

/* --- waiting until a file is ready --- */

struct listener {
	struct poll_table table;
	struct waiter waiters[MAX_LISTEN];
	struct wait_queue *queues[MAX_LISTEN];
	unsigned count;
};

static void listen_to(struct poll_table *pt, struct wait_queue *wq)
{
	struct listener *l = pt->data;

	if (l->count == MAX_LISTEN)
		return; /* the slices of the wait make up for it */
	struct waiter *w = &l->waiters[l->count];
	*w = (struct waiter){.thread = current};
	l->queues[l->count++] = wq;
	wait_add(wq, w);
}

/* Sleeps until `f` has one of `events` (or an error or hang-up), at most until `until`. Returns
 * what it has. */
static unsigned poll_once(struct file *f, unsigned events, ns_t until)
{
	struct listener l = {.table = {.add = listen_to}};
	unsigned ready;

	l.table.data = &l;
	events |= POLLERR | POLLHUP;
	sched_prepare(SCHED_SLEEP_INTR);
	ready = file_poll(f, &l.table);
	if (ready & events)
		sched_cancel();
	else
		sched_sleep(until, "lua file");
	for (unsigned i = 0; i < l.count; i++)
		wait_remove(l.queues[i], &l.waiters[i]);
	return ready & events ? ready : file_poll(f, NULL);
}

/* 0 when it is ready, -ETIMEDOUT. Raises on Ctrl-C. */
static int wait_ready(lua_State *L, struct file *f, unsigned events, ns_t deadline)
{
	for (;;) {
		bind_check_interrupt(L);
		unsigned ready = file_poll(f, NULL);
		if (ready & (events | POLLERR | POLLHUP))
			return 0;
		if (time_now() >= deadline)
			return -ETIMEDOUT;
		poll_once(f, events, bind_slice(L, deadline));
	}
}

int64_t file_read_waiting(lua_State *L, struct file *f, void *buf, size_t n, ns_t deadline)
{
	for (;;) {
		int err = wait_ready(L, f, POLLIN | POLLRDNORM, deadline);
		if (err)
			return err;
		int64_t got = file_read(f, buf, n, NULL);
		if (got != -ERESTARTSYS && got != -EINTR && got != -EAGAIN)
			return got;
	}
}

/* --- methods --- */

/* Everything up to the end of the file. */
static int read_all(lua_State *L, struct file *f, ns_t deadline)
{
	luaL_Buffer b;
	int64_t got;

	luaL_buffinit(L, &b);
	do {
		char *room = luaL_prepbuffsize(&b, CHUNK);
		got = file_read_waiting(L, f, room, CHUNK, deadline);
		if (got > 0)
			luaL_addsize(&b, (size_t)got);
	} while (got > 0);
	luaL_pushresult(&b);
	if (got < 0) {
		lua_pop(L, 1);
		return got == -ETIMEDOUT ? bind_fail_text(L, ETIMEDOUT, "timed out")
					 : bind_fail(L, (int)got);
	}
	return 1;
}

/* A line without its newline; nil at the end of the file. A byte at a time, so that none is taken
 * from who reads next. */
static int read_line(lua_State *L, struct file *f, ns_t deadline)
{
	luaL_Buffer b;
	int64_t got;
	bool any = false;
	char c;

	luaL_buffinit(L, &b);
	while ((got = file_read_waiting(L, f, &c, 1, deadline)) == 1) {
		any = true;
		if (c == '\n')
			break;
		luaL_addchar(&b, c);
	}
	luaL_pushresult(&b);
	if (got < 0)
		return got == -ETIMEDOUT ? bind_fail_text(L, ETIMEDOUT, "timed out")
					 : bind_fail(L, (int)got);
	if (!any)
		lua_pushnil(L);
	return 1;
}

/* Up to n bytes, what is there; nil at the end of the file. */
static int read_some(lua_State *L, struct file *f, lua_Integer n, ns_t deadline)
{
	luaL_Buffer b;

	luaL_argcheck(L, n > 0 && n <= 16 << 20, 2, "1 byte to 16 MiB");
	char *room = luaL_buffinitsize(L, &b, (size_t)n);
	int64_t got = file_read_waiting(L, f, room, (size_t)n, deadline);
	luaL_pushresultsize(&b, got > 0 ? (size_t)got : 0);
	if (got < 0)
		return got == -ETIMEDOUT ? bind_fail_text(L, ETIMEDOUT, "timed out")
					 : bind_fail(L, (int)got);
	if (got == 0)
		lua_pushnil(L);
	return 1;
}

/* f:read(["a" | "l" | n [, timeout]]) */
static int file_read_method(lua_State *L)
{
	struct file *f = check_open(L);
	ns_t deadline = bind_opt_deadline(L, 3);

	if (lua_type(L, 2) == LUA_TNUMBER)
		return read_some(L, f, luaL_checkinteger(L, 2), deadline);
	const char *how = luaL_optstring(L, 2, "a");
	if (*how == '*')
		how++;
	if (*how == 'a')
		return read_all(L, f, deadline);
	luaL_argcheck(
	    L, *how == 'l', 2, "\"a\" (all), \"l\" (a line) or a number of bytes expected");
	return read_line(L, f, deadline);
}

/* f:write(s [, timeout]) */
static int file_write_method(lua_State *L)
{
	struct file *f = check_open(L);
	size_t n, done = 0;
	const char *s = luaL_checklstring(L, 2, &n);
	ns_t deadline = bind_opt_deadline(L, 3);

	bind_require(L, TIER_CONTROL);
	while (done < n) {
		int64_t put = wait_ready(L, f, POLLOUT, deadline);
		if (!put)
			put = file_write(f, s + done, MIN(n - done, (size_t)CHUNK), NULL);
		if (put == -ERESTARTSYS || put == -EINTR || put == -EAGAIN)
			continue;
		if (put == -ETIMEDOUT)
			return bind_fail_text(L, ETIMEDOUT, "timed out");
		if (put < 0)
			return bind_fail(L, (int)put);
		done += (size_t)put;
	}
	lua_pushinteger(L, (lua_Integer)done);
	return 1;
}

/* f:seek(offset): as lseek(2) from the start */
static int file_seek_method(lua_State *L)
{
	struct file *f = check_open(L);

	return bind_result(L, file_seek(f, luaL_checkinteger(L, 2), SEEK_SET));
}

static int lines_next(lua_State *L)
{
	struct file **slot = luaL_checkudata(L, lua_upvalueindex(1), FILE_TYPE);

	if (!*slot)
		return luaL_error(L, "the file is closed");
	return read_line(L, *slot, NS_NEVER);
}

static int file_lines(lua_State *L)
{
	check_open(L);
	lua_settop(L, 1);
	lua_pushcclosure(L, lines_next, 1);
	return 1;
}

static int file_close(lua_State *L)
{
	bind_close_file(check_slot(L));
	lua_pushboolean(L, 1);
	return 1;
}

static int file_tostring(lua_State *L)
{
	struct file **slot = check_slot(L);

	if (*slot)
		lua_pushfstring(
		    L, "file (%s)", ((*slot)->flags & O_ACCMODE) == O_RDONLY ? "read" : "write");
	else
		lua_pushliteral(L, "file (closed)");
	return 1;
}

static const luaL_Reg methods[] = {
    {"read", file_read_method},
    {"write", file_write_method},
    {"seek", file_seek_method},
    {"lines", file_lines},
    {"close", file_close},
    {NULL, NULL},
};
static const luaL_Reg meta[] = {
    {"__gc", file_close}, {"__close", file_close}, {"__tostring", file_tostring}, {NULL, NULL}};

void open_file_type(lua_State *L)
{
	bind_new_type(L, FILE_TYPE, methods, meta);
	luaL_newlib(L, methods);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}
