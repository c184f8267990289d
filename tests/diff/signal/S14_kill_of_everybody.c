/* kill(-1): all but init and the caller, as far as permitted. */
#include "observe.h"

static int as_user(void)
{
	MUST(setresuid(4322, 4322, 4322) == 0);
	SAY_CALL(kill(-1, 0));
	pid_t own = child(pause_forever);
	until_state(own, 'S');
	SAY_CALL(kill(-1, SIGUSR1));
	say_status("own child", wait_for(own));
	SAY_CALL(kill(-1, SIGTERM));
	SAY_CALL(kill(-1, 65));
	return 0;
}

int main(void)
{
	say_status("child", wait_for(child(as_user)));
	return 0;
}
