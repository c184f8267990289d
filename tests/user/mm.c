/* Memory: copy-on-write, mappings, protection, stack and break. */
#include "check.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>

static long page;

static char *map_pages(int n, int prot)
{
	char *p = mmap(NULL, (size_t)(n * page), prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

/* --- faults, caught --- */

static sigjmp_buf escape;
static volatile int fault_sig, fault_code;
static void *volatile fault_addr;

static void on_fault(int sig, siginfo_t *info, void *ctx)
{
	(void)ctx;
	fault_sig = sig;
	fault_code = info->si_code;
	fault_addr = info->si_addr;
	siglongjmp(escape, 1);
}

static void catch_faults(void)
{
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

	page = sysconf(_SC_PAGESIZE);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

#define EXPECT_FAULT(sig, code, addr, statement)                                                   \
	do {                                                                                       \
		fault_sig = 0;                                                                     \
		if (!sigsetjmp(escape, 1)) {                                                       \
			statement;                                                                 \
			FAIL("no fault from %s", #statement);                                      \
		}                                                                                  \
		CHECK_EQ(sig, fault_sig);                                                          \
		CHECK_EQ(code, fault_code);                                                        \
		CHECK_EQ((uintptr_t)(addr), (uintptr_t)fault_addr);                                \
	} while (0)

static volatile char sink;

static void segv_maperr(void)
{
	catch_faults();
	volatile char *volatile low = (volatile char *)8;
	EXPECT_FAULT(SIGSEGV, SEGV_MAPERR, 8, sink = *low);
	low = (volatile char *)0x123;
	EXPECT_FAULT(SIGSEGV, SEGV_MAPERR, 0x123, *low = 1);
	char *p = map_pages(1, PROT_READ);
	munmap(p, (size_t)page);
	EXPECT_FAULT(SIGSEGV, SEGV_MAPERR, p + 5, sink = *(volatile char *)(p + 5));
}

static void segv_accerr(void)
{
	catch_faults();
	char *p = map_pages(1, PROT_READ);
	sink = *p;
	EXPECT_FAULT(SIGSEGV, SEGV_ACCERR, p + 7, *(volatile char *)(p + 7) = 1);
	char *none = map_pages(1, PROT_NONE);
	EXPECT_FAULT(SIGSEGV, SEGV_ACCERR, none, sink = *(volatile char *)none);
}

static void segv_exec(void)
{
	catch_faults();
	char *p = map_pages(1, PROT_READ | PROT_WRITE);
	EXPECT_FAULT(SIGSEGV, SEGV_ACCERR, p, ((void (*)(void))(uintptr_t)p)());
}

static void segv_kernel_address(void)
{
	catch_faults();
	volatile char *k = (volatile char *)0xffffffff80200000ULL;
	fault_sig = 0;
	if (!sigsetjmp(escape, 1)) {
		sink = *k;
		FAIL("the kernel's memory can be read");
	}
	CHECK_EQ(SIGSEGV, fault_sig);
	if (!sigsetjmp(escape, 1)) {
		*k = 1;
		FAIL("the kernel's memory can be written");
	}
	CHECK_EQ(SIGSEGV, fault_sig);
}

static void mprotect_changes(void)
{
	catch_faults();
	char *p = map_pages(3, PROT_READ | PROT_WRITE);
	memset(p, 'x', (size_t)(3 * page));
	CHECK_EQ(0, mprotect(p + page, (size_t)page, PROT_READ));
	EXPECT_FAULT(SIGSEGV, SEGV_ACCERR, p + page, *(volatile char *)(p + page) = 1);
	p[0] = p[2 * page] = 'y';
	CHECK_EQ(0, mprotect(p + page, (size_t)page, PROT_READ | PROT_WRITE));
	p[page] = 'z';
	CHECK_EQ('z', p[page]);
	CHECK_EQ('x', p[page + 1]);
	CHECK_ERRNO(ENOMEM, mprotect((void *)(1UL << 30), (size_t)page, PROT_READ));
	CHECK_ERRNO(EINVAL, mprotect(p + 1, (size_t)page, PROT_READ));
}

static void bus_past_end(void)
{
	catch_faults();
	enter_work_dir();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(3, write(fd, "abc", 3));
	char *p = mmap(NULL, (size_t)(2 * page), PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ('b', p[1]);
	CHECK_EQ(0, p[100]); /* the rest of the last page is zero */
	EXPECT_FAULT(SIGBUS, BUS_ADRERR, p + page, sink = *(volatile char *)(p + page));
	close(fd);
	CHECK_EQ(0, unlink("f"));
	leave_work_dir();
}

/* --- copy-on-write --- */

static char *shared_page;

static void child_writes(void)
{
	CHECK_EQ('p', shared_page[0]);
	shared_page[0] = 'c';
	CHECK_EQ('c', shared_page[0]);
	CHECK_EQ('p', shared_page[1]);
}

static void cow(void)
{
	page = sysconf(_SC_PAGESIZE);
	shared_page = map_pages(4, PROT_READ | PROT_WRITE);
	memset(shared_page, 'p', (size_t)(4 * page));
	CHECK_EQ(0, in_child(child_writes));
	CHECK_EQ('p', shared_page[0]);
}

/* A tree of processes, each of which changes its copy at several depths. */
static void cow_tree(void)
{
	page = sysconf(_SC_PAGESIZE);
	volatile int *v = (volatile int *)map_pages(64, PROT_READ | PROT_WRITE);
	size_t step = (size_t)page / sizeof(int);
	for (size_t i = 0; i < 64; i++)
		v[i * step] = 1000;
	for (int depth = 1; depth <= 6; depth++) {
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (pid) {
			int status;
			CHECK_EQ(pid, waitpid(pid, &status, 0));
			CHECK_EQ(0, status);
			for (size_t i = 0; i < 64; i++)
				CHECK_EQ(999 + depth, v[i * step]);
			if (depth > 1)
				_exit(0);
			return;
		}
		for (size_t i = 0; i < 64; i++)
			v[i * step]++;
	}
	_exit(0);
}

static volatile int data_word = 7, bss_word;

static void child_data(void)
{
	data_word = 8;
	bss_word = 9;
}

static void cow_data(void)
{
	CHECK_EQ(0, in_child(child_data));
	CHECK_EQ(7, data_word);
	CHECK_EQ(0, bss_word);
}

static int cow_pipe[2];

static void child_reads_into_shared(void)
{
	CHECK_EQ(5, read(cow_pipe[0], shared_page, 5));
	CHECK(!memcmp(shared_page, "hello", 5));
}

/* The kernel's own writes break the sharing as well. */
static void cow_by_read(void)
{
	page = sysconf(_SC_PAGESIZE);
	shared_page = map_pages(1, PROT_READ | PROT_WRITE);
	memset(shared_page, 'p', (size_t)page);
	CHECK_EQ(0, pipe(cow_pipe));
	CHECK_EQ(5, write(cow_pipe[1], "hello", 5));
	CHECK_EQ(0, in_child(child_reads_into_shared));
	CHECK_EQ('p', shared_page[0]);
}

static void shared_anonymous(void)
{
	page = sysconf(_SC_PAGESIZE);
	shared_page = mmap(
	    NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared_page != MAP_FAILED);
	shared_page[0] = shared_page[1] = 'p';
	CHECK_EQ(0, in_child(child_writes));
	CHECK_EQ('c', shared_page[0]);
}

/* --- mappings --- */

static void anonymous_zero(void)
{
	page = sysconf(_SC_PAGESIZE);
	char *p = map_pages(256, PROT_READ | PROT_WRITE);
	for (long i = 0; i < 256 * page; i += 512)
		CHECK_EQ(0, p[i]);
	memset(p, 1, (size_t)(256 * page));
	CHECK_EQ(0, munmap(p, (size_t)(256 * page)));
	char *q = map_pages(256, PROT_READ | PROT_WRITE);
	for (long i = 0; i < 256 * page; i += 512)
		CHECK_EQ(0, q[i]);
}

static void munmap_hole(void)
{
	catch_faults();
	char *p = map_pages(5, PROT_READ | PROT_WRITE);
	memset(p, 'a', (size_t)(5 * page));
	CHECK_EQ(0, munmap(p + 2 * page, (size_t)page));
	CHECK_EQ('a', p[2 * page - 1]);
	CHECK_EQ('a', p[3 * page]);
	EXPECT_FAULT(SIGSEGV, SEGV_MAPERR, p + 2 * page, sink = *(volatile char *)(p + 2 * page));
	CHECK_EQ(0, munmap(p, (size_t)(5 * page))); /* holes do no harm */
	CHECK_ERRNO(EINVAL, munmap(p + 1, (size_t)page));
	CHECK_ERRNO(EINVAL, munmap(p, 0));
}

static void map_fixed(void)
{
	page = sysconf(_SC_PAGESIZE);
	char *p = map_pages(3, PROT_READ | PROT_WRITE);
	memset(p, 'a', (size_t)(3 * page));
	char *q = mmap(p + page, (size_t)page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(q == p + page);
	CHECK_EQ(0, q[0]);
	CHECK_EQ('a', p[0]);
	CHECK_EQ('a', p[2 * page]);
#ifdef MAP_FIXED_NOREPLACE
	errno = 0;
	CHECK(mmap(p, (size_t)page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
		  -1, 0) == MAP_FAILED);
	CHECK_EQ(EEXIST, errno);
#endif
}

static void map_errors(void)
{
	page = sysconf(_SC_PAGESIZE);
	size_t n = (size_t)page;
	CHECK_ERRNO(EINVAL, (long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	CHECK_ERRNO(EBADF, (long)mmap(NULL, n, PROT_READ, MAP_PRIVATE, -1, 0));
	CHECK_ERRNO(EINVAL, (long)mmap(NULL, n, PROT_READ, MAP_ANONYMOUS, -1, 0));
	CHECK_ERRNO(ENOMEM,
	    (long)mmap(NULL, (size_t)1 << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	CHECK_ERRNO(EINVAL,
	    (long)mmap((void *)1, n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	int fd = open("/dev/null", O_RDONLY);
	CHECK_ERRNO(ENODEV, (long)mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0));
	close(fd);
	enter_work_dir();
	fd = open("f", O_WRONLY | O_CREAT, 0600);
	CHECK_ERRNO(EACCES, (long)mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0));
	close(fd);
	fd = open("f", O_RDONLY);
	CHECK_ERRNO(EACCES, (long)mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	CHECK_ERRNO(EINVAL, (long)mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 1));
	close(fd);
	unlink("f");
	leave_work_dir();
}

static void file_private(void)
{
	page = sysconf(_SC_PAGESIZE);
	enter_work_dir();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(10, write(fd, "0123456789", 10));
	char *p = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0), c;
	CHECK(p != MAP_FAILED);
	p[3] = 'X';
	CHECK_EQ(1, pread(fd, &c, 1, 3));
	CHECK_EQ('3', c);
	CHECK_EQ('X', p[3]);
	CHECK_EQ(0, close(fd)); /* the mapping keeps the file */
	CHECK_EQ(0, unlink("f"));
	CHECK_EQ('9', p[9]);
	CHECK_EQ(0, munmap(p, (size_t)page));
	leave_work_dir();
}

static void file_shared(void)
{
	page = sysconf(_SC_PAGESIZE);
	enter_work_dir();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(0, ftruncate(fd, 2 * page));
	char *p = mmap(NULL, (size_t)(2 * page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
	     buf[6] = "";
	CHECK(p != MAP_FAILED);
	memcpy(p + page, "shared", 6);
	CHECK_EQ(6, pread(fd, buf, 6, page));
	CHECK(!memcmp(buf, "shared", 6));
	CHECK_EQ(3, pwrite(fd, "new", 3, page));
	CHECK(!memcmp(p + page, "newred", 6));
	CHECK_EQ(0, msync(p, (size_t)(2 * page), MS_SYNC));
	CHECK_EQ(0, munmap(p, (size_t)(2 * page)));
	close(fd);
	unlink("f");
	leave_work_dir();
}

static void file_truncated(void)
{
	catch_faults();
	enter_work_dir();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(0, ftruncate(fd, 3 * page));
	char *p = mmap(NULL, (size_t)(3 * page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	memset(p, 'q', (size_t)(3 * page));
	CHECK_EQ(0, ftruncate(fd, page));
	CHECK_EQ('q', p[page - 1]);
	EXPECT_FAULT(SIGBUS, BUS_ADRERR, p + page, sink = *(volatile char *)(p + page));
	CHECK_EQ(0, ftruncate(fd, 2 * page));
	CHECK_EQ(0, p[page]); /* what comes back is zero */
	close(fd);
	unlink("f");
	munmap(p, (size_t)(3 * page));
	leave_work_dir();
}

static void madvise_dontneed(void)
{
	page = sysconf(_SC_PAGESIZE);
	char *p = map_pages(4, PROT_READ | PROT_WRITE);
	memset(p, 'd', (size_t)(4 * page));
	CHECK_EQ(0, madvise(p + page, (size_t)page, MADV_DONTNEED));
	CHECK_EQ('d', p[0]);
	CHECK_EQ(0, p[page]);
	CHECK_EQ('d', p[2 * page]);
	CHECK_ERRNO(EINVAL, madvise(p + 1, (size_t)page, MADV_DONTNEED));
}

static void mremap_moves(void)
{
	page = sysconf(_SC_PAGESIZE);
	char *p = map_pages(2, PROT_READ | PROT_WRITE);
	memset(p, 'm', (size_t)(2 * page));
	char *q = mremap(p, (size_t)(2 * page), (size_t)(50 * page), MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	CHECK_EQ('m', q[2 * page - 1]);
	CHECK_EQ(0, q[2 * page]);
	q[50 * page - 1] = 1;
	char *r = mremap(q, (size_t)(50 * page), (size_t)page, 0);
	CHECK(r == q);
	CHECK_EQ('m', r[0]);
	CHECK_ERRNO(
	    EFAULT, (long)mremap(r + page, (size_t)page, (size_t)(2 * page), MREMAP_MAYMOVE));
}

static void sparse_reserve(void)
{
	size_t size = (size_t)4 << 30;
	char *p = mmap(
	    NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(p != MAP_FAILED);
	for (size_t i = 0; i < size; i += size / 16)
		p[i] = 1;
	CHECK_EQ(0, p[size / 32]);
	CHECK_EQ(0, munmap(p, size));
}

static void brk_moves(void)
{
	catch_faults();
	char *start = sbrk(0);
	CHECK(start != (void *)-1);
	char *p = sbrk(10 * page);
	CHECK(p == start);
	memset(p, 'b', (size_t)(10 * page));
	CHECK(sbrk(-10 * page) == start + 10 * page);
	CHECK(sbrk(0) == start);
	sbrk(10 * page);
	CHECK_EQ(0, start[9 * page]); /* fresh again */
	CHECK(sbrk((intptr_t)1 << 50) == (void *)-1);
	CHECK_EQ(ENOMEM, errno);
	CHECK(sbrk(0) == start + 10 * page);
}

/* --- the stack --- */

static int __attribute__((noinline)) deep(int n)
{
	volatile char frame[4000];

	frame[0] = (char)n;
	frame[3999] = (char)n;
	return n ? deep(n - 1) + (frame[0] == (char)n) : 0;
}

static void stack_grows(void)
{
	CHECK_EQ(1500, deep(1500)); /* 6 MB of the usual 8 */
}

static void overflow(void)
{
	deep(1 << 20);
}

static void stack_overflow(void)
{
	int status = in_child(overflow);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(SIGSEGV, WTERMSIG(status));
}

static void stack_limit(void)
{
	struct rlimit r = {1 << 20, 1 << 20};
	CHECK_EQ(0, setrlimit(RLIMIT_STACK, &r));
	CHECK_EQ(100, deep(100));
	int status = in_child(stack_grows);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(SIGSEGV, WTERMSIG(status));
}

static void many_maps(void)
{
	page = sysconf(_SC_PAGESIZE);
	enum { N = 500 };
	char *p[N];
	for (int i = 0; i < N; i++) {
		p[i] = map_pages(1 + i % 3, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ);
		if (i % 2)
			p[i][0] = (char)i;
	}
	for (int i = 1; i < N; i += 2)
		CHECK_EQ((char)i, p[i][0]);
	for (int i = 0; i < N; i++)
		CHECK_EQ(0, munmap(p[i], (size_t)(page * (1 + i % 3))));
}

static void exhaust(void)
{
	struct rlimit r = {64 << 20, 64 << 20};
	CHECK_EQ(0, setrlimit(RLIMIT_AS, &r));
	int n = 0;
	while (n < 1000 && mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1, 0) != MAP_FAILED)
		n++;
	CHECK(n > 10 && n < 64);
	CHECK_EQ(ENOMEM, errno);
}

/* Takes memory and writes to it until there is none. */
static void eat_everything(void)
{
	page = sysconf(_SC_PAGESIZE);
	for (;;) {
		char *p = mmap(
		    NULL, 1 << 22, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED) {
			printf("no memory\n");
			exit(1);
		}
		for (long i = 0; i < 1 << 22; i += page)
			p[i] = 1;
	}
}

SUBCOMMANDS({"eat_everything", eat_everything}, {"segv_maperr", segv_maperr},
    {"segv_accerr", segv_accerr}, {"segv_exec", segv_exec},
    {"segv_kernel_address", segv_kernel_address}, {"mprotect", mprotect_changes},
    {"bus_past_end", bus_past_end}, {"cow", cow}, {"cow_tree", cow_tree}, {"cow_data", cow_data},
    {"cow_by_read", cow_by_read}, {"shared_anonymous", shared_anonymous},
    {"anonymous_zero", anonymous_zero}, {"munmap_hole", munmap_hole}, {"map_fixed", map_fixed},
    {"map_errors", map_errors}, {"file_private", file_private}, {"file_shared", file_shared},
    {"file_truncated", file_truncated}, {"madvise", madvise_dontneed}, {"mremap", mremap_moves},
    {"sparse_reserve", sparse_reserve}, {"brk", brk_moves}, {"stack_grows", stack_grows},
    {"stack_overflow", stack_overflow}, {"stack_limit", stack_limit}, {"many_maps", many_maps},
    {"rlimit_as", exhaust})
