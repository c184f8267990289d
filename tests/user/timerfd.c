/* timerfd_create(2), eventfd(2): counters behind descriptors. */
#include "check.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

static struct itimerspec spec(int64_t value, int64_t interval)
{
	return (struct itimerspec){.it_value = {value / 1000000000, value % 1000000000},
	    .it_interval = {interval / 1000000000, interval % 1000000000}};
}

static int64_t clock_ns(int clock)
{
	struct timespec t;

	CHECK_EQ(0, clock_gettime(clock, &t));
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

#define MS 1000000LL

static void once(void)
{
	static const int clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME};
	uint64_t n;

	for (int i = 0; i < 3; i++) {
		int fd = timerfd_create(clocks[i], TFD_CLOEXEC);
		struct itimerspec s = spec(20 * MS, 0), now;
		int64_t start = now_ns();

		CHECK(fd >= 0);
		CHECK_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
		CHECK_EQ(0, timerfd_gettime(fd, &now));
		CHECK(!now.it_value.tv_sec && !now.it_value.tv_nsec);
		CHECK_EQ(0, timerfd_settime(fd, 0, &s, &now));
		CHECK(!now.it_value.tv_sec && !now.it_value.tv_nsec);
		CHECK_EQ(8, read(fd, &n, 8));
		CHECK_EQ(1, n);
		CHECK(now_ns() - start >= 20 * MS);
		CHECK_EQ(0, timerfd_gettime(fd, &now));
		CHECK(!now.it_value.tv_sec && !now.it_value.tv_nsec);
		close(fd);
	}
}

static void periodic(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec s = spec(5 * MS, 5 * MS), now;
	int64_t start = now_ns();
	uint64_t n, sum = 0;

	CHECK_EQ(0, timerfd_settime(fd, 0, &s, NULL));
	sleep_ms(52); /* ten have come by then at least */
	CHECK_EQ(8, read(fd, &n, 8));
	CHECK(n >= 10 && (int64_t)n <= (now_ns() - start) / (5 * MS));
	do /* 0: due, not yet handled */
		CHECK_EQ(0, timerfd_gettime(fd, &now));
	while (!now.it_value.tv_sec && !now.it_value.tv_nsec);
	CHECK_EQ(5 * MS, now.it_interval.tv_nsec);
	CHECK(!now.it_value.tv_sec && now.it_value.tv_nsec <= 5 * MS);
	for (sum = n; sum < 20; sum += n) {
		struct pollfd p = {fd, POLLIN, 0};
		CHECK_EQ(1, poll(&p, 1, -1));
		CHECK_EQ(POLLIN, p.revents);
		CHECK_EQ(8, read(fd, &n, 8));
		CHECK(n > 0);
	}
	CHECK((int64_t)sum <= (now_ns() - start) / (5 * MS));
	CHECK(now_ns() - start >= (int64_t)sum * 5 * MS); /* never early */
	s = spec(0, 5 * MS);
	CHECK_EQ(0, timerfd_settime(fd, 0, &s, &now));
	CHECK_EQ(5 * MS, now.it_interval.tv_nsec);
	CHECK_ERRNO(EAGAIN, read(fd, &n, 8));
}

static void absolute(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, 0);
	int64_t start = now_ns();
	struct itimerspec s = spec(clock_ns(CLOCK_REALTIME) + 20 * MS, 0);
	uint64_t n;

	CHECK_EQ(0, timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL));
	CHECK_EQ(8, read(fd, &n, 8));
	CHECK(now_ns() - start >= 19 * MS);
	s = spec(1, 0); /* long past */
	CHECK_EQ(0, timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL));
	CHECK_EQ(8, read(fd, &n, 8));
	CHECK_EQ(1, n);
	/* A period that began in the past has come as often as it fits in. */
	s = spec(clock_ns(CLOCK_REALTIME) - 100 * MS, 10 * MS);
	CHECK_EQ(0, timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL));
	CHECK_EQ(8, read(fd, &n, 8));
	CHECK(n >= 11);
	s = spec(INT64_MAX, 0);
	s.it_value.tv_sec = INT64_MAX;
	CHECK_EQ(0, timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL));
	CHECK_EQ(0, timerfd_gettime(fd, &s));
	CHECK(s.it_value.tv_sec > 1000000);
}

static void bad_input(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), ev = eventfd(0, 0);
	struct itimerspec s = spec(1, 0), bad = spec(1, 0);
	uint64_t n = 0;
	char buf[16] = {0};

	CHECK_ERRNO(EINVAL, timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
	CHECK_ERRNO(EINVAL, timerfd_create(CLOCK_TAI, 0));
	CHECK_ERRNO(EINVAL, timerfd_create(CLOCK_MONOTONIC, 1));
	CHECK_ERRNO(EINVAL, timerfd_settime(fd, 4, &s, NULL));
	bad.it_value.tv_nsec = 1000000000;
	CHECK_ERRNO(EINVAL, timerfd_settime(fd, 0, &bad, NULL));
	bad = spec(1, 0);
	bad.it_interval.tv_sec = -1;
	CHECK_ERRNO(EINVAL, timerfd_settime(fd, 0, &bad, NULL));
	CHECK_ERRNO(EFAULT, syscall(SYS_timerfd_settime, 99, 0, NULL, NULL));
	CHECK_ERRNO(EBADF, timerfd_settime(99, 0, &s, NULL));
	CHECK_ERRNO(EINVAL, timerfd_settime(ev, 0, &s, NULL));
	CHECK_ERRNO(EBADF, timerfd_gettime(99, &s));
	CHECK_ERRNO(EINVAL, timerfd_gettime(ev, &s));
	CHECK_ERRNO(EFAULT, syscall(SYS_timerfd_gettime, fd, 8L));
	CHECK_ERRNO(EINVAL, read(fd, buf, 7));
	CHECK_ERRNO(EAGAIN, read(fd, buf, 16));
	CHECK_ERRNO(EINVAL, write(fd, buf, 8));
	CHECK_ERRNO(ESPIPE, pread(fd, buf, 8, 0));
	CHECK_EQ(0, lseek(fd, 5, SEEK_SET));
	CHECK_ERRNO(ENOTTY, ioctl(fd, 0x5401, &n));
	CHECK_ERRNO(EINVAL, ioctl(fd, 0x40085400, &n));
	n = 7;
	CHECK_EQ(0, ioctl(fd, 0x40085400, &n)); /* TFD_IOC_SET_TICKS */
	CHECK_EQ(8, read(fd, buf, 16));
	CHECK_EQ(7, buf[0]);
}

/* An epoll that watches a timer is told of each expiry, edge or level. */
static void epoll_timer(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0), ep = epoll_create1(0);
	struct epoll_event e = {.events = EPOLLIN | EPOLLET};
	struct itimerspec s = spec(2 * MS, 0);
	uint64_t n;

	CHECK_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(0, timerfd_settime(fd, 0, &s, NULL));
		CHECK_EQ(1, epoll_wait(ep, &e, 1, -1));
		CHECK_EQ(0, epoll_wait(ep, &e, 1, 0));
	}
	CHECK_EQ(8, read(fd, &n, 8));
	CHECK_EQ(1, n);
}

static void interrupted(int sig)
{
	(void)sig;
}

static void interrupt(void)
{
	struct sigaction sa = {.sa_handler = interrupted};
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	struct itimerspec s = spec(3600 * 1000 * MS, 0);
	uint64_t n;

	sigaction(SIGALRM, &sa, NULL);
	CHECK_EQ(0, timerfd_settime(fd, 0, &s, NULL));
	ualarm(10000, 10000);
	CHECK_ERRNO(EINTR, read(fd, &n, 8));
}

/* Root only: the wall clock is set and set back. */
static void clock_set(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	int rel = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	int cancel = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
	int64_t now = clock_ns(CLOCK_REALTIME);
	struct itimerspec s = spec(now + 3600 * 1000 * MS, 0), far = spec(3600 * 1000 * MS, 0);
	uint64_t n;

	CHECK_EQ(0, timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL));
	CHECK_EQ(0, timerfd_settime(cancel, flags, &s, NULL));
	CHECK_EQ(0, timerfd_settime(rel, 0, &far, NULL));
	struct timespec ahead = s.it_value;
	ahead.tv_sec++;
	CHECK_EQ(0, clock_settime(CLOCK_REALTIME, &ahead));
	struct pollfd p[2] = {{fd, POLLIN, 0}, {cancel, POLLIN, 0}};
	CHECK_EQ(1, poll(p, 1, -1));
	CHECK_EQ(8, read(fd, &n, 8));
	CHECK_EQ(1, n);
	CHECK_EQ(1, poll(p + 1, 1, -1));
	CHECK_ERRNO(ECANCELED, read(cancel, &n, 8));
	CHECK_ERRNO(EAGAIN, read(rel, &n, 8)); /* a span is not moved */
	now += 5 * MS;
	struct timespec back = {now / 1000000000, now % 1000000000};
	CHECK_EQ(0, clock_settime(CLOCK_REALTIME, &back));
	s = spec(now + 3600 * 1000 * MS, 0);
	CHECK_ERRNO(ECANCELED, timerfd_settime(cancel, flags, &s, NULL));
	CHECK_EQ(0, timerfd_settime(cancel, flags, &s, NULL));
	CHECK_ERRNO(EAGAIN, read(fd, &n, 8));
}

static void fdinfo_has(int fd, const char *want)
{
	char path[64], buf[1024];
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	int f = open(path, O_RDONLY);
	CHECK(f >= 0);
	ssize_t n = read(f, buf, sizeof(buf) - 1);
	CHECK(n > 0);
	buf[n] = 0;
	if (!strstr(buf, want))
		FAIL("\"%s\" is not in \"%s\"", want, buf);
	close(f);
}

static void fdinfo(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), ev = eventfd(255, EFD_SEMAPHORE);
	struct itimerspec s = spec(0, 0);
	char line[128];

	s.it_value.tv_sec = 1000;
	s.it_interval = (struct timespec){3, 4};
	CHECK_EQ(0, timerfd_settime(fd, 0, &s, NULL));
	fdinfo_has(fd, "pos:\t0\nflags:\t04002\nmnt_id:\t");
	fdinfo_has(fd, "\nclockid: 1\nticks: 0\nsettime flags: 00\nit_value: (999, ");
	fdinfo_has(fd, ")\nit_interval: (3, 4)\n");
	fdinfo_has(ev, "\neventfd-count:               ff\neventfd-id: ");
	fdinfo_has(ev, "\neventfd-semaphore: 1\n");
	int ep = epoll_create1(0);
	struct epoll_event e = {.events = EPOLLIN, .data.u64 = 0xabc};
	CHECK_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, ev, &e));
	snprintf(line, sizeof(line), "tfd: %8d events: %8x data: %16llx  pos:0 ino:", ev,
	    EPOLLIN | EPOLLERR | EPOLLHUP, 0xabcULL);
	fdinfo_has(ep, line);
}

static void event(void)
{
	int fd = eventfd(3, EFD_NONBLOCK), sem = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	struct pollfd p = {fd, POLLIN | POLLOUT, 0};
	uint64_t n = 4, buf[2] = {1, 1};

	CHECK_ERRNO(EINVAL, eventfd(0, 8));
	CHECK_EQ(8, write(fd, &n, 8));
	CHECK_EQ(8, read(fd, buf, 16));
	CHECK_EQ(7, buf[0]);
	CHECK_ERRNO(EAGAIN, read(fd, &n, 8));
	CHECK_ERRNO(EINVAL, read(fd, &n, 7));
	CHECK_ERRNO(EINVAL, write(fd, buf, 7));
	CHECK_ERRNO(EINVAL, write(fd, buf, 16));
	CHECK_EQ(1, poll(&p, 1, 0));
	CHECK_EQ(POLLOUT, p.revents);
	n = UINT64_MAX;
	CHECK_ERRNO(EINVAL, write(fd, &n, 8));
	n = UINT64_MAX - 1;
	CHECK_EQ(8, write(fd, &n, 8));
	n = 1;
	CHECK_ERRNO(EAGAIN, write(fd, &n, 8));
	CHECK_EQ(1, poll(&p, 1, 0));
	CHECK_EQ(POLLIN, p.revents);
	n = 0;
	CHECK_EQ(8, write(fd, &n, 8));
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(8, read(sem, &n, 8));
		CHECK_EQ(1, n);
	}
	CHECK_ERRNO(EAGAIN, read(sem, &n, 8));
	CHECK_EQ(0, lseek(fd, 9, SEEK_END));
}

SUBCOMMANDS({"once", once}, {"periodic", periodic}, {"absolute", absolute},
    {"bad_input", bad_input}, {"epoll", epoll_timer}, {"interrupt", interrupt},
    {"clock_set", clock_set}, {"fdinfo", fdinfo}, {"eventfd", event})
