/* The lines entered so far, the newest last. */
#include "editor.h"
#include "mm/heap.h"

#define KEPT    200 /* lines */
#define LONGEST 4096UL

static char *lines[KEPT];
static size_t count; /* ever added */

const char *history_get(size_t back)
{
	if (!back || back > MIN(count, (size_t)KEPT))
		return NULL;
	return lines[(count - back) % KEPT];
}

void history_add(const char *line)
{
	const char *newest = history_get(1);

	if (!*line || strlen(line) > LONGEST || (newest && !strcmp(newest, line)))
		return;
	char *copy = kstrdup(line);
	if (!copy)
		return;
	kfree(lines[count % KEPT]);
	lines[count++ % KEPT] = copy;
}

size_t history_search(const char *text, size_t back)
{
	for (const char *s; (s = history_get(back)); back++)
		if (strstr(s, text))
			return back;
	return 0;
}
