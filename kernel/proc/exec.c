/* execve(2): a new image for the current process. Nothing is lost until everything that can fail
 * has been done. */
#include "proc/exec.h"
#include "abi/fs.h"
#include "abi/personality.h"
#include "fs/vfs.h"
#include "mm/heap.h"
#include "mm/space.h"
#include "printk.h"
#include "proc/posix_timer.h"
#include "proc/vdso.h"
#include "ptrace/ptrace.h"
#include "trace.h"

#define SECURE_STACK (8UL << 20) /* the most that a caller gives a program with other rights */

struct file *exec_open(int dirfd, const char *path, unsigned lookup)
{
	struct path at;
	struct inode *i;
	struct file *f;
	int err = path_lookup(dirfd, path, lookup, &at);

	if (err)
		return ERR_PTR(err);
	i = at.dentry->inode;
	if (!S_ISREG(i->mode))
		err = S_ISLNK(i->mode) ? -ELOOP : -EACCES;
	else if (mount_has(at.mount, MS_NOEXEC))
		err = -EACCES;
	else
		err = inode_permission(i, MAY_EXEC);
	f = err ? ERR_PTR(err) : file_open_exec(&at);
	path_put(&at);
	return f;
}

int exec_open_program(struct exec *e, int dirfd, const char *path, unsigned lookup)
{
	uint64_t pos = 0;
	int64_t n;

	e->file = exec_open(dirfd, path, lookup);
	if (IS_ERR(e->file)) {
		int err = PTR_ERR(e->file);

		e->file = NULL;
		return err;
	}
	memset(e->head, 0, sizeof(e->head));
	n = file_read(e->file, e->head, sizeof(e->head), &pos);
	if (n < 0)
		return (int)n;
	e->head_len = (size_t)n;
	return 0;
}

/* --- the new space --- */

#define STACK_ROOM (128 * 1024UL) /* below the strings, from the start */

/* Strings, the program's name and 8 zero bytes, and room below them as far as the limit allows. */
static uint64_t stack_size(const struct exec *e)
{
	uint64_t strings = ALIGN_UP(e->strings.len + strlen(e->execfn) + 1 + 8, PAGE_SIZE);
	uint64_t limit = ALIGN_DOWN(rlimit_get(RLIMIT_STACK), PAGE_SIZE);

	return MAX(strings, MIN(limit, strings + STACK_ROOM));
}

static int map_stack(struct space *s, uint64_t size, bool exec)
{
	struct map_request r = {
	    .addr = s->stack_top - size,
	    .len = size,
	    .flags = AREA_READ | AREA_WRITE | AREA_GROWSDOWN | AREA_STACK | (exec ? AREA_EXEC : 0),
	    .fixed = true,
	    .name = "[stack]",
	};
	int64_t at = space_map(s, &r);

	return at < 0 ? (int)at : 0;
}

/* Programs of System V find a page at 0; who has not the right to one goes without. */
static void map_page_zero(struct space *s)
{
	struct map_request r = {.len = PAGE_SIZE, .flags = AREA_READ | AREA_EXEC, .fixed = true};

	(void)!space_map(s, &r);
}

/* May others look into the program? Not if its user may not read it, or if its credentials differ
 * from those that it is started with. */
static int dumpable_of(const struct exec *e)
{
	const struct cred *old = current->cred, *new = e->cred.cred;
	bool same = old->uid == old->euid && old->gid == old->egid && old->euid == new->euid &&
		    old->egid == new->egid && old->fsuid == new->fsuid &&
		    old->fsgid == new->fsgid && !(new->cap_permitted & ~old->cap_permitted);

	return same && !inode_permission(e->file->inode, MAY_READ) ? DUMP_USER : suid_dumpable;
}

static int build_space(struct exec *e)
{
	struct space *s = space_create();
	int err;

	if (!s)
		return -ENOMEM;
	e->space = s;
	if (e->cred.clean_personality) /* what could be used against its rights */
		current->process->personality &= ~(uint32_t)PER_CLEAR_ON_SETID;
	space_layout_init(s);
	err = elf_load(s, e->file, e->head, e->head_len, &e->image, &e->fatal);
	if (!err)
		err = map_stack(s, stack_size(e), e->image.exec_stack);
	if (!err)
		err = space_map_vdso(s);
	if (!err)
		err = exec_build_stack(
		    s, &e->strings, &e->image, e->execfn, e->cred.cred, e->cred.secure, &e->sp);
	if (err)
		return err;
	s->brk_start = s->brk = space_layout_brk(s, s->brk_start);
	if (current->process->personality & MMAP_PAGE_ZERO)
		map_page_zero(s);
	s->dumpable = dumpable_of(e);
	s->policy = current->space ? space_policy_inherited(current->space) : 0;
	file_get(e->file);
	s->exe = e->file;
	return 0;
}

/* --- the point of no return --- */

/* Ends every other thread and waits for them; then takes the leader's id (execve(2), "effect on
 * threads"). */
static int become_only_thread(struct thread *t)
{
	struct process *p = t->process;
	struct thread *other;
	irqflags_t flags = spin_lock(&task_lock);
	int err = 0;

	if (p->group_exit || p->execing) {
		spin_unlock(&task_lock, flags);
		return -EAGAIN; /* another thread was first (R16); this one dies on its way out */
	}
	p->execing = t;
	p->exec_stop = p->phase == STOPPING ? p->stop_signal : 0;
	list_for_each (other, &p->threads, process_link) {
		other->stop_wanted = other->stop_counted = false;
		if (other == t || other->exiting)
			continue;
		other->pending.set |= SIG_BIT(SIGKILL);
		signal_kick_fatal(other);
	}
	if (p->phase == STOPPING)
		p->phase = LIVE; /* if STOPPED, our tracer has let us run */
	spin_unlock(&task_lock, flags);
	if (p->thread_count > 1)
		err = wait_event(
		    &p->thread_exit, p->thread_count == 1, SCHED_SLEEP_KILL, NS_NEVER, "exec");
	flags = spin_lock(&task_lock);
	if (err || p->group_exit)
		err = -EAGAIN; /* R17 */
	else if (p->leader != t)
		thread_take_leader_id(t);
	p->execing = NULL;
	if (!err && p->exec_stop && p->phase == LIVE)
		signal_start_group_stop(p, p->exec_stop); /* what was under way goes on with us */
	p->exec_stop = 0;
	spin_unlock(&task_lock, flags);
	return err;
}

static void install_process_state(struct thread *t, const struct exec *e)
{
	struct process *p = t->process;
	irqflags_t flags = spin_lock(&task_lock);

	p->did_exec = true;
	p->execs++;
	p->exit_signal = p->exit_signal < 0 ? p->exit_signal : SIGCHLD;
	memcpy(t->comm, e->comm, sizeof(t->comm));
	p->personality &= ~(uint32_t)PER_MASK; /* an ordinary Linux again */
	if (e->cred.secure) {
		t->pdeath_signal = 0;
		p->rlimits[RLIMIT_STACK].cur = MIN(p->rlimits[RLIMIT_STACK].cur, SECURE_STACK);
	}
	spin_unlock(&task_lock, flags);
	t->altstack = (struct altstack){.flags = SS_DISABLE};
	__atomic_fetch_and(&t->syscall_work, ~(uint32_t)SYSCALL_USER_DISPATCH, __ATOMIC_RELAXED);
	t->clear_child_tid = t->set_child_tid = 0;
	t->robust_list = 0;
	t->restart.fn = NULL;
	t->kernel = false;
}

static int unshare_actions(struct process *p)
{
	struct actions *own, *shared = p->actions;
	irqflags_t flags;

	if (__atomic_load_n(&shared->refs.n, __ATOMIC_ACQUIRE) == 1)
		return 0;
	own = actions_create(shared);
	if (!own)
		return -ENOMEM;
	flags = spin_lock(&task_lock);
	p->actions = own;
	spin_unlock(&task_lock, flags);
	actions_put(shared);
	return 0;
}

static void install_space(struct thread *t, struct exec *e)
{
	struct space *old = t->space;
	irqflags_t flags = spin_lock(&task_lock);

	t->space = e->space;
	spin_unlock(&task_lock, flags);
	space_switch(e->space);
	e->space = NULL;
	if (old)
		space_put(old);
	vfork_release(t);
}

static int commit(struct thread *t, struct exec *e)
{
	int err = thread_unshare_files(t);

	if (!err)
		err = unshare_actions(t->process);
	if (!err)
		err = become_only_thread(t);
	if (err)
		return err;
	sched_point("exec.commit", t);
	thread_release_futexes(t);
	install_space(t, e);
	cred_install(e->cred.cred);
	e->cred.cred = NULL;
	posix_timers_delete_all(t->process);
	signal_flush_timers(t);
	install_process_state(t, e);
	actions_exec_reset(t->process->actions);
	files_exec(t->files);
	arch_exec_frame(t, e->image.entry, e->sp);
	trace_record(TRACE_EXEC, (uint64_t)t->tid->nr, 0, 0, 0, 0);
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Where the path is relative to a descriptor, the program knows itself by way of that. */
static int name_program(struct exec *e, int dirfd, const char *path)
{
	size_t size = strlen(path) + sizeof("/dev/fd/-2147483648/");

	e->execfn = kmalloc(size);
	if (!e->execfn)
		return -ENOMEM;
	fmt_string(e->comm, sizeof(e->comm), "%s", base_name(path));
	if (dirfd == AT_FDCWD || path[0] == '/') {
		fmt_string(e->execfn, size, "%s", path);
	} else {
		fmt_string(e->execfn, size, "/dev/fd/%d%s%s", dirfd, path[0] ? "/" : "", path);
		e->inaccessible = fd_is_cloexec(dirfd);
	}
	e->path = kstrdup(e->execfn);
	return e->path ? 0 : -ENOMEM;
}

static int prepare(struct exec *e, int dirfd, const char *path, int flags,
    const struct string_vec *argv, const struct string_vec *envp)
{
	int err = name_program(e, dirfd, path);

	if (err)
		return err;
	err = exec_open_program(e, dirfd, path,
	    (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0) |
		(flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW));
	if (!err && !path[0])
		dentry_copy_name(e->file->path.dentry, e->comm, sizeof(e->comm));
	if (!err)
		err = exec_strings_collect(&e->strings, argv, envp);
	if (!err)
		err = exec_resolve_scripts(e);
	if (!err)
		err = exec_cred_prepare(&e->cred, e->file);
	return err ? err : build_space(e);
}

/* One exec at a time in a process, and no tracer comes while its credentials are worked out. 0 or
 * -ERESTARTNOINTR. */
static int guard_take(struct process *p)
{
	for (;;) {
		irqflags_t flags = spin_lock(&task_lock);
		bool taken = p->cred_guard;
		if (!taken)
			p->cred_guard = current;
		spin_unlock(&task_lock, flags);
		if (!taken)
			return 0;
		if (wait_event(
			&p->cred_guard_free, !p->cred_guard, SCHED_SLEEP_INTR, NS_NEVER, "exec"))
			return -ERESTARTNOINTR;
	}
}

static void guard_give(struct process *p)
{
	irqflags_t flags = spin_lock(&task_lock);

	p->cred_guard = NULL;
	wait_wake_all(&p->cred_guard_free);
	spin_unlock(&task_lock, flags);
}

static int exec_guarded(struct exec *e, int dirfd, const char *path, int flags,
    const struct string_vec *argv, const struct string_vec *envp)
{
	int err = guard_take(current->process);

	if (err)
		return err;
	e->personality = current->process->personality;
	err = prepare(e, dirfd, path, flags, argv, envp);
	if (!err) {
		e->fatal = false;
		err = commit(current, e);
	}
	if (err)
		current->process->personality = e->personality;
	guard_give(current->process);
	return err;
}

int do_execve(int dirfd, const char *path, const struct string_vec *argv,
    const struct string_vec *envp, int flags)
{
	struct exec *e;
	bool fatal;
	int err, old_tid = current->tid->nr;

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	if (current->nproc_exceeded && nproc_reached(current->cred->uid, 1))
		return -EAGAIN;
	current->nproc_exceeded = false;
	e = kzalloc(sizeof(*e));
	if (!e)
		return -ENOMEM;
	err = exec_guarded(e, dirfd, path, flags, argv, envp);
	if (e->file)
		file_put(e->file);
	if (e->space)
		space_put(e->space);
	if (e->cred.cred)
		cred_put(e->cred.cred);
	fatal = err && e->fatal && current->space;
	exec_strings_free(&e->strings);
	kfree(e->path);
	kfree(e->execfn);
	kfree(e);
	if (fatal) /* as in Linux, where the old image is gone by now */
		signal_force_fatal(SIGSEGV);
	if (!err)
		ptrace_exec(old_tid);
	return err;
}
