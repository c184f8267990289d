/*
 * Put before Lua's lstrlib.c by the build: a pattern can keep its matcher busy for longer than
 * anyone waits, in C, where no hook looks. The matcher tests its depth by luai_unlikely at each
 * step, with its state at hand as `ms`; that test looks for Ctrl-C and limits as well. Elsewhere in
 * the file `ms` is the constant below, and nothing is added.
 */
#pragma once

struct lua_State;
struct string_guard_state {
	struct lua_State *L;
};
static struct string_guard_state *const ms __attribute__((unused)) = 0;

void string_guard(struct lua_State *L); /* string_guard.c: may raise an error */

#define luai_likely(x)   (__builtin_expect(((x) != 0), 1))
#define luai_unlikely(x) ((ms ? string_guard(ms->L) : (void)0), __builtin_expect(((x) != 0), 0))
