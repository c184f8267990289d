/* Ends a string library function that runs on when its command should be over. */
#include "string_guard.h"

#include "bind.h"
#include "port_internal.h"

#define STEPS 4096 /* between two looks at the clock and at Ctrl-C */

void string_guard(struct lua_State *L)
{
	static unsigned steps; /* only a rough count: states may share it */

	if (++steps % STEPS)
		return;
	struct port *p = port_of(L);
	const char *why = port_stopping(p, p->deadline_depth + 1);
	if (why)
		luaL_error(L, "%s", why);
}
