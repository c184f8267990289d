/* /proc/PID/ns: there is one namespace of each kind, the first (namespaces(7)). */
#include "fs/proc/procfs.h"
#include "printk.h"

/* The numbers that Linux gives its first namespaces. */
static int link_ns(const struct proc_inode *p, char *buf, size_t size)
{
	static const struct {
		const char *name, *kind;
		unsigned ino;
	} namespaces[] = {
	    {"cgroup", "cgroup", 4026531835},
	    {"ipc", "ipc", 4026531839},
	    {"mnt", "mnt", 4026531841},
	    {"net", "net", 4026531840},
	    {"pid", "pid", 4026531836},
	    {"pid_for_children", "pid", 4026531836},
	    {"time", "time", 4026531834},
	    {"time_for_children", "time", 4026531834},
	    {"user", "user", 4026531837},
	    {"uts", "uts", 4026531838},
	};
	int err;
	struct thread *t = proc_thread_access(p, &err);

	if (!t)
		return err;
	thread_put(t);
	for (unsigned k = 0; k < ARRAY_SIZE(namespaces); k++)
		if (!strcmp(namespaces[k].name, p->entry->name))
			fmt_string(buf, size, "%s:[%u]", namespaces[k].kind, namespaces[k].ino);
	return 0;
}

/* There is nothing behind the link to open: setns(2) is not there. */
static int follow_ns(const struct proc_inode *p, struct dentry **out)
{
	return -EACCES;
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
