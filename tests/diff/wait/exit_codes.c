#include "observe.h"

static int code;

static int gives(void)
{
	return code;
}
static void *thread_exit_group(void *arg UNUSED)
{
	_exit(31);
}

static int by_thread(void)
{
	pthread_t t;
	pthread_create(&t, NULL, thread_exit_group, NULL);
	return pause_forever();
}

int main(void)
{
	static const int codes[] = {0, 1, 127, 128, 255, 256, 257, -1, 0x7fffffff};
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		char name[32];
		code = codes[i];
		snprintf(name, sizeof(name), "_exit(%d)", code);
		say_status(name, wait_for(child(gives)));
	}
	say_status("exit_group by a thread", wait_for(child(by_thread)));
	return 0;
}
