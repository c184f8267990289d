/* time: clocks, and sleeping that Ctrl-C ends. */
#include "arch/cpu.h"
#include "modules.h"
#include "sched/sched.h"
#include "sched/timer.h"

/* time.now(): seconds since boot; the clock that never goes back */
static int time_now_seconds(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)time_now() / 1e9);
	return 1;
}

/* time.date(): seconds since 1970 */
static int time_date(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)time_realtime() / 1e9);
	return 1;
}

/* time.sleep(seconds) */
static int time_sleep(lua_State *L)
{
	luaL_checknumber(L, 1);
	ns_t deadline = bind_opt_deadline(L, 1);

	do {
		bind_check_interrupt(L);
		sched_prepare(SCHED_SLEEP_INTR);
		sched_sleep(bind_slice(L, deadline), "lua sleep");
	} while (time_now() < deadline);
	bind_check_interrupt(L);
	return 0;
}

static const luaL_Reg functions[] = {
    {"now", time_now_seconds}, {"date", time_date}, {"sleep", time_sleep}, {NULL, NULL}};

int luaopen_time(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
