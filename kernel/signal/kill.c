/* Sending on behalf of a task: who is meant, who may (kill(2), tgkill(2), rt_sigqueueinfo(2)). */
#include "proc/process.h"
#include "signal/internal.h"

static struct siginfo info_from_current(int sig, int code)
{
	struct siginfo info = {.si_signo = sig, .si_code = code};

	info.rt.pid = current->process->pid->nr;
	info.rt.uid = current->cred->uid;
	return info;
}

int signal_permission(const struct thread *target, int sig)
{
	const struct cred *from = current->cred, *to = target->cred;

	ASSERT_HELD(&task_lock);
	if (target->process == current->process || cred_has_cap(from, CAP_KILL))
		return 0;
	if (from->euid == to->suid || from->euid == to->uid || from->uid == to->suid ||
	    from->uid == to->uid)
		return 0;
	if (sig == SIGCONT && target->process->session == current->process->session)
		return 0;
	return -EPERM; /* S16 */
}

static int send_checked(struct thread *t, const struct siginfo *info, enum signal_scope scope)
{
	int err = signal_permission(t, info->si_signo);

	if (err || !info->si_signo)
		return err;
	return signal_send(t, info, scope);
}

/* To each member of a group: success if one took it (S15). */
static int kill_group(struct pid *pgrp, const struct siginfo *info)
{
	struct process *p;
	bool success = false;
	int err = -ESRCH;

	if (!pgrp)
		return -ESRCH;
	list_for_each (p, &pgrp->members, pgrp_link) {
		int r = send_checked(p->leader, info, TO_PROCESS);

		success |= !r;
		err = r;
	}
	return success ? 0 : err;
}

/* Everybody but init, kernel processes and the caller; a refusal is not told (S14). */
static int kill_all(const struct siginfo *info)
{
	struct process *p;
	int err = 0, count = 0;

	list_for_each (p, &all_processes, all_link) {
		if (p->pid->nr == 1 || p->leader->kernel || p == current->process)
			continue;
		int r = send_checked(p->leader, info, TO_PROCESS);

		count++;
		if (r != -EPERM)
			err = r;
	}
	return count ? err : -ESRCH;
}

static int kill_locked(int pid, const struct siginfo *info)
{
	if (pid > 0) {
		struct process *p = process_find(pid);
		struct thread *t = p ? p->leader : thread_find(pid);

		return t ? send_checked(t, info, TO_PROCESS) : -ESRCH;
	}
	if (pid == -1)
		return kill_all(info);
	return kill_group(pid ? pid_find(-pid) : current->process->pgrp, info);
}

static int kill_info(int pid, const struct siginfo *info)
{
	irqflags_t flags;
	int err;

	if (pid == INT32_MIN)
		return -ESRCH;
	sched_point("signal.send", current);
	flags = spin_lock(&task_lock);
	err = kill_locked(pid, info);
	spin_unlock(&task_lock, flags);
	return err;
}

static bool valid(int sig)
{
	return sig >= 0 && sig < NSIG;
}

/* The number is judged only once a target is found: a reaped pid with a bad number gives ESRCH
 * (S17). */
static int judge_bad_number(int pid)
{
	struct siginfo probe = info_from_current(0, SI_USER);
	int err = kill_info(pid, &probe);

	return err ? err : -EINVAL;
}

int do_kill(int pid, int sig)
{
	struct siginfo info = info_from_current(sig, SI_USER);

	return valid(sig) ? kill_info(pid, &info) : judge_bad_number(pid);
}

static int tgkill_info(int tgid, int tid, const struct siginfo *info)
{
	struct thread *t;
	irqflags_t flags = spin_lock(&task_lock);
	int err = -ESRCH;

	t = thread_find(tid);
	if (t && (tgid <= 0 || t->process->pid->nr == tgid)) {
		err = valid(info->si_signo) ? send_checked(t, info, TO_THREAD) : -EINVAL;
	}
	spin_unlock(&task_lock, flags);
	return err;
}

int do_tgkill(int tgid, int tid, int sig)
{
	struct siginfo info = info_from_current(sig, SI_TKILL);

	if (tid <= 0 || (tgid <= 0 && tgid != -1))
		return -EINVAL;
	return tgkill_info(tgid, tid, &info);
}

/* A siginfo of the caller's own making may not pretend to come from kernel or kill, except to
 * himself (S18). */
static int check_forged(int id, const struct siginfo *info)
{
	bool pretends = info->si_code >= 0 || info->si_code == SI_TKILL;

	return pretends && id != current->tid->nr ? -EPERM : 0;
}

int do_sigqueue(int pid, int sig, const struct siginfo *info)
{
	struct siginfo k = *info;
	int err = check_forged(pid, info);
	irqflags_t flags;
	struct thread *t;

	if (err)
		return err;
	k.si_signo = sig;
	flags = spin_lock(&task_lock);
	t = thread_find(pid); /* any thread of it names a process here */
	err = !t ? -ESRCH : valid(sig) ? send_checked(t, &k, TO_PROCESS) : -EINVAL;
	spin_unlock(&task_lock, flags);
	return err;
}

int do_tgsigqueue(int tgid, int tid, int sig, const struct siginfo *info)
{
	struct siginfo k = *info;
	int err;

	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	err = check_forged(tid, info);
	if (err)
		return err;
	k.si_signo = sig;
	return tgkill_info(tgid, tid, &k);
}

int signal_send_pid(struct pid *pid, int sig, const struct siginfo *info, enum pid_kind kind)
{
	struct siginfo k = info ? *info
				: info_from_current(sig, kind == PID_THREAD ? SI_TKILL : SI_USER);
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = pid->thread;
	int err;

	if (kind == PID_GROUP ? list_empty(&pid->members) : !t)
		err = -ESRCH;
	else if (!valid(sig))
		err = -EINVAL;
	else if (kind == PID_GROUP)
		err = kill_group(pid, &k);
	else
		err = send_checked(t, &k, kind == PID_THREAD ? TO_THREAD : TO_PROCESS);
	spin_unlock(&task_lock, flags);
	return err;
}
