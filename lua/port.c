/* Lua states: opening, limits, the hook that ends what runs, protected calls, output. */
#include "port.h"

#include "bind.h"
#include "dev/console.h"
#include "lualib.h"
#include "mm/heap.h"
#include "mm/page.h"
#include "port_internal.h"
#include "printk.h"
#include "sched/timer.h"

#define HOOK_INSTRUCTIONS 1000        /* between two looks at limits and Ctrl-C */
#define LEAST_CAP         (4UL << 20) /* bytes */

static bool plain_output;

struct port *port_of(lua_State *L)
{
	void *ud;
	lua_getallocf(L, &ud);
	return ud;
}

/* --- limits --- */

const char *port_stopping(const struct port *p, int depth)
{
	if (__atomic_load_n(&console_interrupt_count, __ATOMIC_ACQUIRE) != p->interrupts)
		return "interrupted";
	if (p->budget && p->instructions > p->budget)
		return "instruction budget exceeded";
	if (p->deadline != NS_NEVER && depth > p->deadline_depth && time_now() >= p->deadline)
		return "time limit exceeded";
	return NULL;
}

static void hook(lua_State *L, lua_Debug *ar)
{
	struct port *p = port_of(L);

	p->instructions += HOOK_INSTRUCTIONS;
	const char *why = port_stopping(p, p->deadline_depth + 1);
	if (why)
		luaL_error(L, "%s", why);
}

void lua_port_begin(lua_State *L)
{
	struct port *p = port_of(L);
	p->interrupts = __atomic_load_n(&console_interrupt_count, __ATOMIC_ACQUIRE);
	p->instructions = 0;
	p->pcall_depth = 0;
}

void lua_port_set_deadline(lua_State *L, ns_t deadline)
{
	struct port *p = port_of(L);
	p->deadline = deadline;
	p->deadline_depth = p->pcall_depth;
}

ns_t lua_port_deadline(lua_State *L)
{
	return port_of(L)->deadline;
}

size_t lua_port_memory(lua_State *L)
{
	return port_of(L)->used;
}

void lua_port_usage(lua_State *L, uint64_t *objects, uint64_t *bytes)
{
	const struct port *p = port_of(L);
	*objects = p->objects;
	*bytes = p->object_bytes;
}

/* --- output --- */

void lua_port_plain(bool plain)
{
	plain_output = plain;
}

void lua_port_set_output(lua_State *L, lua_port_output output)
{
	port_of(L)->output = output;
}

void lua_port_write(lua_State *L, const char *s, size_t n)
{
	struct port *p = port_of(L);

	if (p->output)
		p->output(L, s, n);
	else if (console_write(s, n, !plain_output) < (int64_t)n)
		luaL_error(L, "interrupted");
}

void lua_port_report(lua_State *L)
{
	size_t len;
	const char *msg = luaL_tolstring(L, -1, &len);

	/* Not through lua_port_write: nothing may raise an error here. */
	console_write(msg, len, !plain_output);
	console_write("\n", 1, !plain_output);
	lua_pop(L, 2);
}

/* --- running --- */

int lua_port_load(lua_State *L, const char *text, size_t len, const char *chunkname)
{
	return luaL_loadbufferx(L, text, len, chunkname, "t");
}

/* Error objects other than text stay what they are, unless they can say what they mean. */
static int add_traceback(lua_State *L)
{
	const char *msg = lua_tostring(L, 1);

	if (lua_islightuserdata(L, 1))
		return 1;
	if (!msg) {
		if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING)
			return 1;
		msg = lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
	}
	luaL_traceback(L, L, msg, 1);
	return 1;
}

int lua_port_pcall(lua_State *L, int nargs, int nresults)
{
	int base = lua_gettop(L) - nargs;

	lua_pushcfunction(L, add_traceback);
	lua_insert(L, base);
	int status = lua_pcall(L, nargs, nresults, base);
	lua_remove(L, base);
	return status;
}

int lua_port_run(lua_State *L, const char *chunk, size_t len, const char *chunkname)
{
	int status = lua_port_load(L, chunk, len, chunkname);
	if (status == LUA_OK)
		status = lua_port_pcall(L, 0, 0);
	if (status == LUA_OK)
		return 0;
	lua_port_report(L);
	return 1;
}

/* --- opening --- */

/* Every call into Lua from C is protected: this is reached only if the protection itself failed. */
static int at_panic(lua_State *L)
{
	const char *msg = lua_tostring(L, -1);
	panic("Lua: error outside a protected call: %s", msg ? msg : "?");
}

static size_t default_cap(void)
{
	struct page_stats pages;
	page_stats(&pages);
	return MAX(pages.total * PAGE_SIZE / 4, LEAST_CAP);
}

static const luaL_Reg standard_libs[] = {
    {LUA_GNAME, luaopen_base},
    {LUA_COLIBNAME, luaopen_coroutine},
    {LUA_TABLIBNAME, luaopen_table},
    {LUA_STRLIBNAME, luaopen_string},
    {LUA_MATHLIBNAME, luaopen_math},
    {LUA_UTF8LIBNAME, luaopen_utf8},
    {NULL, NULL},
};

static void open_all(lua_State *L, const luaL_Reg *libs)
{
	for (; libs->name; libs++) {
		luaL_requiref(L, libs->name, libs->func, 1);
		lua_pop(L, 1);
	}
}

static int open_protected(lua_State *L)
{
	size_t len;
	const char *init = lua_embedded("shell/init.lua", &len);

	open_all(L, standard_libs);
	port_open_base(L);
	open_all(L, bind_modules);
	luaL_requiref(L, "console", luaopen_console, 1);
	lua_pop(L, 1);
	if (!init)
		return luaL_error(L, "shell/init.lua is not in the kernel");
	if (lua_port_load(L, init, len, "@shell/init.lua"))
		return lua_error(L);
	lua_call(L, 0, 0);
	return 0;
}

lua_State *lua_port_open(const struct lua_limits *limits)
{
	struct port *p = kzalloc(sizeof(*p));
	lua_State *L = NULL;

	if (p && newlib_prepare_thread()) {
		p->cap = limits && limits->memory ? limits->memory : default_cap();
		p->budget = limits ? limits->instructions : 0;
		p->deadline = NS_NEVER;
		L = lua_newstate(port_alloc, p);
	}
	if (!L) {
		kfree(p);
		return NULL;
	}
	lua_atpanic(L, at_panic);
	lua_port_begin(L);
	lua_sethook(L, hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
	lua_pushcfunction(L, open_protected);
	if (lua_port_pcall(L, 0, 0) != LUA_OK) {
		log_error("Lua: %s", lua_tostring(L, -1));
		lua_port_close(L);
		return NULL;
	}
	return L;
}

void lua_port_close(lua_State *L)
{
	struct port *p = port_of(L);
	lua_close(L);
	kfree(p);
}
