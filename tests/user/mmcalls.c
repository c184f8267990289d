/* What the calls about memory refuse, and their rarer flags. */
#include "check.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 8
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8
#define MFD_EXEC        16
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW   (PROT_READ | PROT_WRITE)

static long page;

static char *map(int pages, int prot, int flags)
{
	page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, (size_t)(pages * page), prot, flags, -1, 0);
	CHECK(p != MAP_FAILED);
	return p;
}

static long map_error(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	return (long)mmap(at, len, prot, flags, fd, offset);
}

/* Is the page there? -1: nothing is mapped. */
static int resident(void *p)
{
	unsigned char vec;
	return mincore(p, 1, &vec) ? -1 : vec & 1;
}

static void map_flags(void)
{
	page = sysconf(_SC_PAGESIZE);
	size_t n = (size_t)page;
	CHECK_ERRNO(EINVAL, map_error(NULL, n, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0));
	CHECK_ERRNO(EINVAL, map_error(NULL, n, RW, 4 | MAP_ANONYMOUS, -1, 0));
	CHECK_ERRNO(
	    EINVAL, map_error(NULL, n, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0));
	int fd = memfd_create("f", 0);
	CHECK_EQ(0, ftruncate(fd, page));
	CHECK_ERRNO(
	    EOPNOTSUPP, map_error(NULL, n, RW, MAP_SHARED_VALIDATE | 0x4000000 << 5, fd, 0));
	CHECK_ERRNO(EOPNOTSUPP, map_error(NULL, n, RW, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0));
	CHECK(mmap(NULL, n, RW, MAP_SHARED_VALIDATE | MAP_POPULATE, fd, 0) != MAP_FAILED);
	CHECK_ERRNO(EINVAL, map_error(NULL, n, RW, MAP_PRIVATE | MAP_GROWSDOWN, fd, 0));
	CHECK_ERRNO(EINVAL, map_error(NULL, n, RW, MAP_SHARED | MAP_HUGETLB, fd, 0));
	CHECK_ERRNO(EOVERFLOW, map_error(NULL, n * 2, RW, MAP_SHARED, fd, -page));
	CHECK_ERRNO(EBADF, map_error(NULL, 0, RW, MAP_SHARED, -1, 0));
	close(fd);
	char *p = map(4, RW, ANON | MAP_POPULATE);
	CHECK_EQ(1, resident(p + 3 * page));
	p = map(4, RW, ANON | MAP_NORESERVE | MAP_STACK);
	CHECK_EQ(0, resident(p));
}

static int pipe_to_child[2];

static void child_sees_zero(void)
{
	char *p = NULL;
	CHECK_EQ(sizeof(p), read(pipe_to_child[0], &p, sizeof(p)));
	CHECK_EQ(0, p[0]);
}

static void droppable(void)
{
	page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, (size_t)page, RW, MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return; /* older kernels */
	p[0] = 'd';
	CHECK_EQ('d', p[0]);
	CHECK_EQ(0, pipe(pipe_to_child));
	CHECK_EQ(sizeof(p), write(pipe_to_child[1], &p, sizeof(p)));
	CHECK_EQ(0, in_child(child_sees_zero)); /* it is wiped on fork */
	CHECK_ERRNO(EINVAL, madvise(p, (size_t)page, MADV_KEEPONFORK));
	CHECK_ERRNO(EINVAL, madvise(p, (size_t)page, MADV_DODUMP));
	for (int i = 0; p[0] && i < 100; i++) { /* somebody may be looking at the page */
		CHECK_EQ(0, madvise(p, (size_t)page, MADV_PAGEOUT));
		usleep(1000);
	}
	CHECK_EQ(0, p[0]);
}

static void advice_errors(void)
{
	char *p = map(4, RW, ANON), *shared = map(2, RW, MAP_SHARED | MAP_ANONYMOUS);
	size_t n = (size_t)page;
	CHECK_ERRNO(EINVAL, madvise(p, n, 99));
	CHECK_ERRNO(EINVAL, madvise(p, n, 5));
	CHECK_ERRNO(EINVAL, madvise(p + 1, n, MADV_NORMAL));
	CHECK_ERRNO(EINVAL, madvise(p, (size_t)-1, MADV_NORMAL));
	CHECK_EQ(0, madvise(p, 0, MADV_DONTNEED));
	CHECK_ERRNO(EINVAL, madvise(shared, n, MADV_FREE));
	CHECK_ERRNO(EINVAL, madvise(shared, n, MADV_WIPEONFORK));
	CHECK_ERRNO(EINVAL, madvise(p, n, MADV_REMOVE));
	CHECK_EQ(0, munmap(p + page, n));
	memset(p + 2 * page, 'x', n);
	/* What follows a hole is done all the same, but for populating. */
	CHECK_ERRNO(ENOMEM, madvise(p, 3 * n, MADV_DONTNEED));
	CHECK_EQ(0, p[2 * page]);
	CHECK_ERRNO(ENOMEM, madvise(p, 4 * n, MADV_POPULATE_WRITE));
	CHECK_EQ(1, resident(p));
	CHECK_EQ(0, resident(p + 3 * page));
	CHECK_EQ(0, mprotect(p, n, PROT_READ));
	CHECK_ERRNO(EINVAL, madvise(p, n, MADV_POPULATE_WRITE));
	CHECK_EQ(0, mprotect(p, n, PROT_WRITE));
	CHECK_ERRNO(EINVAL, madvise(p, n, MADV_POPULATE_READ));
	CHECK_EQ(0, madvise(p, n, MADV_POPULATE_WRITE));
	CHECK_EQ(0, mprotect(p, n, PROT_READ));
	CHECK_EQ(0, mlock(p, n));
	CHECK_ERRNO(EINVAL, madvise(p, n, MADV_DONTNEED));
	CHECK_ERRNO(EINVAL, madvise(p, n, MADV_FREE));
	CHECK_ERRNO(EINVAL, madvise(p, n, MADV_COLD));
	CHECK_ERRNO(EINVAL, madvise(p, n, MADV_PAGEOUT));
	CHECK_EQ(0, madvise(p, n, MADV_DONTNEED_LOCKED));
	static const int fine[] = {MADV_RANDOM, MADV_SEQUENTIAL, MADV_NORMAL, MADV_WILLNEED,
	    MADV_DONTFORK, MADV_DOFORK, MADV_DONTDUMP, MADV_DODUMP, MADV_HUGEPAGE, MADV_NOHUGEPAGE,
	    MADV_MERGEABLE, MADV_UNMERGEABLE};
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		CHECK_EQ(0, madvise(p, n, fine[i]));
}

static void remove_makes_holes(void)
{
	page = sysconf(_SC_PAGESIZE);
	size_t n = (size_t)page;
	int fd = memfd_create("holes", 0);
	CHECK_EQ(0, ftruncate(fd, 4 * page));
	char *p = mmap(NULL, 4 * n, RW, MAP_SHARED, fd, 0);
	char *copy = mmap(NULL, 4 * n, RW, MAP_PRIVATE, fd, 0);
	char *ro = mmap(NULL, 4 * n, PROT_READ, MAP_SHARED, fd, 0), c = 1;
	memset(p, 'f', 4 * n);
	copy[page] = 'c';
	CHECK_EQ('f', copy[page + 1]);
	CHECK_EQ(0, madvise(p + page, n, MADV_REMOVE));
	CHECK_EQ(0, p[page]);
	CHECK_EQ('f', p[0]);
	CHECK_EQ('f', p[2 * page]);
	CHECK_EQ(0, ro[page]);
	CHECK_EQ('c', copy[page]); /* one's own copy stays */
	CHECK_EQ(1, pread(fd, &c, 1, page));
	CHECK_EQ(0, c);
	CHECK_EQ(0, madvise(ro + 3 * page, n, MADV_REMOVE));
	CHECK_ERRNO(EACCES, madvise(copy, n, MADV_REMOVE));
	struct stat st;
	CHECK_EQ(0, fstat(fd, &st));
	CHECK_EQ(4 * page, st.st_size);
	CHECK_EQ(3 * page / 512, st.st_blocks); /* looking into the hole made a page */
	char *shared = map(3, RW, MAP_SHARED | MAP_ANONYMOUS);
	memset(shared, 's', 3 * n);
	CHECK_EQ(0, madvise(shared + page, n, MADV_REMOVE));
	CHECK_EQ(0, shared[page]);
	CHECK_EQ('s', shared[2 * page]);
}

/* A file in very many areas: each hole is made in good time. */
static void holes_in_many_areas(void)
{
	enum { PAGES = 1024 };
	page = sysconf(_SC_PAGESIZE);
	int fd = memfd_create("parts", 0);
	struct statfs fs;
	CHECK_EQ(0, fstatfs(fd, &fs));
	CHECK_EQ(0, fs.f_blocks); /* as many as there is memory */
	CHECK_EQ(0, ftruncate(fd, PAGES * page));
	char *p = mmap(NULL, (size_t)(PAGES * page), RW, MAP_SHARED, fd, 0);
	for (long i = 0; i < PAGES; i++) {
		CHECK_EQ(0, madvise(p + i * page, (size_t)page, i % 2 ? MADV_RANDOM : MADV_NORMAL));
		p[i * page] = 'x';
	}
	for (long i = 0; i < PAGES; i++)
		CHECK_EQ(0, madvise(p + i * page, (size_t)page, MADV_REMOVE));
	struct stat st;
	CHECK_EQ(0, fstat(fd, &st));
	CHECK_EQ(0, st.st_blocks);
	for (long i = 0; i < PAGES; i++)
		CHECK_EQ(0, p[i * page]);
}

/* Much more than could be populated within the test's time. */
static void killed_while_populating(void)
{
	const size_t size = 64UL << 30;
	int p[2], status;
	char c = 0;
	CHECK_EQ(0, pipe(p));
	pid_t pid = fork();
	if (!pid) {
		char *m = mmap(NULL, size, PROT_READ, ANON | MAP_NORESERVE, -1, 0);
		CHECK(m != MAP_FAILED);
		CHECK_EQ(1, write(p[1], "x", 1));
		for (;;)
			madvise(m, size, MADV_POPULATE_READ);
	}
	CHECK_EQ(1, read(p[0], &c, 1));
	CHECK_EQ(0, kill(pid, SIGKILL));
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(SIGKILL, WTERMSIG(status));
}

static void locking(void)
{
	char *p = map(4, RW, ANON), *none = map(1, PROT_NONE, ANON);
	size_t n = (size_t)page;
	CHECK_EQ(0, mlock(p, 1));
	CHECK_EQ(1, resident(p));
	CHECK_EQ(0, resident(p + page));
	CHECK_EQ(0, mlock2(p + page, n, MLOCK_ONFAULT));
	CHECK_EQ(0, resident(p + page));
	CHECK_ERRNO(EINVAL, mlock2(p, n, 2));
	CHECK_ERRNO(ENOMEM, mlock(none, n));
	CHECK_ERRNO(EINVAL, mlock(p, (size_t)-1 - (size_t)page * 2));
	CHECK_EQ(0, munlock(p, 4 * n));
	CHECK_EQ(0, munmap(p + 2 * page, n));
	CHECK_ERRNO(ENOMEM, mlock(p, 4 * n)); /* up to the hole it is locked */
	CHECK_ERRNO(EINVAL, madvise(p, n, MADV_DONTNEED));
	CHECK_EQ(0, madvise(p + 3 * page, n, MADV_DONTNEED));
	CHECK_ERRNO(EBUSY, msync(p, n, MS_INVALIDATE));
	CHECK_EQ(0, munlockall());
	CHECK_EQ(0, msync(p, n, MS_INVALIDATE));
	CHECK_ERRNO(EINVAL, mlockall(0));
	CHECK_ERRNO(EINVAL, mlockall(MCL_ONFAULT));
	CHECK_ERRNO(EINVAL, mlockall(8));
	CHECK_EQ(0, mlockall(MCL_FUTURE | MCL_ONFAULT));
	CHECK_EQ(0, resident(map(1, RW, ANON)));
	CHECK_EQ(0, mlockall(MCL_FUTURE));
	CHECK_EQ(1, resident(map(1, RW, ANON)));
	CHECK_EQ(0, munlockall());
}

/* As nobody, with room for four locked pages. */
static void locks_little(void)
{
	page = sysconf(_SC_PAGESIZE);
	struct rlimit four = {(rlim_t)(4 * page), (rlim_t)(4 * page)}, zero = {0, 0};
	CHECK_EQ(0, setrlimit(RLIMIT_MEMLOCK, &four));
	if (!getuid()) {
		CHECK_EQ(0, setgid(65534));
		CHECK_EQ(0, setuid(65534));
	}
	char *p = map(8, RW, ANON);
	size_t n = (size_t)page;
	CHECK_EQ(0, mlock(p, 3 * n));
	CHECK_ERRNO(ENOMEM, mlock(p + 3 * page, 2 * n));
	CHECK_EQ(0, mlock(p + page, 3 * n)); /* what is locked already does not count twice */
	CHECK_ERRNO(EAGAIN, map_error(NULL, n, RW, ANON | MAP_LOCKED, -1, 0));
	CHECK_ERRNO(ENOMEM, mlockall(MCL_CURRENT));
	CHECK_EQ(0, munlock(p, 8 * n));
	CHECK_EQ(0, setrlimit(RLIMIT_MEMLOCK, &zero));
	CHECK_ERRNO(EPERM, mlock(p, n));
	CHECK_ERRNO(EPERM, mlockall(MCL_FUTURE));
	CHECK_ERRNO(EPERM, map_error(NULL, n, RW, ANON | MAP_LOCKED, -1, 0));
}

static void lock_limits(void)
{
	CHECK_EQ(0, in_child(locks_little));
}

static void protection(void)
{
	char *p = map(4, RW, ANON);
	size_t n = (size_t)page;
	CHECK_ERRNO(EINVAL, mprotect(p, n, PROT_GROWSDOWN | PROT_GROWSUP | PROT_READ));
	CHECK_ERRNO(EINVAL, mprotect(p, n, PROT_GROWSDOWN | PROT_READ));
	CHECK_ERRNO(EINVAL, mprotect(p, n, 0x40));
	CHECK_EQ(0, mprotect(p + 1 - 1, 0, 0x7));
	CHECK_EQ(0, mprotect(p, n, 8 | PROT_READ)); /* PROT_SEM */
	CHECK_ERRNO(ENOMEM, mprotect(p, (size_t)-1, PROT_READ));
	CHECK_EQ(0, munmap(p + page, n));
	CHECK_ERRNO(ENOMEM, mprotect(p, 4 * n, PROT_READ));
	char *stack = mmap(NULL, 4 * n, RW, ANON | MAP_GROWSDOWN, -1, 0);
	CHECK(stack != MAP_FAILED);
	CHECK_EQ(0, mprotect(stack + 3 * page, n, PROT_READ | PROT_GROWSDOWN));
	CHECK_ERRNO(EFAULT, read(open("/dev/zero", O_RDONLY), stack, 1));
}

static void remapping(void)
{
	char *p = map(6, RW, ANON), *shared = map(2, RW, MAP_SHARED | MAP_ANONYMOUS);
	size_t n = (size_t)page;
	for (int i = 0; i < 6; i++)
		p[i * page] = (char)('0' + i);
	CHECK_ERRNO(EINVAL, (long)mremap(p, n, n, 8));
	CHECK_ERRNO(EINVAL, (long)mremap(p, n, n, MREMAP_FIXED, p + 2 * page));
	CHECK_ERRNO(EINVAL, (long)mremap(p + 1, n, n, 0));
	CHECK_ERRNO(EINVAL, (long)mremap(p, n, 0, 0));
	CHECK_ERRNO(EINVAL, (long)mremap(p, 2 * n, 2 * n, MREMAP_MAYMOVE | MREMAP_FIXED, p + page));
	CHECK_ERRNO(EINVAL, (long)mremap(p, 2 * n, n, MREMAP_MAYMOVE | MREMAP_DONTUNMAP));
	CHECK_ERRNO(EINVAL, (long)mremap(p, 0, n, MREMAP_MAYMOVE)); /* private */
	CHECK_ERRNO(ENOMEM, (long)mremap(p, 2 * n, 4 * n, 0));
	CHECK_EQ(0, mprotect(p + 2 * page, n, PROT_READ));
	CHECK_ERRNO(EFAULT, (long)mremap(p + page, 2 * n, 9 * n, MREMAP_MAYMOVE)); /* two areas */
	char *to = map(1, PROT_NONE, ANON);
	CHECK(mremap(p + 3 * page, n, n, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	CHECK_EQ('3', to[0]);
	CHECK_EQ(-1, resident(p + 3 * page));
	char *moved = mremap(p + 4 * page, n, n, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	CHECK(moved != MAP_FAILED && moved != p + 4 * page);
	CHECK_EQ('4', moved[0]);
	CHECK_EQ(0, p[4 * page]); /* still mapped, and empty */
	strcpy(shared, "twice");
	char *again = mremap(shared, 0, 2 * n, MREMAP_MAYMOVE);
	CHECK(again != MAP_FAILED && again != shared);
	CHECK_STR("twice", again);
	again[0] = 'T';
	CHECK_EQ('T', shared[0]);
}

static void remap_pages(void)
{
	char *p = map(4, RW, MAP_SHARED | MAP_ANONYMOUS);
	size_t n = (size_t)page;
	for (int i = 0; i < 4; i++)
		p[i * page] = (char)('0' + i);
	CHECK_ERRNO(EINVAL, syscall(SYS_remap_file_pages, p, n, PROT_READ, 0, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_remap_file_pages, p, 0, 0, 0, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_remap_file_pages, map(1, RW, ANON), n, 0, 0, 0));
	CHECK_EQ(0, syscall(SYS_remap_file_pages, p, n, 0, 3, 0));
	CHECK_EQ(0, syscall(SYS_remap_file_pages, p + 3 * page, n, 0, 0, 0));
	CHECK_EQ('3', p[0]);
	CHECK_EQ('1', p[page]);
	CHECK_EQ('0', p[3 * page]);
}

static void set_noexec(const char *value)
{
	int fd = open("/proc/sys/vm/memfd_noexec", O_WRONLY);

	CHECK_EQ(1, write(fd, value, 1));
	close(fd);
}

/* vm.memfd_noexec decides for those who do not say. */
static void memfd_noexec(void)
{
	int fd;

	set_noexec("1");
	fd = memfd_create("x", 0);
	CHECK_EQ(F_SEAL_EXEC, fcntl(fd, F_GET_SEALS));
	CHECK_EQ(F_SEAL_SEAL, fcntl(memfd_create("x", MFD_EXEC), F_GET_SEALS));
	set_noexec("2");
	CHECK_ERRNO(EACCES, memfd_create("x", MFD_EXEC));
	CHECK(memfd_create("x", 0) >= 0);
	CHECK(memfd_create("x", MFD_NOEXEC_SEAL) >= 0);
	set_noexec("0");
	CHECK_EQ(F_SEAL_SEAL, fcntl(memfd_create("x", 0), F_GET_SEALS));
}

static void memfd_flags(void)
{
	struct stat st;
	char name[300];
	memset(name, 'n', sizeof(name));
	name[250] = 0;
	CHECK_ERRNO(EINVAL, memfd_create(name, 0));
	name[249] = 0;
	CHECK(memfd_create(name, 0) >= 0);
	CHECK_ERRNO(EFAULT, memfd_create((char *)8, 0));
	CHECK_ERRNO(EINVAL, memfd_create("x", 0x20));
	CHECK_ERRNO(EINVAL, memfd_create("x", MFD_EXEC | MFD_NOEXEC_SEAL));
	int fd = memfd_create("x", MFD_NOEXEC_SEAL);
	CHECK(fd >= 0);
	CHECK_EQ(0, fstat(fd, &st));
	CHECK_EQ(0666, st.st_mode & 0777);
	CHECK_EQ(F_SEAL_EXEC, fcntl(fd, F_GET_SEALS));
	CHECK_ERRNO(EPERM, fchmod(fd, 0777));
	CHECK_EQ(0, fchmod(fd, 0600));
	fd = memfd_create("plain", MFD_EXEC);
	CHECK_EQ(F_SEAL_SEAL, fcntl(fd, F_GET_SEALS));
	CHECK_ERRNO(EPERM, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	fd = memfd_create("sealed", MFD_ALLOW_SEALING);
	page = sysconf(_SC_PAGESIZE);
	CHECK_EQ(0, ftruncate(fd, page));
	char *ro = mmap(NULL, (size_t)page, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(ro != MAP_FAILED);
	char *rw = mmap(NULL, (size_t)page, RW, MAP_SHARED, fd, 0);
	CHECK_ERRNO(EBUSY, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	CHECK_EQ(0, munmap(rw, (size_t)page));
	CHECK_EQ(0, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK));
	CHECK_ERRNO(EPERM, write(fd, "x", 1));
	CHECK_ERRNO(EPERM, ftruncate(fd, 0));
	CHECK_ERRNO(EPERM, map_error(NULL, (size_t)page, RW, MAP_SHARED, fd, 0));
	CHECK_ERRNO(EPERM, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, page));
	CHECK_ERRNO(EINVAL, fcntl(fd, F_ADD_SEALS, 0x40));
}

static void file_advice(void)
{
	int fd = memfd_create("a", 0), p[2], null = open("/dev/null", O_WRONLY);
	CHECK_EQ(0, pipe(p));
	CHECK_EQ(0, posix_fadvise(fd, 0, 100, POSIX_FADV_WILLNEED));
	CHECK_EQ(EINVAL, posix_fadvise(fd, 0, 100, 9));
	CHECK_EQ(EINVAL, posix_fadvise(fd, 0, -1, POSIX_FADV_NORMAL));
	CHECK_EQ(ESPIPE, posix_fadvise(p[0], 0, 0, POSIX_FADV_NORMAL));
	CHECK_EQ(EBADF, posix_fadvise(99, 0, 0, POSIX_FADV_NORMAL));
	CHECK_EQ(0, readahead(fd, 0, 4096));
	CHECK_ERRNO(EINVAL, readahead(p[0], 0, 1));
	CHECK_ERRNO(EBADF, readahead(null, 0, 1));
	CHECK_ERRNO(EBADF, readahead(-1, 0, 1));
	CHECK_EQ(0, sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
	CHECK_ERRNO(EINVAL, sync_file_range(fd, -1, 0, 0));
	CHECK_ERRNO(EINVAL, sync_file_range(fd, 0, 0, 8));
	CHECK_ERRNO(ESPIPE, sync_file_range(p[0], 0, 0, 0));
	CHECK_ERRNO(EBADF, sync_file_range(-1, 0, 0, 0));
}

/* More than there is at all is refused, in one piece; with MAP_NORESERVE it is not. */
static void overcommit(void)
{
	uint64_t total = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	size_t n = total + (64UL << 20);
	CHECK_ERRNO(ENOMEM, map_error(NULL, n, RW, ANON, -1, 0));
	CHECK_ERRNO(ENOMEM, map_error(NULL, n, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	char *p = mmap(NULL, n, PROT_READ, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERRNO(ENOMEM, mprotect(p, n, RW));
	CHECK_EQ(0, munmap(p, n));
	p = mmap(NULL, n, RW, ANON | MAP_NORESERVE, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(0, munmap(p, n));
	p = mmap(NULL, n / 2, RW, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERRNO(ENOMEM, (long)mremap(p, n / 2, n * 2, MREMAP_MAYMOVE));
	char *q = mmap(NULL, n / 2, RW, ANON, -1, 0);
	CHECK(q != MAP_FAILED);
}

SUBCOMMANDS({"map_flags", map_flags}, {"droppable", droppable}, {"advice_errors", advice_errors},
    {"remove_makes_holes", remove_makes_holes}, {"holes_in_many_areas", holes_in_many_areas},
    {"killed_while_populating", killed_while_populating}, {"locking", locking},
    {"lock_limits", lock_limits}, {"protection", protection}, {"remapping", remapping},
    {"remap_pages", remap_pages}, {"memfd_flags", memfd_flags}, {"memfd_noexec", memfd_noexec},
    {"file_advice", file_advice}, {"overcommit", overcommit})
