/* Scripts: programs whose first line, "#! interpreter [argument]", names another (execve(2)). */
#include "fs/vfs.h"
#include "mm/heap.h"
#include "proc/exec.h"

#define MAX_SCRIPTS 5

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Both stop at `end`. */
static char *skip_blanks(char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

static char *word_end(char *p, const char *end)
{
	while (p < end && *p && !is_blank(*p))
		p++;
	return p;
}

/*
 * Where the line ends; NULL if it does not within the head. Arguments may be cut there, for the
 * interpreter can read the script itself; its own name may not.
 */
static char *line_end(char *line)
{
	char *last = line + EXEC_HEAD - 1, *name;
	char *newline = memchr(line, '\n', EXEC_HEAD);

	if (newline)
		return newline;
	name = skip_blanks(line + 2, last);
	return name < last && word_end(name, last) < last ? last : NULL;
}

/* Cuts the line, of EXEC_HEAD bytes, into its two parts. -ENOEXEC if it is none. */
static int parse(char *line, char **interp, char **arg)
{
	char *end = line_end(line), *p;

	if (!end)
		return -ENOEXEC;
	while (is_blank(end[-1]))
		end--;
	*interp = skip_blanks(line + 2, end);
	if (*interp == end)
		return -ENOEXEC;
	*end = 0;
	p = word_end(*interp, end);
	*arg = NULL;
	if (is_blank(*p)) {
		*arg = skip_blanks(p, end);
		*p = 0;
	}
	return 0;
}

/* argv becomes: interpreter, its argument, the script's path, what came after argv[0]. */
static int push_arguments(struct exec *e, const char *interp, const char *arg)
{
	int err = exec_strings_drop_first(&e->strings);

	if (!err)
		err = exec_strings_prepend(&e->strings, e->path);
	if (!err && arg)
		err = exec_strings_prepend(&e->strings, arg);
	return err ? err : exec_strings_prepend(&e->strings, interp);
}

static int follow(struct exec *e)
{
	char line[EXEC_HEAD], *interp, *arg;
	int err;

	memcpy(line, e->head, EXEC_HEAD);
	err = parse(line, &interp, &arg);
	if (!err && e->inaccessible)
		err = -ENOENT; /* the interpreter could not open it */
	if (!err)
		err = push_arguments(e, interp, arg);
	if (err)
		return err;
	file_put(e->file);
	e->file = NULL;
	kfree(e->path);
	e->path = kstrdup(interp);
	return e->path ? exec_open_program(e, AT_FDCWD, e->path, LOOKUP_FOLLOW) : -ENOMEM;
}

int exec_resolve_scripts(struct exec *e)
{
	for (int depth = 0; e->head_len >= 2 && e->head[0] == '#' && e->head[1] == '!'; depth++) {
		int err = follow(e);

		if (!err && depth == MAX_SCRIPTS)
			err = -ELOOP;
		if (err)
			return err;
	}
	return 0;
}
