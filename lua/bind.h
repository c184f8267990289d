/*
 * What every Lua binding uses. One bind_<module>.c a Lua module: static functions, one luaL_Reg
 * table, one luaopen_<module>. A binding never holds a lock across a call into Lua (any of them may
 * raise an error by longjmp): copy out, unlock, then push. Functions that can fail return nil,
 * message, errno through bind_fail; misuse raises an error by luaL_check*.
 */
#pragma once

#include "abi/fs.h" /* before the C library's limits.h, which has a smaller PATH_MAX */
#include "base.h"
#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

/* Pushes nil, message, errno ("no such process", 3) for -errno; the one place where errno becomes a
 * Lua result. Returns 3. */
int bind_fail(lua_State *L, int err);
/* The same with what it happened to: "/x: no such file or directory". */
int bind_fail_for(lua_State *L, int err, const char *what);
/* The same with words of its own. */
int bind_fail_text(lua_State *L, int err, const char *text);
/* `result` >= 0: pushes it as an integer and returns 1; else as bind_fail. */
int bind_result(lua_State *L, int64_t result);
/* result 0: pushes true. */
int bind_ok(lua_State *L, int result);

/* A signal by number or name ("INT", "SIGINT"), else raises. `def` if absent (0: required). */
int bind_check_signal(lua_State *L, int arg, int def);
/* Seconds (a number, may be fractional; nil or absent: NS_NEVER) from now as a deadline. */
ns_t bind_opt_deadline(lua_State *L, int arg);
ns_t bind_field_deadline(lua_State *L, int table, const char *field);
/* Raises "interrupted" after Ctrl-C, "time limit exceeded" after the state's deadline. Call it
 * around each wait. */
void bind_check_interrupt(lua_State *L);
/*
 * Waits go in slices, so that Ctrl-C and the state's deadline end each of them whoever does the
 * waking: sleep until this point at most, then bind_check_interrupt and look again.
 */
ns_t bind_slice(lua_State *L, ns_t deadline);
/* Signals sent to the shell's own task do nothing to it: takes them off, so that its sleeps are not
 * cut short. */
void bind_absorb_signals(void);

/* tables */
void bind_set_int(lua_State *L, const char *field, int64_t v); /* t.field = v, t on top */
void bind_set_string(lua_State *L, const char *field, const char *v);
void bind_set_bool(lua_State *L, const char *field, bool v);
void bind_set_number(lua_State *L, const char *field, double v);
/*
 * Marks the table on top as a record or list that prints well: its tostring calls what
 * sys.view(kind, fn) set (the shell's views), or else a plain "field: value" listing. The kinds:
 * processes threads maps fds regs stack signals siginfo history tree wait groups memory heap
 * translation symbols cpus irqs runq log files stat uname args trace event crash crashes sites.
 */
void bind_set_view(lua_State *L, const char *kind);
/*
 * Makes the metatable of a handle type and leaves it on the stack: methods, metamethods (gc, close,
 * tostring, eq, index as given in `meta`), hidden behind a copy of the method names so that scripts
 * cannot change it, Tab can read it.
 */
void bind_new_type(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta);

/* Who may do what: raises unless the shell's tier is at least this (boot argument shell=). */
enum bind_tier { TIER_OFF, TIER_INSPECT, TIER_CONTROL, TIER_FULL };
void bind_require(lua_State *L, enum bind_tier tier);

/* An open file as a Lua handle, empty until it is set; closed by :close(), <close> or the
 * collector. */
struct file;
struct file **bind_new_file(lua_State *L);
void bind_set_file(struct file **slot, struct file *f); /* takes over the reference */
void bind_close_file(struct file **slot);
struct file **bind_test_file(lua_State *L, int arg); /* NULL: no handle */
unsigned bind_open_files(void); /* handles that are open now, for the leak check */

/* proc objects, for other modules: the P handle of a pid (weak: a dead process gives nil, "no such
 * process", ESRCH). */
void bind_push_process(lua_State *L, int pid);
int bind_check_pid(lua_State *L, int arg); /* a P or an integer */

/* Every module of kernel bindings, opened into a new state in this order. */
extern const luaL_Reg bind_modules[];
