/* What the fuzzer found, a case each. */
#include "check.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>

/* The old length reaches beyond what user space has. */
static void mremap_old_length(void)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *to = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(to, 8192);
	CHECK_ERRNO(EINVAL, syscall(SYS_mremap, p, 1UL << 62, 4096, MREMAP_MAYMOVE | MREMAP_FIXED,
				p - (1UL << 30)));
	CHECK_ERRNO(EINVAL, syscall(SYS_mremap, p, 1UL << 62, 4096, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_mremap, p, -4096UL, 4096, 0));
}

/* No signal, but a siginfo of one. */
static void sigqueue_number(void)
{
	static const int numbers[] = {-1, -64, 65, 1000, INT32_MIN, INT32_MAX};
	siginfo_t info = {.si_code = 3};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		CHECK_ERRNO(EINVAL, syscall(SYS_rt_sigqueueinfo, getpid(), numbers[i], &info));
}

/* A mount goes with those upon it. */
static void umount_tree(void)
{
	enter_work_dir();
	CHECK_EQ(0, mkdir("a", 0700));
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(0, mount("tmpfs", "a", "tmpfs", 0, NULL));
		CHECK_EQ(0, mkdir("a/b", 0700));
		CHECK_EQ(0, mount("tmpfs", "a/b", "tmpfs", 0, NULL));
		CHECK_EQ(0, mount("tmpfs", "a/b", "tmpfs", 0, NULL));
		CHECK_EQ(0, mkdir("a/b/c", 0700));
		CHECK_EQ(0, mount("tmpfs", "a/b/c", "tmpfs", 0, NULL));
		close(make_file("a/b/c/file", "text"));
		CHECK_ERRNO(EBUSY, umount("a"));
		CHECK_EQ(0, umount2("a", MNT_DETACH));
		CHECK_ERRNO(EINVAL, umount("a"));
	}
	CHECK_EQ(0, rmdir("a"));
	leave_work_dir();
}

SUBCOMMANDS({"umount_tree", umount_tree}, {"sigqueue_number", sigqueue_number},
    {"mremap_old_length", mremap_old_length})
