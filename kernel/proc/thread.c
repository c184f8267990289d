/* Making and unmaking the objects: processes, threads, their reference counts. */
#include "abi/prctl.h"
#include "fs/vfs.h"
#include "ipc/ipc.h"
#include "mm/heap.h"
#include "printk.h"
#include "proc/internal.h"
#include "ptrace/ptrace.h"

uint64_t tasks_created;

void process_get(struct process *p)
{
	ref_get(&p->refs);
}

void process_put(struct process *p)
{
	if (!p || !ref_put(&p->refs))
		return;
	actions_put(p->actions);
	pid_put(p->pid);
	pid_put(p->pgrp);
	pid_put(p->session);
	pid_put(p->allowed_tracer);
	kfree(p);
}

void thread_get(struct thread *t)
{
	ref_get(&t->refs);
}

void thread_put(struct thread *t)
{
	if (!t || !ref_put(&t->refs))
		return;
	kstack_free(t->stack);
	cred_put(t->cred);
	pid_put(t->tid);
	process_put(t->process);
	kfree(t);
}

static void real_timer_expired(struct timer *timer)
{
	struct process *p = container_of(timer, struct process, real_timer);

	itimer_real_expired(p);
}

struct process *process_create(struct process *parent)
{
	struct process *p = kzalloc(sizeof(*p));

	if (!p)
		return NULL;
	ref_init(&p->refs);
	list_init(&p->all_link);
	list_init(&p->children);
	list_init(&p->sibling_link);
	list_init(&p->threads);
	list_init(&p->pgrp_link);
	list_init(&p->session_link);
	pending_init(&p->pending);
	wait_queue_init(&p->signal_wait);
	wait_queue_init(&p->child_event);
	wait_queue_init(&p->thread_exit);
	wait_queue_init(&p->cred_guard_free);
	timer_init(&p->real_timer, real_timer_expired);
	cpu_timers_init(p);
	list_init(&p->posix_timers);
	p->parent = parent;
	p->start_time = time_now();
	p->exit_signal = SIGCHLD;
	p->login_uid = parent ? parent->login_uid : UINT32_MAX;
	p->login_session = parent ? parent->login_session : UINT32_MAX;
	p->coredump_filter = parent ? parent->coredump_filter : COREDUMP_FILTER_DEFAULT;
	if (!parent) {
		rlimits_default(p->rlimits);
		return p;
	}
	memcpy(p->rlimits, parent->rlimits, sizeof(p->rlimits));
	p->personality = parent->personality;
	p->oom_score_adj = parent->oom_score_adj;
	p->oom_score_adj_min = parent->oom_score_adj_min;
	return p;
}

struct thread *thread_create(struct process *p, struct pid *tid)
{
	struct thread *t = kzalloc(sizeof(*t));

	if (!t)
		return NULL;
	t->stack = kstack_alloc();
	if (!t->stack) {
		kfree(t);
		return NULL;
	}
	ref_init(&t->refs);
	list_init(&t->process_link);
	list_init(&t->pi_sleepers);
	list_init(&t->tracees);
	pending_init(&t->pending);
	t->altstack.flags = SS_DISABLE;
	t->sched.affinity = UINT64_MAX;
	t->syscall_number = -1;
	t->wishes.timer_slack = t->wishes.default_slack = 50000;
	t->wishes.memory_failure = PR_MCE_KILL_DEFAULT;
	t->start_time = time_now();
	t->process = p;
	t->tid = tid;
	if (p)
		process_get(p);
	if (tid)
		pid_get(tid);
	return t;
}

void thread_free_unstarted(struct thread *t)
{
	ptrace_fork_abort(t);
	thread_drop_resources(t);
	thread_put(t);
}

/* Undoes process_create for a process that nobody has seen. */
void process_free_unstarted(struct process *p)
{
	process_put(p);
}

void thread_drop_resources(struct thread *t)
{
	struct space *space = t->space;
	struct files *files = t->files;
	struct fs_context *fs = t->fs;
	irqflags_t flags;

	sem_undo_exit(t);
	flags = spin_lock(&task_lock);
	if (space && t->process)
		process_note_peak(t->process, space);
	t->space = NULL;
	t->files = NULL;
	t->fs = NULL;
	spin_unlock(&task_lock, flags);
	seccomp_exit(t);
	if (files)
		files_put(files);
	if (fs)
		fs_context_put(fs);
	if (space) {
		if (t == current)
			space_switch(NULL);
		space_put(space);
	}
}

int thread_unshare_files(struct thread *t)
{
	struct files *own, *shared = t->files;
	irqflags_t flags;
	int err;

	if (__atomic_load_n(&shared->refs.n, __ATOMIC_ACQUIRE) == 1)
		return 0;
	err = files_copy(shared, &own);
	if (err)
		return err;
	flags = spin_lock(&task_lock);
	t->files = own;
	spin_unlock(&task_lock, flags);
	files_put(shared);
	return 0;
}

int thread_unshare_fs(struct thread *t)
{
	struct fs_context *own, *shared = t->fs;
	irqflags_t flags;

	if (__atomic_load_n(&shared->refs.n, __ATOMIC_ACQUIRE) == 1)
		return 0;
	own = fs_context_create(shared);
	if (!own)
		return -ENOMEM;
	flags = spin_lock(&task_lock);
	t->fs = own;
	spin_unlock(&task_lock, flags);
	fs_context_put(shared);
	return 0;
}

void thread_publish(struct thread *t)
{
	struct process *p = t->process;

	ASSERT_HELD(&task_lock);
	t->tid->thread = t;
	list_append(&p->threads, &t->process_link);
	p->thread_count++;
	p->live_count++;
	tasks_created++;
	t->cpu_watch = cpu_timers_any(p); /* time passes faster with it */
	thread_get(t);                    /* the list's */
}

void process_publish(struct process *p, struct thread *leader, struct pid *pid)
{
	struct process *parent = p->parent;

	ASSERT_HELD(&task_lock);
	p->pid = pid;
	p->leader = leader;
	pid->process = p;
	thread_publish(leader);
	list_append(&all_processes, &p->all_link);
	process_get(p); /* the table's, until reaped */
	if (!parent)
		return;
	list_append(&parent->children, &p->sibling_link);
	p->has_child_subreaper = parent->has_child_subreaper || parent->child_subreaper;
	process_set_pgrp(p, parent->pgrp);
	process_set_session(p, parent->session);
	p->tty = parent->tty;
}

/* --- kernel processes and idle threads --- */

static struct thread *kernel_thread_create(struct process *p, struct pid *pid, const char *comm)
{
	struct thread *t = thread_create(p, pid);

	if (!t)
		return NULL;
	t->kernel = true;
	t->cred = cred_get(&cred_root);
	fmt_string(t->comm, sizeof(t->comm), "%s", comm);
	t->files = files_create();
	t->fs = fs_context_create(current->fs);
	if (t->files && t->fs)
		return t;
	thread_free_unstarted(t);
	return NULL;
}

/* Its own session and group from the start: kernel processes have no terminal. */
static void publish_kernel(struct process *p, struct thread *t, struct pid *pid)
{
	irqflags_t flags = spin_lock(&task_lock);

	p->unkillable = true;
	process_publish(p, t, pid);
	process_set_pgrp(p, pid);
	process_set_session(p, pid);
	p->tty = NULL;
	spin_unlock(&task_lock, flags);
}

struct thread *kernel_process_create(const char *comm, void (*fn)(void *), void *arg)
{
	int err = -ENOMEM;
	struct process *p = process_create(current->process);
	struct pid *pid = p ? pid_alloc(&err) : NULL;
	struct thread *t = NULL;

	if (pid)
		p->actions = actions_create(NULL);
	if (pid && p->actions)
		t = kernel_thread_create(p, pid, comm);
	if (!t) {
		if (pid)
			pid_discard(pid);
		if (p)
			process_free_unstarted(p);
		return ERR_PTR(err);
	}
	p->parent_thread = current->process ? current : NULL;
	arch_thread_init(t, fn, arg);
	publish_kernel(p, t, pid);
	process_put(p); /* ours; thread and table have theirs */
	return t;
}

struct thread *thread_create_idle(unsigned cpu)
{
	struct thread *t = thread_create(NULL, NULL);

	if (!t)
		return NULL;
	t->kernel = true;
	t->cred = cred_get(&cred_root);
	t->sched.cpu = (int)cpu;
	fmt_string(t->comm, sizeof(t->comm), "idle/%u", cpu);
	return t;
}

char thread_state_letter(const struct thread *t)
{
	ASSERT_HELD(&task_lock);
	if (t->park == DEAD)
		return t->process && (t->process->leader == t || t->trace) ? 'Z' : 'X';
	if (t->park == JOB_STOP)
		return 'T';
	if (t->park == TRACE_STOP)
		return 't';
	switch (t->sched.state) {
	case SCHED_SLEEP:
	case SCHED_SLEEP_KILL:
		return 'D';
	case SCHED_SLEEP_INTR:
		return 'S';
	default:
		return t->process ? 'R' : 'I';
	}
}
