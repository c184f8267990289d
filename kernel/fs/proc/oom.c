/* /proc/PID/oom_score, oom_score_adj and oom_adj (proc(5)). */
#include "mm/oom.h"
#include "fs/proc/procfs.h"

#define OLD_ADJ_MAX 15 /* of oom_adj, which goes from -17 (never) on */
#define OLD_ADJ_OFF (-17)

static struct process *find(const struct proc_inode *p)
{
	struct thread *t = p->thread ? p->pid->thread : NULL;
	return t ? t->process : p->pid->process;
}

/* The value kept of the process. 0 or -ESRCH. */
static int get_adj(const struct proc_inode *p, int *adj)
{
	irqflags_t flags = spin_lock(&task_lock);
	const struct process *process = find(p);
	if (process)
		*adj = process->oom_score_adj;
	spin_unlock(&task_lock, flags);
	return process ? 0 : -ESRCH;
}

/* Below what it was set to by somebody who may, only such a one may go. */
static int set_adj(const struct proc_inode *p, int adj)
{
	bool may = capable(CAP_SYS_RESOURCE);
	irqflags_t flags = spin_lock(&task_lock);
	struct process *process = find(p);
	int err = process ? 0 : -ESRCH;
	if (!err && adj < process->oom_score_adj_min && !may)
		err = -EACCES;
	if (!err) {
		process->oom_score_adj = (int16_t)adj;
		if (may)
			process->oom_score_adj_min = (int16_t)adj;
	}
	spin_unlock(&task_lock, flags);
	return err;
}

int proc_show_oom_score_adj(struct proc_text *t, const struct proc_inode *p)
{
	int adj = 0, err = get_adj(p, &adj);
	if (!err)
		text_printf(t, "%d\n", adj);
	return err;
}

int proc_show_oom_adj(struct proc_text *t, const struct proc_inode *p)
{
	int adj = 0, err = get_adj(p, &adj);
	if (adj == OOM_ADJ_MAX)
		adj = OLD_ADJ_MAX;
	else
		adj = adj * -OLD_ADJ_OFF / OOM_ADJ_MAX;
	if (!err)
		text_printf(t, "%d\n", MIN(adj, OLD_ADJ_MAX));
	return err;
}

int proc_show_oom_score(struct proc_text *t, const struct proc_inode *p)
{
	irqflags_t flags = spin_lock(&task_lock);
	const struct process *process = find(p);
	uint64_t score = process ? oom_score(process) : 0;
	spin_unlock(&task_lock, flags);
	if (process)
		text_printf(t, "%lu\n", (unsigned long)score);
	return process ? 0 : -ESRCH;
}

int proc_write_oom_score_adj(const struct proc_inode *p, const char *text)
{
	int64_t adj;
	int err = proc_parse_int(text, &adj);
	if (!err && (adj < OOM_ADJ_MIN || adj > OOM_ADJ_MAX))
		err = -EINVAL;
	return err ? err : set_adj(p, (int)adj);
}

int proc_write_oom_adj(const struct proc_inode *p, const char *text)
{
	int64_t adj;
	int err = proc_parse_int(text, &adj);
	if (!err && (adj < OLD_ADJ_OFF || adj > OLD_ADJ_MAX))
		err = -EINVAL;
	if (err)
		return err;
	return set_adj(p, adj == OLD_ADJ_MAX ? OOM_ADJ_MAX : (int)adj * OOM_ADJ_MAX / -OLD_ADJ_OFF);
}
