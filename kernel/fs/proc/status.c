/* /proc/PID/status: a process in words (proc_pid_status(5)). */
#include "fs/proc/snapshot.h"
#include "printk.h"

static const char *state_word(char letter)
{
	switch (letter) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 't':
		return "t (tracing stop)";
	case 'Z':
		return "Z (zombie)";
	case 'I':
		return "I (idle)";
	default:
		return "X (dead)";
	}
}

/* Backslash and newline, which would break the line, as C writes them. */
static void show_name(struct proc_text *t, const char *comm)
{
	text_puts(t, "Name:\t");
	for (; *comm; comm++) {
		if (*comm == '\n' || *comm == '\\')
			text_puts(t, *comm == '\n' ? "\\n" : "\\\\");
		else
			text_append(t, comm, 1);
	}
	text_puts(t, "\n");
}

static void show_ids(struct proc_text *t, const struct snapshot *n)
{
	const struct cred *c = n->cred;

	text_printf(t, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n",
	    state_word(n->state), n->pid, n->tid, n->ppid, n->tracer);
	text_printf(t, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid,
	    c->fsuid, c->gid, c->egid, c->sgid, c->fsgid);
}

static void show_groups(struct proc_text *t, const struct cred *c)
{
	text_puts(t, "Groups:\t");
	for (unsigned k = 0; c->groups && k < c->groups->count; k++)
		text_printf(t, k ? " %u" : "%u", c->groups->gids[k]);
	text_puts(t, " \n");
}

static void show_namespace_ids(struct proc_text *t, const struct snapshot *n)
{
	text_printf(t, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\nKthread:\t%d\n", n->pid,
	    n->tid, n->pgrp, n->session, n->kernel);
}

struct sizes { /* in pages */
	unsigned long stack, exec, data;
};

static void add_sizes(const struct space *s, struct sizes *z)
{
	const struct area *a;

	list_for_each (a, &s->areas, link) {
		unsigned long pages = (a->end - a->start) >> PAGE_SHIFT;

		if (a->flags & AREA_STACK)
			z->stack += pages;
		else if ((a->flags & (AREA_EXEC | AREA_WRITE)) == AREA_EXEC)
			z->exec += pages;
		else if ((a->flags & AREA_WRITE) && !(a->flags & AREA_SHARED))
			z->data += pages;
	}
}

static void show_line(struct proc_text *t, const char *name, unsigned long pages)
{
	text_printf(t, "%s\t%8lu kB\n", name, pages * (PAGE_SIZE / 1024));
}

static void show_memory(struct proc_text *t, struct space *s)
{
	unsigned long rss = s->pages_anon + s->pages_file, text;
	struct sizes z = {0};

	mutex_lock(&s->lock);
	add_sizes(s, &z);
	mutex_unlock(&s->lock);
	text = (ALIGN_UP(s->code_end, PAGE_SIZE) - ALIGN_DOWN(s->code_start, PAGE_SIZE)) >>
	       PAGE_SHIFT;
	text = MIN(text, z.exec);
	show_line(t, "VmPeak:", MAX(s->mapped_peak, s->pages_mapped));
	show_line(t, "VmSize:", s->pages_mapped);
	show_line(t, "VmLck:", s->pages_locked);
	show_line(t, "VmPin:", 0);
	show_line(t, "VmHWM:", MAX(s->pages_peak, rss));
	show_line(t, "VmRSS:", rss);
	show_line(t, "RssAnon:", s->pages_anon);
	show_line(t, "RssFile:", s->pages_file);
	show_line(t, "RssShmem:", 0);
	show_line(t, "VmData:", z.data);
	show_line(t, "VmStk:", z.stack);
	show_line(t, "VmExe:", text);
	show_line(t, "VmLib:", z.exec - text);
	show_line(t, "VmPTE:", arch_pt_tables(&s->arch));
	show_line(t, "VmSwap:", 0);
	text_puts(t, "CoreDumping:\t0\nTHP_enabled:\t0\nuntag_mask:\t0xffffffffffffffff\n");
}

static void show_signals(struct proc_text *t, const struct snapshot *n)
{
	text_printf(t, "Threads:\t%d\nSigQ:\t%lu/%lu\n", n->threads, (unsigned long)n->queued,
	    (unsigned long)n->pending_limit);
	text_printf(t,
	    "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
	    (unsigned long)n->pending, (unsigned long)n->shared, (unsigned long)n->blocked,
	    (unsigned long)n->ignored, (unsigned long)n->caught);
}

static void show_security(struct proc_text *t, const struct snapshot *n)
{
	const struct cred *c = n->cred;

	text_printf(t,
	    "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\nCapAmb:\t%016lx\n",
	    (unsigned long)c->cap_inheritable, (unsigned long)c->cap_permitted,
	    (unsigned long)c->cap_effective, (unsigned long)c->cap_bounding,
	    (unsigned long)c->cap_ambient);
	text_printf(t, "NoNewPrivs:\t%d\nSeccomp:\t%d\nSeccomp_filters:\t%u\n", n->no_new_privs,
	    n->seccomp_mode, n->seccomp_filters);
	text_puts(t, "Speculation_Store_Bypass:\tunknown\n"
		     "SpeculationIndirectBranch:\tunsupported\n");
}

static void show_places(struct proc_text *t, const struct snapshot *n)
{
	uint64_t cpus = n->affinity & ((2ULL << (cpu_count - 1)) - 1);

	text_puts(t, "Cpus_allowed:\t");
	text_mask(t, cpus, cpu_count);
	text_puts(t, "\nCpus_allowed_list:\t");
	text_ranges(t, cpus);
	text_puts(t, "\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
	text_printf(t, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
	    (unsigned long)n->switches[0], (unsigned long)n->switches[1]);
}

int proc_show_status(struct proc_text *t, const struct proc_inode *p)
{
	struct snapshot n;
	struct fs_context *fs;
	struct files *files;
	struct space *s;
	int err = snapshot_take(&n, p);

	if (err)
		return err;
	fs = proc_fs(n.thread);
	files = proc_files(n.thread);
	s = proc_space(n.thread);
	show_name(t, n.comm);
	if (fs)
		text_printf(t, "Umask:\t%04o\n", fs->umask);
	show_ids(t, &n);
	text_printf(t, "FDSize:\t%u\n", files ? files->size : 0);
	show_groups(t, n.cred);
	show_namespace_ids(t, &n);
	if (s)
		show_memory(t, s);
	show_signals(t, &n);
	show_security(t, &n);
	show_places(t, &n);
	fs_context_put(fs);
	files_put(files);
	if (s)
		space_put(s);
	snapshot_put(&n);
	return 0;
}
