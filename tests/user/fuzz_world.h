/*
 * What the calls of one process meet: a folder of files, descriptors of every kind, mappings of
 * every kind. Made by calls that may fail: what a kernel does not have is not there.
 */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include "fuzz_values.h"

#include <dirent.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>

#define SANDBOX "/tmp/fuzz"     /* a mount, which goes with all that is in it */
#define ROOT    SANDBOX "/root" /* below the mount, so that nobody in it can unmount it */

/* The root that processes see. */
static void make_sandbox(void)
{
	static const struct {
		const char *name;
		int minor;
	} devices[] = {{"null", 3}, {"zero", 5}, {"full", 7}, {"random", 8}, {"urandom", 9}};

	mkdir("/tmp", 01777);
	CHECK(!mkdir(SANDBOX, 0777) || errno == EEXIST);
	CHECK_EQ(0, mount("tmpfs", SANDBOX, "tmpfs", 0, "mode=0777,size=16m"));
	CHECK_EQ(0, mkdir(ROOT, 0777));
	CHECK_EQ(0, chdir(ROOT));
	umask(0);
	for (const char *const *d =
		 (const char *const[]){"d", "dev", "dev/pts", "proc", "mnt", NULL};
	    *d; d++)
		CHECK_EQ(0, mkdir(*d, 0777));
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		char path[32];
		snprintf(path, sizeof(path), "dev/%s", devices[i].name);
		mknod(path, S_IFCHR | 0666, makedev(1, (unsigned)devices[i].minor));
	}
	mknod("dev/tty", S_IFCHR | 0666, makedev(5, 0));
	mknod("dev/ptmx", S_IFCHR | 0666, makedev(5, 2));
	mount("devpts", ROOT "/dev/pts", "devpts", 0, "ptmxmode=666");
	mount("proc", ROOT "/proc", "proc", 0, NULL);
}

static void remove_sandbox(void)
{
	CHECK_EQ(0, chdir("/"));
	for (const char *const *m = (const char *const[]){"/proc", "/dev/pts", "/mnt", "/d", NULL};
	    *m; m++) {
		char path[64];
		snprintf(path, sizeof(path), ROOT "%s", *m);
		while (!umount2(path, MNT_DETACH))
			;
	}
	while (!umount2(SANDBOX, MNT_DETACH))
		;
	CHECK_EQ(0, rmdir(SANDBOX));
}

/* Objects of System V IPC outlive their makers. */
static void remove_ipc(void)
{
	union {
		struct msqid_ds queue;
		struct semid_ds set;
		struct shmid_ds segment;
	} found;
	int id;

	for (int i = 0; i < 1024; i++) {
		if ((id = msgctl(i, MSG_STAT, &found.queue)) >= 0)
			msgctl(id, IPC_RMID, NULL);
		if ((id = semctl(i, 0, SEM_STAT, &found)) >= 0)
			semctl(id, 0, IPC_RMID);
		if ((id = shmctl(i, SHM_STAT, &found.segment)) >= 0)
			shmctl(id, IPC_RMID, NULL);
	}
}

/* So do POSIX message queues. Still in the sandbox. */
static void remove_queues(void)
{
	DIR *d;
	struct dirent *e;

	mkdir(SANDBOX "/mqueue", 0700);
	if (mount("mqueue", SANDBOX "/mqueue", "mqueue", 0, NULL))
		return;
	d = opendir(SANDBOX "/mqueue");
	while (d && (e = readdir(d)))
		syscall(SYS_mq_unlink, e->d_name);
	if (d)
		closedir(d);
	umount2(SANDBOX "/mqueue", MNT_DETACH);
}

static void copy_program(const char *from, const char *to)
{
	static char bytes[1 << 20];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	ssize_t n;

	while (in >= 0 && (n = read(in, bytes, sizeof(bytes))) > 0 &&
	       write(out, bytes, (size_t)n) == n)
		;
	close(in);
	close(out);
}

/* What another process may have taken away is made again. */
static void make_files(void)
{
	int fd;

	mkdir("d", 0777);
	mkdir("mnt", 0777);
	if ((fd = open("a", O_RDWR | O_CREAT, 0666)) >= 0 && ftruncate(fd, 10000) == 0)
		pwrite(fd, "contents", 8, 0);
	close(fd);
	close(open("d/a", O_RDWR | O_CREAT, 0666));
	if ((fd = open("s", O_WRONLY | O_CREAT | O_TRUNC, 0755)) >= 0)
		write(fd, "#!x one\n", 8);
	close(fd);
	mkfifo("p", 0666);
	symlink("a", "l");
	symlink("loop", "loop");
	link("a", "b");
}

static void open_files(void)
{
	static const char *const paths[] = {"/proc/self/maps", "/proc/self/status",
	    "/proc/self/mem", "/proc/self/fd", "/proc/self/task", "/proc/self/comm",
	    "/proc/meminfo", "/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "a", "d", "."};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		int fd = open(paths[i], O_RDWR | O_NONBLOCK);
		if (fd < 0)
			open(paths[i], O_RDONLY | O_NONBLOCK);
	}
	open("a", O_RDONLY);
	open("a", O_WRONLY | O_APPEND);
	open("d", O_PATH);
	open("p", O_RDWR | O_NONBLOCK);
	open(".", O_TMPFILE | O_RDWR, 0600);
}

static void open_pty(void)
{
	int n, no = 0, fd = open("/dev/ptmx", O_RDWR | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || ioctl(fd, TIOCSPTLCK, &no) || ioctl(fd, TIOCGPTN, &n))
		return;
	char path[32];
	snprintf(path, sizeof(path), "/dev/pts/%d", n);
	open(path, O_RDWR | O_NONBLOCK); /* the controlling terminal of a session without one */
}

static void open_others(void)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
	struct epoll_event e = {EPOLLIN | EPOLLOUT, {.u64 = 1}};
	sigset_t set;
	int fds[2];

	pipe2(fds, O_NONBLOCK);
	pipe2(fds, 0);
	int event = eventfd(3, EFD_NONBLOCK);
	int poll = epoll_create1(0);
	epoll_ctl(poll, EPOLL_CTL_ADD, event, &e);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	signalfd(-1, &set, SFD_NONBLOCK);
	timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	ftruncate(memfd_create("fuzz", MFD_ALLOW_SEALING), 8192);
	syscall(SYS_pidfd_open, getpid(), 0);
	for (int i = 0; i < 3; i++)
		socketpair(AF_UNIX, types[i] | SOCK_NONBLOCK, 0, fds);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un a = {AF_UNIX, "sock0"};
	unlink("sock0");
	if (!bind(listener, (struct sockaddr *)&a, sizeof(a)))
		listen(listener, 4);
	syscall(SYS_inotify_init1, O_NONBLOCK);
	syscall(SYS_userfaultfd, O_NONBLOCK);
}

/* Every descriptor goes, and comes again. Three stay free, for calls that open. */
static void open_world(void)
{
	for (int fd = 0; fd < 2 * FDS; fd++)
		close(fd);
	make_files();
	open_files();
	open_pty();
	open_others();
}

static void limit(int resource, rlim_t n)
{
	struct rlimit r = {n, n};

	setrlimit(resource, &r);
}

static void set_limits(void)
{
	limit(RLIMIT_AS, 128 << 20);
	limit(RLIMIT_FSIZE, 256 << 10);
	limit(RLIMIT_NOFILE, 2 * FDS);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_STACK, 1 << 20);
	limit(RLIMIT_NPROC, 200);
}

static char *make_arena(void)
{
	int fd = open("map", O_RDWR | O_CREAT, 0666);
	char *a = mmap(
	    NULL, (PAGES + 20) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(a != MAP_FAILED);
	ftruncate(fd, PAGE / 2);
	munmap(a + HOLE_PAGE * PAGE, PAGE);
	mprotect(a + RO_PAGE * PAGE, PAGE, PROT_READ);
	mprotect(a + NONE_PAGE * PAGE, PAGE, PROT_NONE);
	mmap(a + FILE_PAGE * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	close(fd);
	return a;
}

#endif
