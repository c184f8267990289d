/* /proc/sysvipc, and the limits of System V IPC in /proc/sys/kernel. */
#include "ipc/ipc.h"
#include "fs/proc/procfs.h"

static int show_msg(struct proc_text *t, const struct proc_inode *p)
{
	msg_show(t);
	return 0;
}

static int show_sem(struct proc_text *t, const struct proc_inode *p)
{
	sem_show(t);
	return 0;
}

static int show_shm(struct proc_text *t, const struct proc_inode *p)
{
	shm_show(t);
	return 0;
}

const struct proc_entry proc_sysvipc_entries[] = {
    {"msg", S_IFREG | 0444, .show = show_msg},
    {"sem", S_IFREG | 0444, .show = show_sem},
    {"shm", S_IFREG | 0444, .show = show_shm},
    {0},
};

int proc_show_msgmax(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%u\n", MSGMAX);
	return 0;
}

int proc_show_msgmnb(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%u\n", MSGMNB);
	return 0;
}

int proc_show_msgmni(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%u\n", MSGMNI);
	return 0;
}

int proc_show_sem_limits(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%u\t%u\t%u\t%u\n", SEMMSL, SEMMNS, SEMOPM, SEMMNI);
	return 0;
}

int proc_show_shmmax(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%lu\n", (unsigned long)SHMMAX);
	return 0;
}

int proc_show_shmall(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%lu\n", (unsigned long)SHMALL);
	return 0;
}

int proc_show_shmmni(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%u\n", SHMMNI);
	return 0;
}
