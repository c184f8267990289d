/* The credentials of a new program: set-id bits, file capabilities, the rules for root (execve(2),
 * capabilities(7)). */
#include "abi/fs.h"
#include "fs/vfs.h"
#include "proc/internal.h"
#include "ptrace/ptrace.h"

/* What the file's attribute says. */
struct file_caps {
	bool present;   /* it has some, even if empty */
	bool effective; /* what is permitted is effective at once */
	uint64_t permitted, inheritable;
};

/* Does anybody outside of the process share its directories? */
static bool shares_fs(const struct thread *me)
{
	const struct process *p;
	const struct thread *t;
	bool shared = false;
	irqflags_t flags = spin_lock(&task_lock);

	list_for_each (p, &all_processes, all_link)
		list_for_each (t, &p->threads, process_link)
			shared |= t->fs == me->fs && t->process != me->process;
	spin_unlock(&task_lock, flags);
	return shared;
}

/* Could somebody else make use of rights that this thread gained? */
static bool unsafe(void)
{
	return current->no_new_privs || !ptrace_tracer_capable() || shares_fs(current);
}

static bool apply_set_id(struct cred *c, const struct file *f)
{
	const struct inode *i = f->inode;
	bool uid = i->mode & S_ISUID;
	bool gid = (i->mode & (S_ISGID | 0010)) == (S_ISGID | 0010);

	if (current->no_new_privs || mount_has(f->path.mount, MS_NOSUID))
		return false;
	if (uid)
		c->euid = i->uid;
	if (gid)
		c->egid = i->gid;
	return uid || gid;
}

/* The file's part: P'(permitted) = (P(inheritable) & F(inheritable)) | (F(permitted) &
 * P(bounding)). */
static int apply_file_caps(struct cred *c, const struct file_caps *f)
{
	c->cap_permitted = (f->permitted & c->cap_bounding) | (f->inheritable & c->cap_inheritable);
	/* a program that takes its capabilities for granted must have them all */
	return f->effective && (f->permitted & ~c->cap_permitted) ? -EPERM : 0;
}

/* Root, real or effective, gets all, as if the file had a full set; returns whether it is
 * effective. */
static bool apply_root(struct cred *c, const struct cred *old, const struct file_caps *f)
{
	if (c->securebits & SECURE_NOROOT)
		return false;
	if (f->present && c->uid && !c->euid)
		return false; /* set-user-ID root with file capabilities: those decide */
	if (!c->uid || !c->euid)
		c->cap_permitted = old->cap_bounding | old->cap_inheritable;
	return !c->euid;
}

/* Takes back what would be gained where it must not be. */
static void limit_gain(struct cred *c, const struct cred *old)
{
	if (current->no_new_privs || !capable(CAP_SETUID)) {
		c->euid = c->uid;
		c->egid = c->gid;
	}
	c->cap_permitted &= old->cap_permitted;
}

static int derive(struct exec_cred *e, const struct file *file, const struct file_caps *f)
{
	const struct cred *old = current->cred;
	struct cred *c = e->cred;
	bool effective = f->effective, set_id, gains;
	int err;

	e->clean_personality = apply_set_id(c, file);
	err = apply_file_caps(c, f);
	if (err)
		return err;
	effective |= apply_root(c, old, f);
	set_id = c->euid != old->uid || c->egid != old->gid;
	gains = c->cap_permitted & ~old->cap_permitted;
	e->clean_personality |= gains;
	if ((set_id || gains) && unsafe())
		limit_gain(c, old);
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
	if (f->present || set_id)
		c->cap_ambient = 0;
	c->cap_permitted |= c->cap_ambient;
	c->cap_effective = effective ? c->cap_permitted : c->cap_ambient;
	c->securebits &= ~(uint32_t)SECURE_KEEP_CAPS;
	e->secure = set_id || (c->uid && (effective || (c->cap_permitted & ~c->cap_ambient)));
	return 0;
}

static uint64_t join(uint32_t low, uint32_t high)
{
	return (low | (uint64_t)high << 32) & CAP_FULL;
}

/* The capabilities that the file's attribute gives, if any. 0, -EINVAL: it makes no sense. */
static int read_file_caps(const struct file *file, struct file_caps *f)
{
	struct vfs_cap_data c = {0};
	int64_t size = mount_has(file->path.mount, MS_NOSUID) ? -ENODATA
							      : inode_read_caps(file->inode, &c);
	uint32_t revision = c.magic & ~VFS_CAP_FLAGS_EFFECTIVE;

	if (size < 0)
		return size == -ENODATA ? 0 : (int)size;
	if (!((size == VFS_CAP_SIZE_1 && revision == VFS_CAP_REVISION_1) ||
		(size == VFS_CAP_SIZE_2 && revision == VFS_CAP_REVISION_2) ||
		(size == VFS_CAP_SIZE_3 && revision == VFS_CAP_REVISION_3)))
		return -EINVAL;
	if (c.rootid)
		return 0; /* of another user namespace */
	f->present = true;
	f->effective = c.magic & VFS_CAP_FLAGS_EFFECTIVE;
	f->permitted = join(c.sets[0].permitted, c.sets[1].permitted);
	f->inheritable = join(c.sets[0].inheritable, c.sets[1].inheritable);
	return 0;
}

int exec_cred_prepare(struct exec_cred *e, const struct file *file)
{
	struct file_caps f = {0};
	int err = read_file_caps(file, &f);

	if (err)
		return err;
	e->cred = cred_copy(current->cred);
	return e->cred ? derive(e, file, &f) : -ENOMEM;
}
