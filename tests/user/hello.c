/* The smallest program that says something; tests cut and bend its file. */
#include <stdio.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		printf("%s%s", argv[i], i + 1 < argc ? " " : "");
	if (argc == 1)
		printf("hello, world");
	printf("\n");
	return argc > 5 ? 5 : 0;
}
