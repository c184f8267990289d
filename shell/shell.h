/* Between the files of the shell: repl.c, eval.c, complete.c, pager.c, autorun.c. */
#pragma once

#include "lua/bind.h"
#include "lua/port.h"

/* --- eval.c --- */
/* What became of a piece of input. */
enum eval_result { EVAL_OK, EVAL_FAILED, EVAL_INCOMPLETE };
/*
 * Runs one command (":ps"), expression or chunk; prints values, or the error with its traceback.
 * With `more` an unfinished chunk gives EVAL_INCOMPLETE and nothing is printed.
 */
enum eval_result shell_eval(lua_State *L, const char *text, size_t len, bool more);
/* Pushes shell.NAME of the shell's Lua part; nil if it is not there. */
void shell_push(lua_State *L, const char *name);

/* --- complete.c --- */
struct completion;
void shell_complete(
    void *L, const char *text, size_t len, struct completion *out); /* a line_completer */

/* --- pager.c --- */
/* Long output of this state stops at each page, from now on; the count starts anew. */
void pager_begin(lua_State *L);
void pager_end(lua_State *L);
/* Is the error on top of the stack the pager's q? */
bool pager_quit(lua_State *L);

/* --- repl.c, autorun.c: each returns an exit code --- */
int repl_interactive(lua_State *L);
int repl_plain(lua_State *L); /* lines without prompt or echo, until Ctrl-D; 1 if any failed */
int autorun_script(lua_State *L, const char *path);
