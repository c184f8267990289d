/* sys: the machine and the kernel as a whole; raw system calls; what the shell's own Lua code needs
 * of C. */
#include "abi/errno.h"
#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "dev/console.h"
#include "modules.h"
#include "port.h"
#include "proc/process.h"
#include "syscall/numbers.h"
#include "syscall/syscall.h"
#include "version.h"

/* --- raw system calls --- */

/* Calls that would take the shell's own task away, or need a user program behind them. */
static const uint16_t refused[] = {SYS_exit, SYS_exit_group, SYS_execve, SYS_execveat, SYS_clone,
    SYS_clone3, SYS_rt_sigreturn, SYS_restart_syscall, SYS_rt_sigsuspend};

static bool is_refused(int nr)
{
	for (unsigned i = 0; i < ARRAY_SIZE(refused); i++)
		if (refused[i] == nr)
			return true;
	return false;
}

static int check_call(lua_State *L)
{
	int nr = lua_type(L, 1) == LUA_TSTRING ? syscall_by_name(lua_tostring(L, 1))
					       : (int)luaL_checkinteger(L, 1);

	if (nr < 0)
		luaL_error(L, "sys.call: no system call named '%s'", luaL_tolstring(L, 1, NULL));
	if (is_refused(nr))
		luaL_error(L,
		    "sys.call: this call would end or change the shell's own task; use proc.spawn");
	return nr;
}

/* sys.call(name | number, …): up to six integers */
static int sys_call(lua_State *L)
{
	uint64_t args[6] = {0};
	int nr, n = lua_gettop(L) - 1;

	bind_require(L, TIER_FULL);
	luaL_checkany(L, 1);
	nr = check_call(L);
	luaL_argcheck(L, n <= 6, 8, "at most six arguments");
	for (int i = 0; i < n; i++) {
		if (lua_type(L, i + 2) == LUA_TSTRING)
			luaL_argerror(L, i + 2,
			    "integers only: the shell's task has no user memory to hold a string");
		args[i] = (uint64_t)luaL_checkinteger(L, i + 2);
	}
	int64_t result = (unsigned)nr < syscall_count && syscall_table[nr].fn
			     ? syscall_table[nr].fn(args)
			     : -ENOSYS;
	bind_check_interrupt(L);
	if (result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK)
		result = -EINTR;
	if (result < 0 && result >= -4095)
		return bind_fail(L, (int)result);
	lua_pushinteger(L, result);
	return 1;
}

/* --- what this is --- */

/* sys.uname() */
static int sys_uname_record(lua_State *L)
{
	char name[65];

	system_hostname(name, sizeof(name));
	lua_createtable(L, 0, 6);
	bind_set_string(L, "sysname", "Linux");
	bind_set_string(L, "nodename", name);
	bind_set_string(L, "release", LINUX_RELEASE);
	bind_set_string(L, "version", LINUX_VERSION);
	bind_set_string(L, "machine", arch_uname_machine);
	bind_set_string(L, "arch", arch_name);
	bind_set_view(L, "uname");
	return 1;
}

/* One boot argument from *s on: its end; quotes keep spaces. */
static const char *argument_end(const char *s)
{
	bool quoted = false;

	for (; *s && (quoted || *s != ' '); s++)
		if (*s == '"')
			quoted = !quoted;
	return s;
}

/* sys.args(): the boot arguments by name; those without a value are "" */
static int sys_args(lua_State *L)
{
	char value[512], name[64];
	const char *s = boot_info.cmdline;

	lua_newtable(L);
	while (*s) {
		while (*s == ' ')
			s++;
		const char *end = argument_end(s);
		size_t n = 0;
		while (s + n < end && s[n] != '=' && n < sizeof(name) - 1) {
			name[n] = s[n];
			n++;
		}
		name[n] = 0;
		const char *v = n ? boot_arg(name, value, sizeof(value)) : NULL;
		if (v)
			bind_set_string(L, name, v);
		s = end;
	}
	bind_set_view(L, "args");
	return 1;
}

/* sys.embedded(name): the text of a Lua file linked into the kernel */
static int sys_embedded(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	size_t n;
	const char *text = lua_embedded(name, &n);

	if (!text)
		return bind_fail_for(L, ENOENT, name);
	lua_pushlstring(L, text, n);
	return 1;
}

/* sys.strerror(errno): message, name */
static int sys_strerror(lua_State *L)
{
	lua_Integer err = luaL_checkinteger(L, 1);
	const char *name = err > -4096 && err < 4096 ? errno_name((int)err) : NULL;

	if (!name)
		return bind_fail_text(L, EINVAL, "no such error number");
	bind_fail(L, (int)err);
	lua_pop(L, 1);
	lua_remove(L, -2);
	lua_pushstring(L, name);
	return 2;
}

/* sys.syscalls(): the table of system calls */
static int sys_syscalls(lua_State *L)
{
	lua_Integer n = 0;

	lua_newtable(L);
	for (unsigned i = 0; i < syscall_count; i++) {
		if (!syscall_table[i].name)
			continue;
		lua_createtable(L, 0, 4);
		bind_set_int(L, "number", i);
		bind_set_string(L, "name", syscall_table[i].name);
		bind_set_int(L, "nargs", syscall_table[i].nargs);
		bind_set_bool(L, "implemented", syscall_table[i].fn != NULL);
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

/* --- ends --- */

/* sys.poweroff([code]) */
static int sys_poweroff(lua_State *L)
{
	lua_Integer code = lua_isboolean(L, 1) ? !lua_toboolean(L, 1) : luaL_optinteger(L, 1, 0);

	bind_require(L, TIER_CONTROL);
	luaL_argcheck(L, code >= 0 && code <= 255, 1, "an exit code is 0 to 255");
	console_drain(false);
	arch_poweroff((int)code);
}

/* sys.reboot() */
static int sys_reboot_now(lua_State *L)
{
	bind_require(L, TIER_CONTROL);
	console_drain(false);
	arch_reboot();
}

/* sys.panic([text]): what a broken kernel does, on purpose */
static int sys_panic(lua_State *L)
{
	const char *text = luaL_optstring(L, 1, "asked for by sys.panic");

	bind_require(L, TIER_FULL);
	panic("%s", text);
}

/* --- for the shell's Lua code --- */

/* sys.view(kind, fn): fn(record) gives the text that tostring shows for records of this kind */
static int sys_view(lua_State *L)
{
	luaL_checkstring(L, 1);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, "perilune.views");
	lua_pushvalue(L, 2);
	lua_setfield(L, -2, lua_tostring(L, 1));
	return 0;
}

/* sys.tier([name]): the tier in force; with a name it is lowered to that */
static int sys_tier(lua_State *L)
{
	if (!lua_isnoneornil(L, 1)) {
		int to = bind_tier_by_name(luaL_checkstring(L, 1));
		luaL_argcheck(L, to >= 0, 1, "off, inspect, control or full expected");
		if (bind_tier_lower(to))
			return bind_fail_text(L, EPERM, "the tier can be lowered, never raised");
	}
	lua_pushstring(L, bind_tier_name());
	return 1;
}

/* sys.deadline([seconds]): from then on whatever runs ends with "time limit exceeded"; nil: no
 * limit */
static int sys_deadline(lua_State *L)
{
	lua_port_set_deadline(L, bind_opt_deadline(L, 1));
	return 0;
}

static const luaL_Reg functions[] = {
    {"call", sys_call},
    {"uname", sys_uname_record},
    {"args", sys_args},
    {"embedded", sys_embedded},
    {"strerror", sys_strerror},
    {"syscalls", sys_syscalls},
    {"poweroff", sys_poweroff},
    {"reboot", sys_reboot_now},
    {"panic", sys_panic},
    {"view", sys_view},
    {"tier", sys_tier},
    {"deadline", sys_deadline},
    {NULL, NULL},
};

#define ERRNO(number, name, text) {number, #name},
static const struct {
	int number;
	const char *name;
} errnos[] = {
#include "abi/errno.tbl"
};
#undef ERRNO

int luaopen_sys(lua_State *L)
{
	luaL_newlib(L, functions);
	lua_createtable(L, 0, (int)ARRAY_SIZE(errnos)); /* sys.errno.ENOENT */
	for (unsigned i = 0; i < ARRAY_SIZE(errnos); i++)
		bind_set_int(L, errnos[i].name, errnos[i].number);
	lua_setfield(L, -2, "errno");
	return 1;
}
