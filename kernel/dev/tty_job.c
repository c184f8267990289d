/* Terminals and job control: controlling terminals, foreground groups, hang-up (credentials(7),
 * tty_ioctl(4)). */
#include "abi/fs.h"
#include "dev/ldisc.h"
#include "proc/process.h"
#include "syscall/syscall.h"

static struct siginfo kernel_info(int sig)
{
	return (struct siginfo){.si_signo = sig, .si_code = SI_KERNEL};
}

/* (task_lock) */
static void send_group(struct pid *pgrp, int sig)
{
	struct siginfo info = kernel_info(sig);
	if (pgrp)
		signal_send_group(pgrp, &info);
}

void tty_signal_foreground(struct tty *t, int sig)
{
	irqflags_t flags = spin_lock(&task_lock);
	send_group(t->foreground, sig);
	spin_unlock(&task_lock, flags);
}

static bool is_leader(const struct process *p)
{
	return p->session == p->pid;
}

/* --- may the current process touch it? --- */

static bool ignores(const struct thread *th, int sig)
{
	return th->blocked & SIG_BIT(sig) || th->process->actions->action[sig].handler == SIG_IGN;
}

/* (task_lock) */
static int check_background(struct tty *t, int sig)
{
	struct process *p = current->process;

	if (p->tty != t || !t->foreground || p->pgrp == t->foreground)
		return 0;
	if (ignores(current, sig))
		return sig == SIGTTIN ? -EIO : 0;
	if (pgrp_orphaned(p->pgrp, NULL))
		return -EIO;
	send_group(p->pgrp, sig);
	/* The group may have been told before: this thread must pass through delivery all the same.
	 */
	__atomic_fetch_or(&current->work, WORK_SIGNAL, __ATOMIC_SEQ_CST);
	return -ERESTARTSYS;
}

int tty_check_change(struct tty *t, int sig)
{
	irqflags_t flags = spin_lock(&task_lock);
	int r = check_background(t, sig);
	spin_unlock(&task_lock, flags);
	return r;
}

/* --- taking and leaving (task_lock) --- */

/* The foreground group of the terminal that a session leader lost: it is told when the leader goes.
 */
static void remember_foreground(struct process *leader, struct pid *foreground)
{
	if (foreground)
		pid_get(foreground);
	if (leader->lost_foreground)
		pid_put(leader->lost_foreground);
	leader->lost_foreground = foreground;
}

/* No process of its session has it any more. */
static void release_session(struct tty *t)
{
	struct pid *session = t->session;
	struct process *p;

	if (!session)
		return;
	list_for_each (p, &session->session, session_link)
		if (p->tty == t)
			p->tty = NULL;
	t->session = NULL;
	if (t->foreground)
		pid_put(t->foreground);
	t->foreground = NULL;
	pid_put(session);
	tty_put(t);
}

void tty_set_controlling(struct tty *t, struct process *leader)
{
	ASSERT_HELD(&task_lock);
	release_session(t);
	remember_foreground(leader, NULL);
	pid_get(leader->session);
	pid_get(leader->pgrp);
	tty_get(t);
	t->session = leader->session;
	t->foreground = leader->pgrp;
	leader->tty = t;
}

struct tty *tty_controlling(void)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct tty *t = current->process->tty;
	if (t)
		tty_get(t);
	spin_unlock(&task_lock, flags);
	return t;
}

bool tty_is_controlling(const struct tty *t)
{
	irqflags_t flags = spin_lock(&task_lock);
	bool yes = current->process->tty == t;
	spin_unlock(&task_lock, flags);
	return yes;
}

void tty_open_controlling(struct tty *t)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = current->process;
	if (is_leader(p) && !p->tty && !t->session)
		tty_set_controlling(t, p);
	spin_unlock(&task_lock, flags);
}

/* (task_lock) */
static int may_take(struct tty *t, const struct file *f, bool steal)
{
	struct process *p = current->process;

	if (!is_leader(p) || p->tty)
		return -EPERM;
	if (t->session && !(steal && capable(CAP_SYS_ADMIN)))
		return -EPERM;
	if ((f->flags & O_ACCMODE) == O_WRONLY && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return 0;
}

int tty_take_controlling(struct tty *t, const struct file *f, bool steal)
{
	int r = 0;

	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = current->process;
	if (!is_leader(p) || p->session != t->session) {
		r = may_take(t, f, steal);
		if (!r)
			tty_set_controlling(t, p);
	}
	spin_unlock(&task_lock, flags);
	return r;
}

/* TIOCNOTTY: a leader frees the terminal of its whole session, another process only itself. */
int tty_give_up(struct tty *t)
{
	int r = 0;

	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = current->process;
	if (p->tty != t) {
		r = -ENOTTY;
	} else if (is_leader(p)) {
		send_group(t->foreground, SIGHUP);
		send_group(t->foreground, SIGCONT);
		release_session(t);
	} else {
		p->tty = NULL;
	}
	spin_unlock(&task_lock, flags);
	return r;
}

/* --- ids --- */

int tty_get_pgrp(struct tty *t, bool controlling, int *pgrp)
{
	irqflags_t flags = spin_lock(&task_lock);
	int r = controlling && current->process->tty != t ? -ENOTTY : 0;
	*pgrp = t->foreground ? t->foreground->nr : 0;
	spin_unlock(&task_lock, flags);
	return r;
}

/* (task_lock) */
static int set_foreground(struct tty *t, int nr)
{
	const struct process *p = current->process;

	if (p->tty != t || t->session != p->session)
		return -ENOTTY;
	struct pid *pgrp = pid_find(nr);
	if (!pgrp)
		return -ESRCH;
	/* Of no group, but the number of a process: that one's session decides. */
	const struct process *member = list_empty(&pgrp->members)
					   ? pgrp->process
					   : list_first(&pgrp->members, struct process, pgrp_link);
	if (!member || member->session != p->session)
		return -EPERM;
	pid_get(pgrp);
	if (t->foreground)
		pid_put(t->foreground);
	t->foreground = pgrp;
	return 0;
}

int tty_set_pgrp(struct tty *t, int nr)
{
	if (nr < 0)
		return -EINVAL;
	irqflags_t flags = spin_lock(&task_lock);
	int r = set_foreground(t, nr);
	spin_unlock(&task_lock, flags);
	return r;
}

int tty_get_sid(struct tty *t, bool controlling, int *sid)
{
	irqflags_t flags = spin_lock(&task_lock);
	bool mine = !controlling || current->process->tty == t;
	int r = mine && t->session ? 0 : -ENOTTY;
	*sid = t->session ? t->session->nr : 0;
	spin_unlock(&task_lock, flags);
	return r;
}

/* --- hang-up --- */

/* The session leader gets SIGHUP and SIGCONT; with `to_foreground`, the foreground group SIGHUP. */
static void hang_up_session(struct tty *t, bool to_foreground)
{
	struct process *p;

	irqflags_t flags = spin_lock(&task_lock);
	if (t->session) {
		list_for_each (p, &t->session->session, session_link) {
			if (!is_leader(p))
				continue;
			struct siginfo hup = kernel_info(SIGHUP), cont = kernel_info(SIGCONT);
			signal_send(p->leader, &hup, TO_PROCESS);
			signal_send(p->leader, &cont, TO_PROCESS);
			remember_foreground(p, t->foreground);
		}
	}
	if (to_foreground)
		send_group(t->foreground, SIGHUP);
	release_session(t);
	spin_unlock(&task_lock, flags);
}

static void hang_up(struct tty *t, bool to_foreground)
{
	tty_console_forget(t);
	irqflags_t flags = spin_lock(&t->lock);
	__atomic_fetch_add(&t->hangups, 1, __ATOMIC_RELEASE);
	ldisc_reset_input(t);
	t->stopped = t->off = false;
	if (t->driver->pty)
		t->termios = t->driver->fresh;
	ldisc_kick(t);
	spin_unlock(&t->lock, flags);
	hang_up_session(t, to_foreground);
	wait_wake_events(&t->read_wait, POLLIN | POLLHUP);
	wait_wake_events(&t->write_wait, POLLOUT | POLLHUP);
}

void tty_hangup(struct tty *t)
{
	hang_up(t, false);
}

/* (task_lock) A pty goes on without its session. */
static void leave_pty(struct tty *t)
{
	send_group(t->foreground, SIGHUP);
	release_session(t);
}

/* (task_lock) Its terminal was hung up before: who had been in the foreground hears of it now. */
static void tell_lost_foreground(struct process *leader)
{
	if (!leader->tty && leader->lost_foreground) {
		send_group(leader->lost_foreground, SIGHUP);
		send_group(leader->lost_foreground, SIGCONT);
	}
}

void tty_session_leader_exit(struct process *leader)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct tty *t = leader->tty;
	if (t)
		tty_get(t);
	tell_lost_foreground(leader);
	if (t && t->driver->pty)
		leave_pty(t);
	spin_unlock(&task_lock, flags);
	if (t && !t->driver->pty)
		hang_up(t, true);
	flags = spin_lock(&task_lock);
	remember_foreground(leader, NULL);
	spin_unlock(&task_lock, flags);
	if (t)
		tty_put(t);
}

/* vhangup(2) */
int tty_hangup_own(void)
{
	if (!capable(CAP_SYS_TTY_CONFIG))
		return -EPERM;
	struct tty *t = tty_controlling();
	if (!t)
		return 0;
	tty_hangup(t);
	tty_put(t);
	return 0;
}

/* The last file of it was closed: its session, if any, has no terminal any more. */
void tty_last_close(struct tty *t)
{
	irqflags_t flags = spin_lock(&task_lock);
	release_session(t);
	spin_unlock(&task_lock, flags);
}

SYSCALL(vhangup)
{
	return tty_hangup_own();
}
