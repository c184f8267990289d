/* /proc/PID/ns and its nsfs: there is one namespace of each kind, the first (namespaces(7)). */
#include "abi/nsfs.h"
#include "abi/sched.h"
#include "fs/internal.h"
#include "fs/proc/procfs.h"
#include "printk.h"
#include "syscall/syscall.h"

/* The numbers that Linux gives its first namespaces. */
static const struct namespace
{
	const char *name, *kind; /* the link; in its text */
	unsigned ino;
	uint32_t flag;     /* CLONE_NEW… */
	bool hierarchical; /* could have a parent */
}
namespaces[] = {
    {"cgroup", "cgroup", 4026531835, CLONE_NEWCGROUP, false},
    {"ipc", "ipc", 4026531839, CLONE_NEWIPC, false},
    {"mnt", "mnt", 4026531841, CLONE_NEWNS, false},
    {"net", "net", 4026531840, CLONE_NEWNET, false},
    {"pid", "pid", 4026531836, CLONE_NEWPID, true},
    {"pid_for_children", "pid", 4026531836, CLONE_NEWPID, true},
    {"time", "time", 4026531834, CLONE_NEWTIME, false},
    {"time_for_children", "time", 4026531834, CLONE_NEWTIME, false},
    {"user", "user", 4026531837, CLONE_NEWUSER, true},
    {"uts", "uts", 4026531838, CLONE_NEWUTS, false},
};

static struct superblock nsfs = {
    .type = "nsfs", .dev = MKDEV(0, 0xffffc), .next_ino = 1, .magic = NSFS_MAGIC, .refs = {1}};

static const struct namespace *find(const char *name)
{
	for (unsigned k = 0; k < ARRAY_SIZE(namespaces); k++)
		if (!strcmp(namespaces[k].name, name))
			return &namespaces[k];
	return NULL;
}

/* NULL: why, in *err. */
static const struct namespace *link_of(const struct proc_inode *p, int *err)
{
	struct thread *t = proc_thread_access(p, err);

	if (!t)
		return NULL;
	thread_put(t);
	return find(p->entry->name);
}

static void ns_text(const struct namespace *ns, char *buf, size_t size)
{
	fmt_string(buf, size, "%s:[%u]", ns->kind, ns->ino);
}

static int link_ns(const struct proc_inode *p, char *buf, size_t size)
{
	int err;
	const struct namespace *ns = link_of(p, &err);

	if (ns)
		ns_text(ns, buf, size);
	return err;
}

/* --- what is behind the links --- */

static const struct file_ops ns_file_ops;

static struct dentry *ns_dentry(const struct namespace *ns)
{
	struct inode *i = inode_create(&nsfs, S_IFREG | 0444);
	char name[32];

	if (!i)
		return NULL;
	i->ino = ns->ino;
	i->uid = i->gid = 0;
	i->fops = &ns_file_ops;
	i->data = (void *)ns;
	ns_text(ns, name, sizeof(name));
	return dentry_create_alone(i, name);
}

static int64_t open_ns(const struct namespace *ns)
{
	struct dentry *d = ns_dentry(ns);
	struct file *f;

	if (!d)
		return -ENOMEM;
	f = file_open_dentry(d, O_RDONLY);
	dentry_put(d);
	if (IS_ERR(f))
		return PTR_ERR(f);
	return fd_install(f, O_CLOEXEC, 0);
}

/* ioctl_ns(2). What is above the first namespaces may not be seen. */
static int64_t ns_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	const struct namespace *ns = f->inode->data;
	uint32_t owner = 0;

	switch (cmd) {
	case NS_GET_USERNS:
		return ns->flag == CLONE_NEWUSER ? -EPERM : open_ns(find("user"));
	case NS_GET_PARENT:
		return ns->hierarchical ? -EPERM : -EINVAL;
	case NS_GET_NSTYPE:
		return ns->flag;
	case NS_GET_OWNER_UID:
		return ns->flag == CLONE_NEWUSER ? copy_out_obj(arg, &owner) : -EINVAL;
	default:
		return -ENOTTY;
	}
}

static const struct file_ops ns_file_ops = {.ioctl = ns_ioctl};

static int follow_ns(const struct proc_inode *p, struct path *out)
{
	int err;
	const struct namespace *ns = link_of(p, &err);

	if (!ns)
		return err;
	*out = (struct path){NULL, ns_dentry(ns)};
	return out->dentry ? 0 : -ENOMEM;
}

#define NS_LINK(name) {name, S_IFLNK | 0777, .link = link_ns, .follow = follow_ns}

const struct proc_entry proc_ns_entries[] = {
    NS_LINK("net"),
    NS_LINK("uts"),
    NS_LINK("ipc"),
    NS_LINK("pid"),
    NS_LINK("pid_for_children"),
    NS_LINK("user"),
    NS_LINK("mnt"),
    NS_LINK("cgroup"),
    NS_LINK("time"),
    NS_LINK("time_for_children"),
    {0},
};
