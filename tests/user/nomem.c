/*
 * One operation again and again, for tests that make allocations in it fail. For each line "go" of
 * the input: does it and prints "ok" or the error's name; for each line "undo": undoes what
 * succeeded, and prints "clean" if descriptors and mappings are as they were.
 */
#include "nomem_files.h"

static char *map;

/* --- operations on memory, processes, signals --- */

static long op_mmap(void)
{
	char *p = mmap(NULL, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	made = (long)p;
	return p == MAP_FAILED ? -1 : 0;
}

static long op_mmap_shared(void)
{
	char *p = mmap(NULL, 5 * PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	made = (long)p;
	return p == MAP_FAILED ? -1 : 0;
}

static long op_mmap_file(void)
{
	char *p = mmap(
	    NULL, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, pair[0], 0);
	made = (long)p;
	return p == MAP_FAILED ? -1 : 0;
}

/* Splits the area at both ends of the middle page. */
static long op_mmap_fixed(void)
{
	char *p = mmap(map + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return p == MAP_FAILED ? -1 : 0;
}

static long op_munmap(void)
{
	return munmap(map + PAGE, PAGE);
}

static long op_mprotect(void)
{
	return mprotect(map + PAGE, PAGE, PROT_READ);
}

static long op_madvise(void)
{
	return madvise(map + PAGE, PAGE, MADV_DONTFORK);
}

static long op_mlock(void)
{
	return mlock(map + PAGE, PAGE);
}

static long op_mremap(void)
{
	char *p = mremap(map, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, map + 64 * PAGE);
	return p == MAP_FAILED ? -1 : 0;
}

static long op_brk(void)
{
	long end = syscall(SYS_brk, 0);
	return syscall(SYS_brk, end + 16 * PAGE) == end ? (errno = ENOMEM, -1) : 0;
}

static long op_fork(void)
{
	made = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!made)
		_exit(0);
	return made;
}

/* A thread that does nothing: pthread_create's clone, its stack from the cache. */
static void *nothing(void *arg)
{
	return arg;
}

static long op_thread(void)
{
	static pthread_attr_t attr;
	static char stack[65536] __attribute__((aligned(16)));
	pthread_t t;
	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, stack, sizeof(stack));
	int err = pthread_create(&t, &attr, nothing, NULL);
	if (!err)
		return pthread_join(t, NULL);
	/* Linux's ENOMEM comes out of the library as EAGAIN. */
	return errno = err == EAGAIN ? ENOMEM : err, -1;
}

/* Ends this program if it succeeds. */
static long op_exec(void)
{
	char *argv[] = {"hello", "there", NULL}, *env[] = {"A=b", NULL};
	return execve("/tests/bin/hello", argv, env);
}

static long op_poll(void)
{
	struct pollfd p[60];
	for (int i = 0; i < 60; i++)
		p[i] = (struct pollfd){i % 2 ? pair[0] : pair[1], POLLIN, 0};
	struct timespec t = {0, 1000};
	return ppoll(p, 60, &t, NULL);
}

static long op_select(void)
{
	static unsigned long set[64];
	struct timespec t = {0, 1000};
	set[0] = 1UL << pair[0];
	return syscall(SYS_pselect6, 4000, set, NULL, NULL, &t, NULL);
}

static long op_readv(void)
{
	static char bytes[100];
	struct iovec v[100];
	for (int i = 0; i < 100; i++)
		v[i] = (struct iovec){bytes + i, 1};
	return preadv(pair[0], v, 100, 0);
}

static long op_setgroups(void)
{
	gid_t groups[100] = {1, 2, 3};
	return syscall(SYS_setgroups, 100, groups);
}

static long op_setuid(void)
{
	return syscall(SYS_setresuid, 0, 0, 0);
}

static long op_sigqueue(void)
{
	union sigval v = {.sival_int = 1};
	int r = sigqueue(getpid(), SIGRTMIN, v);
	return r < 0 && errno == EAGAIN ? (errno = ENOMEM, -1) : r; /* as sigqueue(3) has it */
}

static long op_timer(void)
{
	int id = -1;
	long r = syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id);
	made = r ? -1 : id;
	return r;
}

static long op_shmget(void)
{
	return made = shmget(IPC_PRIVATE, 3 * PAGE, IPC_CREAT | 0600);
}

/* --- what comes before and after them --- */

static void with_map(void)
{
	CHECK_EQ(map, mmap(map, 3 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memset(map, 1, 3 * PAGE);
}

static void with_signal(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void timer_remove(void)
{
	CHECK_EQ(0, syscall(SYS_timer_delete, made));
}

static void unmap_made(void)
{
	CHECK_EQ(0, munmap((void *)made, 5 * PAGE));
}

static void map_again(void)
{
	munmap(map + 64 * PAGE, 4 * PAGE);
	with_map();
	CHECK_EQ(0, madvise(map, 3 * PAGE, MADV_DOFORK));
}

static void brk_back(void)
{
	syscall(SYS_brk, syscall(SYS_brk, 0) - 16 * PAGE);
}

static void reap(void)
{
	CHECK_EQ(made, waitpid((pid_t)made, NULL, 0));
}

static void take_signal(void)
{
	sigset_t set;
	struct timespec none = {0, 0};
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK_EQ(SIGRTMIN, sigtimedwait(&set, NULL, &none));
}

/* The program that follows does not tidy up. */
static void leave_early(void)
{
	unlink("file");
	leave_work_dir();
}

static void remove_segment(void)
{
	CHECK_EQ(0, shmctl((int)made, IPC_RMID, NULL));
}

static const struct operation {
	const char *name;
	long (*go)(void);
	void (*before)(void), (*undo)(void);
} operations[] = {
    {"open", op_open, NULL, close_it},
    {"create", op_create, NULL, unlink_new},
    {"directory", op_directory, NULL, close_it},
    {"ptmx", op_ptmx, NULL, close_it},
    {"tmpfile", op_tmpfile, NULL, close_it},
    {"pipe", op_pipe, NULL, close_pair},
    {"socket", op_socket, NULL, close_it},
    {"socketpair", op_socketpair, NULL, close_pair},
    {"bind", op_bind, with_socket, unbind},
    {"connect", op_connect, with_listener, disconnect},
    {"sendmsg", op_sendmsg, with_sockets, receive},
    {"epoll", op_epoll, NULL, close_it},
    {"epoll_add", op_epoll_add, with_epoll, epoll_remove},
    {"eventfd", op_eventfd, NULL, close_it},
    {"signalfd", op_signalfd, NULL, close_it},
    {"timerfd", op_timerfd, NULL, close_it},
    {"pidfd", op_pidfd, NULL, close_it},
    {"memfd", op_memfd, NULL, close_it},
    {"timer", op_timer, NULL, timer_remove},
    {"mkdir", op_mkdir, NULL, remove_names},
    {"symlink", op_symlink, NULL, remove_names},
    {"link", op_link, NULL, remove_names},
    {"rename", op_rename, NULL, remove_names},
    {"mount", op_mount, with_mnt, unmount},
    {"write", op_write, with_file, empty_file},
    {"fallocate", op_fallocate, with_file, empty_file},
    {"lock", op_lock, with_file, unlock},
    {"flock", op_flock, with_file, unlock},
    {"dup_far", op_dup_far, NULL, close_it},
    {"mmap", op_mmap, NULL, unmap_made},
    {"mmap_shared", op_mmap_shared, NULL, unmap_made},
    {"mmap_file", op_mmap_file, with_file, unmap_made},
    {"mmap_fixed", op_mmap_fixed, with_map, map_again},
    {"munmap", op_munmap, with_map, map_again},
    {"mprotect", op_mprotect, with_map, map_again},
    {"madvise", op_madvise, with_map, map_again},
    {"mlock", op_mlock, with_map, map_again},
    {"mremap", op_mremap, with_map, map_again},
    {"brk", op_brk, NULL, brk_back},
    {"fork", op_fork, NULL, reap},
    {"thread", op_thread, NULL, NULL},
    {"exec", op_exec, leave_early, NULL},
    {"poll", op_poll, with_pipe, NULL},
    {"select", op_select, with_pipe, NULL},
    {"readv", op_readv, with_file, NULL},
    {"setgroups", op_setgroups, NULL, NULL},
    {"setuid", op_setuid, NULL, NULL},
    {"sigqueue", op_sigqueue, with_signal, take_signal},
    {"setxattr", op_setxattr, with_file, no_attribute},
    {"getdents", op_getdents, with_folder, NULL},
    {"readlink", op_readlink, NULL, NULL},
    {"getcwd", op_getcwd, NULL, NULL},
    {"chdir", op_chdir, with_dir, chdir_back},
    {"shmget", op_shmget, NULL, remove_segment},
};

/* --- the driver --- */

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 1000; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* What the mappings cover and may do, whatever is merged with what. */
static unsigned long mappings(void)
{
	unsigned long sum = 0, from, to;
	char line[512], rights[5];
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && !strstr(line, "[heap]"))
			sum += (to - from) * (unsigned long)(rights[0] + 3 * rights[1] +
							     7 * rights[2] + 11 * rights[3]);
	}
	if (f)
		fclose(f);
	return sum;
}

static void drive(const struct operation *op)
{
	char line[16];
	long result = -1;
	int fds = open_descriptors();
	unsigned long maps = mappings();

	maps = mappings(); /* the C library's buffers are there now */
	while (fgets(line, sizeof(line), stdin)) {
		if (!strcmp(line, "go\n")) {
			errno = 0;
			result = op->go();
			printf("%s\n", result >= 0 ? "ok" : strerrorname_np(errno));
		} else {
			if (result >= 0 && op->undo)
				op->undo();
			result = -1;
			if (open_descriptors() != fds)
				printf("%d descriptors, not %d\n", open_descriptors(), fds);
			else
				printf("%s\n", mappings() == maps ? "clean" : "other mappings");
		}
		fflush(stdout);
	}
}

static void clean_up(void)
{
	remove_names();
	unlink("file");
	unlink("listener");
	rmdir("mnt");
	leave_work_dir();
}

int main(int argc, char **argv)
{
	enter_work_dir();
	close(make_file("file", ""));
	map = mmap(NULL, 100 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_EQ(0, munmap(map, 100 * PAGE));
	for (size_t i = 0; argc > 1 && i < sizeof(operations) / sizeof(*operations); i++) {
		const struct operation *op = &operations[i];
		if (strcmp(op->name, argv[1]))
			continue;
		if (op->before)
			op->before();
		drive(op);
		if (op->before != leave_early)
			clean_up();
		return 0;
	}
	clean_up();
	return 2;
}
