/* timer_create(2) and its siblings: copy in, check, call, copy out. */
#include "arch/uaccess.h"
#include "proc/posix_timer.h"
#include "syscall/syscall.h"

struct user_sigevent {
	uint64_t value;
	int32_t signo, notify;
	int32_t tid;
	uint8_t pad[44];
};
_Static_assert(sizeof(struct user_sigevent) == 64, "sigevent is 64 bytes");

SYSCALL(timer_create)
{
	struct timer_request r = {
	    .clock = (int)a[0], .notify = SIGEV_SIGNAL, .sig = SIGALRM, .by_default = true};
	struct user_sigevent u;
	int32_t id;
	int err;

	if (a[1]) {
		if (copy_in_obj(&u, a[1]))
			return -EFAULT;
		r = (struct timer_request){.clock = (int)a[0],
		    .notify = u.notify,
		    .sig = u.signo,
		    .to_tid = u.tid,
		    .value = u.value};
	}
	err = posix_timer_create(&r, &id);
	if (err)
		return err;
	if (!copy_out_obj(a[2], &id))
		return 0;
	posix_timer_delete(id);
	return -EFAULT;
}

SYSCALL(timer_settime)
{
	struct linux_itimerspec new, old;
	int err;

	if (!a[2])
		return -EINVAL;
	if (copy_in_obj(&new, a[2]))
		return -EFAULT;
	if (!timespec_valid(&new.interval) || !timespec_valid(&new.value))
		return -EINVAL;
	err = posix_timer_set((int)a[0], a[1] & TIMER_ABSTIME, &new, &old);
	return err ? err : a[3] && copy_out_obj(a[3], &old) ? -EFAULT : 0;
}

SYSCALL(timer_gettime)
{
	struct linux_itimerspec now;
	int err = posix_timer_get((int)a[0], &now);

	return err ? err : copy_out_obj(a[1], &now);
}

SYSCALL(timer_getoverrun)
{
	return posix_timer_overrun((int)a[0]);
}

SYSCALL(timer_delete)
{
	return posix_timer_delete((int)a[0]);
}
