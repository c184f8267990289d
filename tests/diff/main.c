/* /tests/bin/diff: all programs of this folder in one. "diff NAME" runs one, "diff --list" names
 * them. */
#include <stdio.h>
#include <string.h>

#define PROGRAM(folder, name) int diff_##folder##_##name(int argc, char **argv);
#include "programs.inc"
#undef PROGRAM

static const struct {
	const char *name;
	int (*main)(int, char **);
} programs[] = {
#define PROGRAM(folder, name) {#folder "/" #name, diff_##folder##_##name},
#include "programs.inc"
#undef PROGRAM
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		if (argc == 2 && !strcmp(argv[1], programs[i].name))
			return programs[i].main(argc - 1, argv + 1);
		if (argc == 2 && !strcmp(argv[1], "--list"))
			puts(programs[i].name);
	}
	if (argc == 2 && !strcmp(argv[1], "--list"))
		return 0;
	fprintf(stderr, "usage: diff NAME | --list\n");
	return 2;
}
