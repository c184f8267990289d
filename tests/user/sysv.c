/* System V semaphores and message queues. */
#include "check.h"

#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

static void ignore(int sig)
{
	(void)sig;
}

/* A key that nobody else uses. */
static key_t own_key(void)
{
	return 0x50000000 + getpid();
}

/* --- semaphores --- */

static int sem_id;

static int sem_do(int num, int op, int flags)
{
	struct sembuf b = {(unsigned short)num, (short)op, (short)flags};
	return semop(sem_id, &b, 1);
}

static int sem_value(int num)
{
	return semctl(sem_id, num, GETVAL);
}

static void sem_make(int n)
{
	sem_id = semget(IPC_PRIVATE, n, 0600);
	CHECK(sem_id >= 0);
}

static void sem_remove(void)
{
	CHECK_EQ(0, semctl(sem_id, 0, IPC_RMID));
}

static void sem(void)
{
	unsigned short values[3] = {1, 2, 3}, got[3];
	struct semid_ds ds;
	sem_make(3);
	CHECK_EQ(0, semctl(sem_id, 0, IPC_STAT, (union semun){.buf = &ds}));
	CHECK_EQ(3, ds.sem_nsems);
	CHECK_EQ(0, ds.sem_otime);
	CHECK_EQ(0, semctl(sem_id, 0, SETALL, (union semun){.array = values}));
	CHECK_EQ(0, semctl(sem_id, 0, GETALL, (union semun){.array = got}));
	CHECK(!memcmp(values, got, sizeof(got)));
	CHECK_EQ(0, sem_do(2, -3, 0));
	CHECK_EQ(0, sem_value(2));
	CHECK_EQ(getpid(), semctl(sem_id, 2, GETPID));
	CHECK_ERRNO(EAGAIN, sem_do(2, -1, IPC_NOWAIT));
	CHECK_EQ(0, sem_do(2, 0, IPC_NOWAIT));
	CHECK_ERRNO(EAGAIN, sem_do(0, 0, IPC_NOWAIT));
	/* All or none. */
	struct sembuf both[2] = {{0, -1, 0}, {2, -1, IPC_NOWAIT}};
	CHECK_ERRNO(EAGAIN, semop(sem_id, both, 2));
	CHECK_EQ(1, sem_value(0));
	CHECK_EQ(0, semctl(sem_id, 0, IPC_STAT, (union semun){.buf = &ds}));
	CHECK(ds.sem_otime > 0);
	sem_remove();
}

static void sem_errors(void)
{
	struct sembuf many[501] = {0};
	struct timespec bad = {0, 2000000000}, zero = {0, 0};
	unsigned short big[2] = {1, 40000};
	CHECK_ERRNO(EINVAL, semget(IPC_PRIVATE, 0, 0600));
	CHECK_ERRNO(EINVAL, semget(IPC_PRIVATE, -1, 0600));
	CHECK_ERRNO(EINVAL, semget(IPC_PRIVATE, 32001, 0600));
	CHECK_ERRNO(ENOENT, semget(own_key(), 1, 0600));
	sem_make(2);
	CHECK_ERRNO(EFBIG, sem_do(2, 1, 0));
	CHECK_ERRNO(EINVAL, semop(sem_id, many, 0));
	CHECK_ERRNO(E2BIG, semop(sem_id, many, 501));
	CHECK_EQ(0, semop(sem_id, many, 500));
	CHECK_ERRNO(EFAULT, semop(sem_id, (void *)8, 1));
	CHECK_ERRNO(EINVAL, semop(-1, many, 1));
	CHECK_ERRNO(EINVAL, semtimedop(sem_id, many, 1, &bad));
	many[0].sem_op = -1;
	CHECK_ERRNO(EAGAIN, semtimedop(sem_id, many, 1, &zero));
	CHECK_ERRNO(ERANGE, semctl(sem_id, 0, SETVAL, (union semun){.val = 32768}));
	CHECK_ERRNO(ERANGE, semctl(sem_id, 0, SETVAL, (union semun){.val = -1}));
	CHECK_ERRNO(ERANGE, semctl(sem_id, 0, SETALL, (union semun){.array = big}));
	CHECK_ERRNO(EINVAL, semctl(sem_id, 2, GETVAL));
	CHECK_ERRNO(EINVAL, semctl(sem_id, -1, GETVAL));
	CHECK_ERRNO(EINVAL, semctl(sem_id, 0, 99));
	CHECK_EQ(0, semctl(sem_id, 0, SETVAL, (union semun){.val = 32767}));
	CHECK_ERRNO(ERANGE, sem_do(0, 1, 0));
	int id = sem_id;
	sem_remove();
	CHECK_ERRNO(EINVAL, semctl(id, 0, GETVAL));
}

static void undoes(void)
{
	CHECK_EQ(0, sem_do(1, 0, SEM_UNDO)); /* a wait for zero: nothing to take back */
	CHECK_EQ(0, sem_do(0, -2, SEM_UNDO));
	CHECK_EQ(0, sem_do(1, 3, SEM_UNDO));
	CHECK_EQ(0, sem_do(1, -1, SEM_UNDO));
	CHECK_EQ(3, sem_value(0));
	CHECK_EQ(2, sem_value(1));
}

static void undoes_after_setval(void)
{
	CHECK_EQ(0, sem_do(0, -2, SEM_UNDO));
	CHECK_EQ(0, semctl(sem_id, 0, SETVAL, (union semun){.val = 7}));
}

static void sem_undo(void)
{
	sem_make(2);
	CHECK_EQ(0, semctl(sem_id, 0, SETVAL, (union semun){.val = 5}));
	CHECK_EQ(0, in_child(undoes));
	CHECK_EQ(5, sem_value(0));
	CHECK_EQ(0, sem_value(1));
	CHECK_EQ(0, in_child(undoes_after_setval));
	CHECK_EQ(7, sem_value(0));
	sem_remove();
}

static pid_t start(void (*fn)(void))
{
	fflush(stdout);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		fn();
		_exit(0);
	}
	return pid;
}

static int end_of(pid_t pid)
{
	int status;
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	return status;
}

static void wait_counts(int num, int cmd, int want)
{
	while (semctl(sem_id, num, cmd) != want)
		sched_yield();
}

static void waits_for_one(void)
{
	CHECK_EQ(0, sem_do(0, -1, 0));
}

static void waits_for_zero(void)
{
	CHECK_EQ(0, sem_do(1, 0, 0));
}

static void sem_wakes(void)
{
	sem_make(2);
	CHECK_EQ(0, sem_do(1, 1, 0));
	pid_t a = start(waits_for_one), b = start(waits_for_one), z = start(waits_for_zero);
	wait_counts(0, GETNCNT, 2);
	wait_counts(1, GETZCNT, 1);
	CHECK_EQ(0, sem_do(0, 1, 0));
	int status;
	pid_t first = wait(&status);
	CHECK(first == a || first == b);
	CHECK_EQ(0, status);
	CHECK_EQ(1, semctl(sem_id, 0, GETNCNT));
	CHECK_EQ(0, sem_value(0));
	CHECK_EQ(0, sem_do(1, -1, 0));
	CHECK_EQ(0, end_of(z));
	CHECK_EQ(0, semctl(sem_id, 0, SETVAL, (union semun){.val = 1}));
	CHECK_EQ(0, end_of(first == a ? b : a));
	sem_remove();
}

static void waits_in_vain(void)
{
	CHECK_ERRNO(EIDRM, sem_do(0, -1, 0));
}

static void is_interrupted(void)
{
	struct sigaction sa = {.sa_handler = ignore, .sa_flags = SA_RESTART};
	sigaction(SIGUSR1, &sa, NULL);
	CHECK_ERRNO(EINTR, sem_do(0, -1, 0));
	struct timespec ms = {0, 3000000};
	struct sembuf b = {0, -1, 0};
	CHECK_ERRNO(EAGAIN, semtimedop(sem_id, &b, 1, &ms));
}

static void sem_sleepers(void)
{
	sem_make(1);
	pid_t p = start(is_interrupted);
	wait_counts(0, GETNCNT, 1);
	CHECK_EQ(0, kill(p, SIGUSR1));
	CHECK_EQ(0, end_of(p));
	p = start(waits_in_vain);
	wait_counts(0, GETNCNT, 1);
	sem_remove();
	CHECK_EQ(0, end_of(p));
}

/* A death in possession of a semaphore lets the next one in. */
static void takes_and_waits(void)
{
	CHECK_EQ(0, sem_do(0, -1, SEM_UNDO));
	pause();
}

static void sem_undo_killed(void)
{
	sem_make(1);
	CHECK_EQ(0, sem_do(0, 1, 0));
	pid_t a = start(takes_and_waits);
	while (sem_value(0))
		sched_yield();
	pid_t b = start(waits_for_one);
	wait_counts(0, GETNCNT, 1);
	CHECK_EQ(0, kill(a, SIGKILL));
	end_of(a);
	CHECK_EQ(0, end_of(b));
	sem_remove();
}

/* Many at once: as many taken as given. */
static void takes_and_gives(void)
{
	struct sembuf take[2] = {{0, -1, 0}, {1, -1, 0}}, give[2] = {{0, 1, 0}, {1, 1, 0}};
	for (int i = 0; i < 200; i++) {
		CHECK_EQ(0, semop(sem_id, take, 2));
		CHECK_EQ(0, semop(sem_id, give, 2));
	}
}

static void sem_contended(void)
{
	pid_t p[6];
	sem_make(2);
	CHECK_EQ(0, sem_do(0, 2, 0));
	CHECK_EQ(0, sem_do(1, 2, 0));
	for (int i = 0; i < 6; i++)
		p[i] = start(takes_and_gives);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(0, end_of(p[i]));
	CHECK_EQ(2, sem_value(0));
	CHECK_EQ(2, sem_value(1));
	sem_remove();
}

/* --- messages --- */

struct text {
	long type;
	char text[8192];
};
static int msg_id;
static struct text out, in;

static int send_text(long type, const char *s, int flags)
{
	out.type = type;
	strcpy(out.text, s);
	return msgsnd(msg_id, &out, strlen(s) + 1, flags);
}

#define EXPECT_TEXT(want, want_type, which, flags)                                                 \
	do {                                                                                       \
		CHECK_EQ((long)strlen(want) + 1,                                                   \
		    msgrcv(msg_id, &in, sizeof(in.text), which, (flags) | IPC_NOWAIT));            \
		CHECK_STR(want, in.text);                                                          \
		CHECK_EQ(want_type, in.type);                                                      \
	} while (0)

static void msg_make(void)
{
	msg_id = msgget(IPC_PRIVATE, 0600);
	CHECK(msg_id >= 0);
}

static void msg_remove(void)
{
	CHECK_EQ(0, msgctl(msg_id, IPC_RMID, NULL));
}

static void msg(void)
{
	struct msqid_ds ds;
	msg_make();
	CHECK_EQ(0, send_text(3, "three", 0));
	CHECK_EQ(0, send_text(1, "one", 0));
	CHECK_EQ(0, send_text(2, "two", 0));
	CHECK_EQ(0, send_text(1, "uno", 0));
	CHECK_EQ(0, msgctl(msg_id, IPC_STAT, &ds));
	CHECK_EQ(4, ds.msg_qnum);
	CHECK_EQ(18, ds.msg_cbytes);
	CHECK_EQ(16384, ds.msg_qbytes);
	CHECK_EQ(getpid(), ds.msg_lspid);
	CHECK_EQ(0, ds.msg_lrpid);
	EXPECT_TEXT("one", 1, 1, 0);
	EXPECT_TEXT("uno", 1, -2, 0);
	EXPECT_TEXT("two", 2, 3, MSG_EXCEPT);
	EXPECT_TEXT("three", 3, 0, 0);
	CHECK_ERRNO(ENOMSG, msgrcv(msg_id, &in, 10, 0, IPC_NOWAIT));
	msg_remove();
}

static void msg_errors(void)
{
	msg_make();
	CHECK_ERRNO(EINVAL, send_text(0, "x", 0));
	CHECK_ERRNO(EINVAL, send_text(-1, "x", 0));
	out.type = 1;
	CHECK_ERRNO(EINVAL, msgsnd(msg_id, &out, 8193, 0));
	CHECK_ERRNO(EINVAL, msgsnd(-1, &out, 1, 0));
	CHECK_ERRNO(EFAULT, msgsnd(msg_id, (void *)8, 1, 0));
	CHECK_EQ(0, send_text(1, "long text", 0));
	CHECK_ERRNO(E2BIG, msgrcv(msg_id, &in, 4, 0, 0));
	CHECK_EQ(4, msgrcv(msg_id, &in, 4, 0, MSG_NOERROR));
	CHECK(!memcmp(in.text, "long", 4));
	CHECK_ERRNO(EINVAL, msgrcv(msg_id, &in, (size_t)-1, 0, 0));
	CHECK_EQ(0, msgsnd(msg_id, &out, 8192, 0));
	CHECK_EQ(0, msgsnd(msg_id, &out, 8192, 0));
	CHECK_ERRNO(EAGAIN, msgsnd(msg_id, &out, 1, IPC_NOWAIT));
	CHECK_EQ(8192, msgrcv(msg_id, &in, 8192, 0, 0));
	CHECK_EQ(0, msgsnd(msg_id, &out, 0, IPC_NOWAIT));
	CHECK_ERRNO(EINVAL, msgctl(msg_id, 99, NULL));
	msg_remove();
	CHECK_ERRNO(EINVAL, msgsnd(msg_id, &out, 1, 0));
}

static void msg_copy(void)
{
#ifdef MSG_COPY
	msg_make();
	CHECK_EQ(0, send_text(5, "five", 0));
	CHECK_EQ(0, send_text(6, "six", 0));
	EXPECT_TEXT("six", 6, 1, MSG_COPY);
	EXPECT_TEXT("six", 6, 1, MSG_COPY);
	CHECK_ERRNO(ENOMSG, msgrcv(msg_id, &in, 100, 2, MSG_COPY | IPC_NOWAIT));
	CHECK_ERRNO(EINVAL, msgrcv(msg_id, &in, 100, 0, MSG_COPY));
	CHECK_ERRNO(EINVAL, msgrcv(msg_id, &in, 100, 0, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT));
	EXPECT_TEXT("five", 5, 0, 0);
	msg_remove();
#endif
}

static void receives_two(void)
{
	CHECK_EQ(6, msgrcv(msg_id, &in, sizeof(in.text), 2, 0));
	CHECK_STR("later", in.text);
	CHECK_ERRNO(EIDRM, msgrcv(msg_id, &in, sizeof(in.text), 2, 0));
}

static void fills(void)
{
	out.type = 1;
	for (int i = 0; i < 40; i++)
		CHECK_EQ(0, msgsnd(msg_id, &out, 4000, 0));
}

static void msg_blocks(void)
{
	struct msqid_ds ds;
	msg_make();
	pid_t r = start(receives_two);
	CHECK_EQ(0, send_text(1, "other", 0));
	CHECK_EQ(0, send_text(2, "later", 0));
	do
		CHECK_EQ(0, msgctl(msg_id, IPC_STAT, &ds));
	while (ds.msg_qnum != 1);
	pid_t s = start(fills);
	for (int i = 0; i < 41; i++)
		CHECK(msgrcv(msg_id, &in, sizeof(in.text), 1, 0) > 0);
	CHECK_EQ(0, end_of(s));
	CHECK_EQ(0, msgctl(msg_id, IPC_STAT, &ds));
	CHECK_EQ(0, ds.msg_qnum);
	msg_remove();
	CHECK_EQ(0, end_of(r));
}

/* --- ids --- */

static void ids(void)
{
	/* An id does not come back at once, even if its place does. */
	int a = msgget(IPC_PRIVATE, 0600);
	CHECK_EQ(0, msgctl(a, IPC_RMID, NULL));
	int b = msgget(IPC_PRIVATE, 0600);
	CHECK(a != b);
	CHECK_EQ(0, msgctl(b, IPC_RMID, NULL));
	int last[3];
	for (int i = 0; i < 200; i++) {
		int id = semget(IPC_PRIVATE, 1, 0600);
		CHECK(id >= 0);
		CHECK_EQ(0, semctl(id, 0, IPC_RMID));
		for (int k = 0; i > 2 && k < 3; k++)
			CHECK(last[k] != id);
		last[i % 3] = id;
	}
}

SUBCOMMANDS({"sem", sem}, {"sem_errors", sem_errors}, {"sem_undo", sem_undo},
    {"sem_wakes", sem_wakes}, {"sem_sleepers", sem_sleepers}, {"sem_undo_killed", sem_undo_killed},
    {"sem_contended", sem_contended}, {"msg", msg}, {"msg_errors", msg_errors},
    {"msg_copy", msg_copy}, {"msg_blocks", msg_blocks}, {"ids", ids})
