/* Each thread's wait looks at the children it made itself before those of other threads; with
 * __WNOTHREAD at no others; a thread that ends leaves its own to another. */
#include "observe.h"

static pid_t first, second, maker;
static struct gate go, done;

static int leave(void)
{
	return 0;
}

static void say_waited(const char *who, int options)
{
	errno = 0;
	pid_t pid = waitpid(-1, NULL, options);
	say("%s: %s", who,
	    pid == first    ? "the first"
	    : pid == second ? "the second"
			    : result_name(pid));
}

static void *other(void *arg UNUSED)
{
	maker = gettid();
	second = child(leave);
	until_state(second, 'Z');
	say_waited("the second's maker", 0);
	say_waited("the second's maker, own children only", __WNOTHREAD);
	open_gate(&done);
	pass_gate(&go);
	second = child(leave);
	until_state(second, 'Z');
	return NULL;
}

int main(void)
{
	pthread_t t;

	go = new_gate();
	done = new_gate();
	first = child(leave);
	until_state(first, 'Z');
	MUST(pthread_create(&t, NULL, other, NULL) == 0);
	pass_gate(&done);
	say_waited("main", 0);
	open_gate(&go);
	pthread_join(t, NULL);
	until_state(maker, 'X'); /* it is joined before it leaves its children */
	say_waited("main, of a thread that ended, own children only", __WNOTHREAD);
	say_waited("main", 0);
	return 0;
}
