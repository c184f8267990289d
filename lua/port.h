/* Lua on this kernel: states with a memory cap, output, interruption. */
#pragma once

#include "abi/fs.h" /* before the C library's limits.h, which has a smaller PATH_MAX */
#include "base.h"
#include "lua.h"

struct lua_limits {
	size_t memory;         /* bytes, 0: no cap of its own */
	uint64_t instructions; /* Lua VM instructions, 0: none */
};

/* A new state with the safe standard libraries (no debug, io, os.execute, no bytecode), every
 * binding, and the Lua parts of the shell. NULL if memory is out. For the current kernel thread,
 * which gets newlib's reentrancy state and FP. */
lua_State *lua_port_open(const struct lua_limits *limits);
void lua_port_close(lua_State *L);
size_t lua_port_memory(lua_State *L); /* bytes in use */

/* What the state holds of kmalloc: objects, and their usable bytes (kmalloc_usable). For the leak
 * check. */
void lua_port_usage(lua_State *L, uint64_t *objects, uint64_t *bytes);

/*
 * A point in time (ns since boot, NS_NEVER: none) after which the hook raises "time limit exceeded"
 * in whatever runs, and again at each hook until it is set anew. Waiting bindings end at it as
 * well. Shared by all coroutines of the state.
 */
void lua_port_set_deadline(lua_State *L, ns_t deadline);
ns_t lua_port_deadline(lua_State *L);

/* A new command begins: what Ctrl-C or the instruction budget ended before is forgotten. */
void lua_port_begin(lua_State *L);

/* print, io.write: to the console, or where the state's output was sent. May raise (Ctrl-C, the
 * pager's q). */
void lua_port_write(lua_State *L, const char *s, size_t n);
/* Sends the state's output elsewhere; NULL: to the console again. */
typedef void (*lua_port_output)(lua_State *L, const char *s, size_t n);
void lua_port_set_output(lua_State *L, lua_port_output output);
/* \n goes to the console as it is (a plain stream), not as \r\n (a terminal). For all states. */
void lua_port_plain(bool plain);

/* The Lua files linked into the kernel (shell/, shell/cmd, tests/lua/lib): by name such as
 * "shell/repl.lua". */
const char *lua_embedded(const char *name, size_t *len);

/* Reads a whole file: kmalloc'ed in *text, 0 behind it. Returns its length or -errno (-EFBIG past
 * 16 MiB). */
int64_t lua_port_read_file(const char *path, char **text);
/* Loads a file of the file system, text only; where it lies helps require() find its neighbours. As
 * luaL_loadfile. */
int lua_port_load_file(lua_State *L, const char *path);
/* Where the script lies that runs: require() looks there first. */
void lua_port_set_script(lua_State *L, const char *path);
/* Loads text as luaL_loadbuffer, bytecode refused. */
int lua_port_load(lua_State *L, const char *text, size_t len, const char *chunkname);
/* Calls the function below `nargs` arguments: as lua_pcall, the error message with a traceback. */
int lua_port_pcall(lua_State *L, int nargs, int nresults);
/* Writes the error message on top of the stack and pops it. */
void lua_port_report(lua_State *L);

/* Runs a chunk of text in protected mode; on error prints the traceback. Returns 0, or 1 after an
 * error. */
int lua_port_run(lua_State *L, const char *chunk, size_t len, const char *chunkname);

/* The shell thread's body (shell/repl.c): script= or autorun or prompt; never returns. */
void shell_main(void *arg);
