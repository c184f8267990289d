/* A static-pie program: relocates itself, wherever it was put. */
#include <stdint.h>
#include <stdio.h>

static const char *const words[] = {"hello", "from", "static-pie"};

int main(void)
{
	for (int i = 0; i < 3; i++)
		printf("%s%s", words[i], i < 2 ? " " : "\n");
	printf("%s\n", (uintptr_t)main > 0x100000 ? "moved" : "not moved");
	return 0;
}
