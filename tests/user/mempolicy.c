/* NUMA policies on a machine with one node (set_mempolicy(2)). */
#include "check.h"

#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static long set(int mode, unsigned long nodes)
{
	return syscall(SYS_set_mempolicy, mode, &nodes, 64);
}

static int get(unsigned long *nodes, void *addr, unsigned flags)
{
	int mode = -1;

	CHECK_EQ(0, syscall(SYS_get_mempolicy, &mode, nodes, 64, addr, flags));
	return mode;
}

static void thread_policy(void)
{
	unsigned long nodes = 9, one = 1;
	int mode;

	CHECK_EQ(MPOL_DEFAULT, get(&nodes, NULL, 0));
	CHECK_EQ(0, nodes);
	CHECK_EQ(0, get(&nodes, NULL, MPOL_F_MEMS_ALLOWED));
	CHECK_EQ(1, nodes);
	static const int with_nodes[] = {MPOL_BIND, MPOL_INTERLEAVE, 5, 6};
	for (unsigned k = 0; k < 4; k++) {
		CHECK_ERRNO(EINVAL, set(with_nodes[k], 0));
		CHECK_ERRNO(EINVAL, set(with_nodes[k], 2));
		CHECK_EQ(0, set(with_nodes[k], 3));
		CHECK_EQ(with_nodes[k], get(&nodes, NULL, 0));
		CHECK_EQ(1, nodes);
		CHECK_EQ(0, set(with_nodes[k] | MPOL_F_STATIC_NODES, 1));
		CHECK_EQ(0, set(with_nodes[k] | MPOL_F_RELATIVE_NODES, 2));
		CHECK_EQ(with_nodes[k] | MPOL_F_RELATIVE_NODES, get(&nodes, NULL, 0));
		CHECK_EQ(2, nodes);
	}
	CHECK_EQ(0, set(MPOL_PREFERRED, 0));
	CHECK_EQ(MPOL_LOCAL, get(&nodes, NULL, 0));
	CHECK_ERRNO(EINVAL, set(MPOL_LOCAL, 1));
	CHECK_ERRNO(EINVAL, set(MPOL_DEFAULT, 1));
	CHECK_ERRNO(EINVAL, set(7, 1));
	CHECK_ERRNO(EINVAL, set(-1, 1));
	CHECK_ERRNO(EINVAL, set(MPOL_BIND | MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES, 1));
	CHECK_EQ(0, set(MPOL_BIND | (1 << 13), 1));
	CHECK_ERRNO(EINVAL, set(MPOL_PREFERRED | (1 << 13), 1));
	CHECK_ERRNO(EFAULT, syscall(SYS_set_mempolicy, MPOL_BIND, 16, 64));
	CHECK_ERRNO(EINVAL, syscall(SYS_set_mempolicy, MPOL_BIND, &one, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_set_mempolicy, MPOL_BIND, &one, 1));
	CHECK_EQ(0, syscall(SYS_set_mempolicy, MPOL_BIND, &one, 2));
	CHECK_ERRNO(EINVAL, syscall(SYS_set_mempolicy, MPOL_BIND, &one, 1 << 20));
	/* a child has it, too */
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(MPOL_BIND, get(&nodes, NULL, 0));
		_exit(0);
	}
	int status;
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
	CHECK_EQ(0, syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_get_mempolicy, &mode, &nodes, 70000, NULL, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_get_mempolicy, &mode, &nodes, 0, NULL, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_get_mempolicy, &mode, NULL, 0, &mode, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 8));
	CHECK_ERRNO(EINVAL, syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, MPOL_F_NODE));
	CHECK_ERRNO(EFAULT, syscall(SYS_get_mempolicy, 16, NULL, 0, NULL, 0));
}

static void area_policy(void)
{
	char *m = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long nodes, one = 1;
	int mode;

	CHECK_EQ(0, syscall(SYS_mbind, m + 4096, 8192, MPOL_BIND, &one, 64, 0));
	CHECK_EQ(MPOL_DEFAULT, get(&nodes, m, MPOL_F_ADDR));
	CHECK_EQ(MPOL_BIND, get(&nodes, m + 4096, MPOL_F_ADDR));
	CHECK_EQ(1, nodes);
	CHECK_EQ(MPOL_DEFAULT, get(&nodes, m + 3 * 4096, MPOL_F_ADDR));
	CHECK_EQ(0, get(NULL, m + 4096, MPOL_F_ADDR | MPOL_F_NODE));
	CHECK_EQ(0, syscall(SYS_mbind, m, 8 * 4096, MPOL_DEFAULT, NULL, 0, MPOL_MF_MOVE));
	CHECK_EQ(MPOL_DEFAULT, get(&nodes, m + 4096, MPOL_F_ADDR));
	CHECK_EQ(0, syscall(SYS_mbind, m, 0, MPOL_BIND, &one, 64, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_mbind, m + 1, 4096, MPOL_BIND, &one, 64, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_mbind, m, 4096, MPOL_BIND, &one, 64, 8));
	CHECK_ERRNO(EINVAL, syscall(SYS_mbind, m, 4096, MPOL_DEFAULT, &one, 64, 0));
	CHECK_EQ(0, munmap(m + 2 * 4096, 4096));
	CHECK_ERRNO(EFAULT, syscall(SYS_mbind, m, 8 * 4096, MPOL_BIND, &one, 64, 0));
	CHECK_EQ(0, syscall(SYS_mbind, m, 8 * 4096, MPOL_DEFAULT, NULL, 0, 0));
	CHECK_ERRNO(EFAULT, syscall(SYS_get_mempolicy, &mode, NULL, 0, 16, MPOL_F_ADDR));
}

static void moving(void)
{
	char *m = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *pages[3] = {m, m + 4096, (void *)4096};
	int status[3], nodes[3] = {0}, bad = 5;
	unsigned long one = 1, two = 2, none = 0;

	m[0] = 1;
	CHECK_EQ(0, syscall(SYS_move_pages, 0, 3, pages, NULL, status, 0));
	CHECK(status[0] == 0 && status[1] == -ENOENT && status[2] == -EFAULT);
	CHECK_EQ(0, syscall(SYS_move_pages, 0, 1, pages, nodes, status, MPOL_MF_MOVE));
	CHECK_EQ(0, status[0]);
	CHECK_ERRNO(ENODEV, syscall(SYS_move_pages, 0, 1, pages, &bad, status, MPOL_MF_MOVE));
	CHECK_ERRNO(EINVAL, syscall(SYS_move_pages, 0, 1, pages, nodes, status, 1));
	CHECK_ERRNO(ESRCH, syscall(SYS_move_pages, 999999, 1, pages, nodes, status, 2));
	CHECK_ERRNO(EFAULT, syscall(SYS_move_pages, 0, 1, pages, nodes, 16, 2));
	CHECK_ERRNO(EFAULT, syscall(SYS_move_pages, 0, 1, 16, nodes, status, 2));
	CHECK_EQ(0, syscall(SYS_migrate_pages, 0, 64, &one, &one));
	CHECK_EQ(0, syscall(SYS_migrate_pages, 0, 64, &two, &one));
	CHECK_ERRNO(EINVAL, syscall(SYS_migrate_pages, 0, 64, &one, &two));
	CHECK_ERRNO(EINVAL, syscall(SYS_migrate_pages, 0, 64, &one, &none));
	CHECK_ERRNO(ESRCH, syscall(SYS_migrate_pages, 999999, 64, &one, &one));
	CHECK_ERRNO(EFAULT, syscall(SYS_migrate_pages, 0, 64, 16, &one));
}

SUBCOMMANDS({"thread_policy", thread_policy}, {"area_policy", area_policy}, {"moving", moving})
