/* wait(-1) gives them in the order of their birth. */
#include "observe.h"

static int number;
static int gives(void)
{
	return number;
}

int main(void)
{
	pid_t pids[5];
	for (number = 0; number < 5; number++)
		pids[number] = child(gives);
	for (int i = 4; i >= 0; i--)
		until_state(pids[i], 'Z');
	for (int i = 0; i < 5; i++) {
		int status;
		wait(&status);
		say_status("next", status);
	}
	SAY_CALL(wait(NULL));
	return 0;
}
