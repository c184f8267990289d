/* Tab: asks the shell's Lua part (shell/complete.lua) what could come next. */
#include "dev/console.h"
#include "line.h"
#include "mm/heap.h"
#include "sched/timer.h"
#include "shell.h"

#define BUDGET_SECONDS 2

static char *copy_string(lua_State *L, int index)
{
	const char *s = lua_tostring(L, index);
	return s ? kstrdup(s) : NULL;
}

/* shell.complete(text, columns) → bytes that stay, what replaces the rest or nil, choices to show
 * or nil */
void shell_complete(void *state, const char *text, size_t len, struct completion *out)
{
	lua_State *L = state;
	int top = lua_gettop(L);

	lua_port_begin(L);
	lua_port_set_deadline(L, time_now() + BUDGET_SECONDS * NS_PER_S);
	shell_push(L, "complete");
	lua_pushlstring(L, text, len);
	lua_pushinteger(L, terminal.cols);
	/* What goes wrong in a completion is nobody's concern: there is none then. */
	if (lua_pcall(L, 2, 3, 0) == LUA_OK) {
		lua_Integer from = lua_tointeger(L, -3);
		out->from = from < 0 ? len : (size_t)from;
		out->insert = copy_string(L, -2);
		out->choices = copy_string(L, -1);
	}
	lua_port_set_deadline(L, NS_NEVER);
	lua_settop(L, top);
	shell_clear_interrupt();
}
