/* /proc/sysvipc, and the limits of System V IPC in /proc/sys/kernel. */
#include "ipc/ipc.h"
#include "fs/proc/procfs.h"
#include "sysctl.h"

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

/* --- limits: /proc/sys/kernel --- */

int proc_show_sem_limits(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%ld\t%ld\t%ld\t%ld\n", (long)sysctl_get(sem[0]), (long)sysctl_get(sem[1]),
	    (long)sysctl_get(sem[2]), (long)sysctl_get(sem[3]));
	return 0;
}

/* The next number of a list, or NULL. */
static const char *parse_next(const char *s, int64_t *n)
{
	char word[24];
	size_t len = 0;

	while (*s == ' ' || *s == '\t' || *s == '\n')
		s++;
	while (
	    s[len] && s[len] != ' ' && s[len] != '\t' && s[len] != '\n' && len < sizeof(word) - 1) {
		word[len] = s[len];
		len++;
	}
	word[len] = 0;
	return len && !proc_parse_int(word, n) ? s + len : NULL;
}

/* As many of the four as are there. */
int proc_write_sem_limits(const struct proc_inode *p, const char *text)
{
	int64_t n[4];
	unsigned count = 0;

	for (const char *s = text; count < ARRAY_SIZE(n) && (s = parse_next(s, &n[count])); count++)
		if (n[count] < INT32_MIN || n[count] > INT32_MAX)
			return -EINVAL;
	if (!count)
		return -EINVAL;
	if (count == ARRAY_SIZE(n) && (n[3] < 0 || n[3] > IPC_MOST))
		return -ERANGE;
	for (unsigned i = 0; i < count; i++)
		__atomic_store_n(&sysctls.sem[i], n[i], __ATOMIC_RELAXED);
	return 0;
}

int proc_show_shmmax(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%lu\n", (unsigned long)sysctl_get(shmmax));
	return 0;
}

int proc_show_shmall(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%lu\n", (unsigned long)sysctl_get(shmall));
	return 0;
}

static int write_size(uint64_t *to, const char *text)
{
	uint64_t n;
	int err = proc_parse_unsigned(text, &n);

	if (!err)
		__atomic_store_n(to, n, __ATOMIC_RELAXED);
	return err;
}

int proc_write_shmmax(const struct proc_inode *p, const char *text)
{
	return write_size(&sysctls.shmmax, text);
}

int proc_write_shmall(const struct proc_inode *p, const char *text)
{
	return write_size(&sysctls.shmall, text);
}
