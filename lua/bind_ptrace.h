/* What the files of the ptrace module share. */
#pragma once

#include "modules.h"
#include "patches.h"

struct tracee {
	int tid; /* 0: let go */
	struct task_handle process;
	struct patches *patches; /* with a reference; NULL: let go */
};

/* The handle that is argument 1; raises if it is none, or was let go. */
struct tracee *check_tracee(lua_State *L);
extern const luaL_Reg tracee_stopped_methods[]; /* bind_ptrace_stopped.c */
