/* Scripts: run from the boot arguments, their outcome becomes the machine's exit code. */
#include "dev/console.h"
#include "shell.h"

/* (path): loads and runs it */
static int run_script(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	lua_port_set_script(L, path);
	if (lua_port_load_file(L, path) != LUA_OK)
		return lua_error(L);
	lua_pushvalue(L, 1);
	lua_call(L, 1, 0);
	return 0;
}

int autorun_script(lua_State *L, const char *path)
{
	lua_port_begin(L);
	lua_pushcfunction(L, run_script);
	lua_pushstring(L, path);
	int status = lua_port_pcall(L, 1, 0);
	shell_clear_interrupt();
	if (status == LUA_OK)
		return 0;
	lua_port_report(L);
	return 1;
}
