/* Between the files of the port: port.c (states, limits), alloc.c, base_lib.c, require.c. */
#pragma once

#include "port.h"

#include "lauxlib.h"

/* What the kernel keeps of a Lua state; the allocator's `ud`. Only the state's own thread touches
 * it. */
struct port {
	size_t used, cap;               /* bytes */
	uint64_t objects, object_bytes; /* of kmalloc, see lua_port_usage */
	uint64_t instructions, budget;  /* budget 0: none */
	ns_t deadline;
	uint32_t interrupts; /* console_interrupt_count when the command began */
	/*
	 * How many protected calls are open, and how many were when the deadline was set: those
	 * inside it do not catch the end that it brings, or a loop around pcall could not be ended.
	 */
	int pcall_depth, deadline_depth;
	lua_port_output output;
	char script_dir[256]; /* require() looks here first; "" for none */
};

struct port *port_of(lua_State *L);
/* Why what runs has to end now, or NULL. `depth`: of the protected call that asks. */
const char *port_stopping(const struct port *p, int depth);
void *port_alloc(void *ud, void *ptr, size_t old_size, size_t new_size);

/* Replaces what of the standard libraries is not safe in a kernel, and adds os, io, require. */
void port_open_base(lua_State *L);
int port_require(lua_State *L); /* the function */

/* newlib_hooks.c: newlib's state and FP for the current kernel thread, once. False: no memory. */
bool newlib_prepare_thread(void);

int luaopen_console(lua_State *L);
