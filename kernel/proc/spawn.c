/* User processes started from inside the kernel: by the shell, through the same exec as
 * everybody's. */
#include "arch/cpu.h"
#include "dev/tty.h"
#include "fs/vfs.h"
#include "mm/heap.h"
#include "mm/space.h"
#include "proc/internal.h"
#include "ptrace/ptrace.h"

/* On the spawner's stack until `done`. */
struct spawn {
	const struct spawn_args *args;
	struct wait_queue wq;
	int result;
	bool done;
};

static void finish(struct spawn *s, int result)
{
	irqflags_t flags = spin_lock(&task_lock); /* the spawner's stack stays until we let go */

	if (!result)
		current->process->exit_signal = SIGCHLD; /* from now on a child to wait for */
	s->result = result;
	s->done = true;
	wait_wake_all(&s->wq);
	spin_unlock(&task_lock, flags);
}

static int install_stdio(const struct spawn_args *a)
{
	for (int i = 0; i < 3; i++) {
		struct file *f = a->stdio[i];
		int fd;

		if (f)
			file_get(f);
		else
			f = do_open(AT_FDCWD, "/dev/null", O_RDWR, 0);
		if (IS_ERR(f))
			return PTR_ERR(f);
		fd = fd_install(f, 0, i);
		if (fd < 0)
			return fd;
	}
	return 0;
}

static void take_terminal(struct tty *tty)
{
	irqflags_t flags = spin_lock(&task_lock);

	tty_set_controlling(tty, current->process);
	spin_unlock(&task_lock, flags);
}

static int set_family(const struct spawn_args *a)
{
	if (a->new_session) {
		int sid = do_setsid();

		if (sid < 0)
			return sid;
		if (a->tty)
			take_terminal(a->tty);
		return 0;
	}
	return a->pgid < 0 ? 0 : do_setpgid(0, a->pgid);
}

static int become(const struct spawn_args *a)
{
	struct string_vec argv = {.kernel = a->argv}, envp = {.kernel = a->envp};
	int err = set_family(a);

	if (!err && a->cwd)
		err = do_chdir(a->cwd);
	if (!err)
		err = install_stdio(a);
	return err ? err : do_execve(AT_FDCWD, a->path, &argv, &envp, 0);
}

static void stop_before_start(void)
{
	irqflags_t flags = spin_lock(&task_lock);

	signal_start_group_stop(current->process, SIGSTOP);
	spin_unlock(&task_lock, flags);
}

static void spawn_start(void *arg)
{
	struct spawn *s = arg;
	bool stopped = s->args->stopped;
	int err = become(s->args);

	if (!err && s->args->traced)
		err = ptrace_begin(s->args->trace_options);
	if (!err && stopped)
		stop_before_start();
	finish(s, err);
	if (err)
		thread_exit(127 << 8); /* nobody's child: reaps itself */
	arch_enter_user();
}

static struct thread *make_child(struct spawn *s, struct pid **pid, int *err)
{
	struct process *p = process_create(current->process);
	struct thread *t = NULL;

	*err = -ENOMEM;
	*pid = p ? pid_alloc(err) : NULL;
	if (*pid)
		p->actions = actions_create(NULL);
	if (*pid && p->actions)
		t = thread_create(p, *pid);
	if (t) {
		t->cred = cred_get(s->args->cred ? s->args->cred : &cred_root);
		t->files = files_create();
		t->fs = fs_context_create(current->fs);
		memcpy(t->comm, current->comm, sizeof(t->comm));
	}
	if (t && t->files && t->fs)
		return t;
	if (t)
		thread_free_unstarted(t);
	if (*pid)
		pid_discard(*pid);
	if (p)
		process_free_unstarted(p);
	return NULL;
}

int process_spawn(const struct spawn_args *a)
{
	struct spawn s = {.args = a};
	struct pid *pid;
	struct thread *t;
	irqflags_t flags;
	int err, nr;

	wait_queue_init(&s.wq);
	t = make_child(&s, &pid, &err);
	if (!t)
		return err;
	nr = pid->nr;
	arch_thread_init(t, spawn_start, &s);
	flags = spin_lock(&task_lock);
	t->process->parent_thread = current;
	t->process->exit_signal = -1;
	process_publish(t->process, t, pid);
	spin_unlock(&task_lock, flags);
	process_put(t->process);
	sched_start(t);
	wait_event(&s.wq, s.done, SCHED_SLEEP, NS_NEVER, "spawn");
	flags = spin_lock(&task_lock); /* the waker has let go of `s` */
	spin_unlock(&task_lock, flags);
	return s.result ? s.result : nr;
}
