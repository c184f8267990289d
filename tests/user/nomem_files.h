/* nomem's operations on files and descriptors, and what comes before and after them. */
#ifndef NOMEM_FILES_H
#define NOMEM_FILES_H

#include "check.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>

#define PAGE 4096

static long made = -1; /* what the last go gave: a descriptor, an address, a process */
static int pair[2] = {-1, -1};

/* --- the operations: each gives its result, or -1 with errno --- */

static long op_open(void)
{
	return made = open("file", O_RDWR);
}

static long op_create(void)
{
	return made = open("new", O_RDWR | O_CREAT | O_EXCL, 0600);
}

static long op_directory(void)
{
	return made = open("/proc/self", O_RDONLY | O_DIRECTORY);
}

static long op_ptmx(void)
{
	return made = open("/dev/ptmx", O_RDWR | O_NOCTTY);
}

static long op_tmpfile(void)
{
	return made = open(".", O_RDWR | O_TMPFILE, 0600);
}

static long op_pipe(void)
{
	return pipe2(pair, 0);
}

static long op_socket(void)
{
	return made = socket(AF_UNIX, SOCK_STREAM, 0);
}

static long op_socketpair(void)
{
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static long op_bind(void)
{
	struct sockaddr_un a = {AF_UNIX, "sock"};
	return bind(pair[0], (struct sockaddr *)&a, sizeof(a));
}

static long op_connect(void)
{
	struct sockaddr_un a = {AF_UNIX, "listener"};
	return connect(pair[0], (struct sockaddr *)&a, sizeof(a));
}

static long op_sendmsg(void)
{
	char control[CMSG_SPACE(2 * sizeof(int))] = {0}, byte = 'x';
	struct iovec v = {&byte, 1};
	struct msghdr m = {.msg_iov = &v,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(c), (int[]){0, 1}, 2 * sizeof(int));
	return sendmsg(pair[0], &m, 0);
}

static long op_epoll(void)
{
	return made = epoll_create1(0);
}

static long op_epoll_add(void)
{
	struct epoll_event e = {EPOLLIN, {.fd = 0}};
	return epoll_ctl(pair[0], EPOLL_CTL_ADD, 0, &e);
}

static long op_eventfd(void)
{
	return made = eventfd(0, 0);
}

static long op_signalfd(void)
{
	sigset_t set;
	sigemptyset(&set);
	return made = signalfd(-1, &set, 0);
}

static long op_timerfd(void)
{
	return made = timerfd_create(CLOCK_MONOTONIC, 0);
}

static long op_pidfd(void)
{
	return made = syscall(SYS_pidfd_open, getpid(), 0);
}

static long op_memfd(void)
{
	return made = memfd_create("memfd", 0);
}

static long op_mkdir(void)
{
	return mkdir("dir", 0700);
}

static long op_symlink(void)
{
	return symlink("target", "link");
}

static long op_link(void)
{
	return link("file", "hard");
}

static long op_rename(void)
{
	return rename("file", "renamed");
}

static long op_mount(void)
{
	return mount("tmpfs", "mnt", "tmpfs", 0, "size=64k");
}

static long op_write(void)
{
	char text[3 * PAGE];
	memset(text, 'w', sizeof(text));
	long n = pwrite(pair[0], text, sizeof(text), 0);
	return n >= 0 && n < (long)sizeof(text) ? (errno = ENOMEM, -1)
						: n; /* a short one will do */
}

static long op_fallocate(void)
{
	return fallocate(pair[0], 0, 0, 5 * PAGE);
}

static long op_lock(void)
{
	struct flock l = {.l_type = F_WRLCK, .l_start = 10, .l_len = 10};
	return fcntl(pair[0], F_SETLK, &l);
}

static long op_flock(void)
{
	return flock(pair[0], LOCK_EX);
}

static long op_dup_far(void)
{
	return made = fcntl(0, F_DUPFD, 700);
}

static long op_setxattr(void)
{
	return fsetxattr(pair[0], "trusted.x", "value", 5, 0);
}

static long op_getdents(void)
{
	char buf[2048];
	lseek(pair[0], 0, SEEK_SET);
	return syscall(SYS_getdents64, pair[0], buf, sizeof(buf));
}

static long op_readlink(void)
{
	char buf[100];
	return readlink("/proc/self/exe", buf, sizeof(buf));
}

static long op_getcwd(void)
{
	char buf[PATH_MAX];
	return syscall(SYS_getcwd, buf, sizeof(buf));
}

static long op_chdir(void)
{
	return chdir("dir");
}

/* --- what comes before the first, and after each that succeeded --- */

static void with_pipe(void)
{
	CHECK_EQ(0, pipe2(pair, O_NONBLOCK));
}

static void with_file(void)
{
	CHECK((pair[0] = open("file", O_RDWR)) >= 0);
}

static void with_folder(void)
{
	CHECK((pair[0] = open(".", O_RDONLY)) >= 0);
}

static void with_socket(void)
{
	CHECK((pair[0] = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
}

static void with_sockets(void)
{
	CHECK_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

static void with_listener(void)
{
	struct sockaddr_un a = {AF_UNIX, "listener"};
	with_socket();
	pair[1] = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(0, bind(pair[1], (struct sockaddr *)&a, sizeof(a)));
	CHECK_EQ(0, listen(pair[1], 5));
}

static void with_epoll(void)
{
	CHECK((pair[0] = epoll_create1(0)) >= 0);
}

static void with_dir(void)
{
	CHECK_EQ(0, mkdir("dir", 0700));
}

static void with_mnt(void)
{
	CHECK_EQ(0, mkdir("mnt", 0700));
}

static void close_it(void)
{
	close((int)made);
}

static void close_pair(void)
{
	close(pair[0]);
	close(pair[1]);
}

static void unlink_new(void)
{
	close_it();
	CHECK_EQ(0, unlink("new"));
}

static void remove_names(void)
{
	unlink("link");
	unlink("hard");
	rmdir("dir");
	rename("renamed", "file");
}

static void unbind(void)
{
	CHECK_EQ(0, unlink("sock"));
	close(pair[0]);
	with_socket();
}

static void disconnect(void)
{
	close(pair[0]);
	close(accept(pair[1], NULL, NULL));
	with_socket();
}

static void receive(void)
{
	char byte;
	CHECK_EQ(1, read(pair[1], &byte, 1)); /* what came with it is dropped */
}

static void epoll_remove(void)
{
	CHECK_EQ(0, epoll_ctl(pair[0], EPOLL_CTL_DEL, 0, NULL));
}

static void unmount(void)
{
	CHECK_EQ(0, umount("mnt"));
}

static void empty_file(void)
{
	CHECK_EQ(0, ftruncate(pair[0], 0));
}

static void unlock(void)
{
	struct flock l = {.l_type = F_UNLCK};
	CHECK_EQ(0, fcntl(pair[0], F_SETLK, &l));
	CHECK_EQ(0, flock(pair[0], LOCK_UN));
}

static void no_attribute(void)
{
	CHECK_EQ(0, fremovexattr(pair[0], "trusted.x"));
}

static void chdir_back(void)
{
	CHECK_EQ(0, chdir(".."));
}

#endif
