/* The parameters of System V IPC in /proc/sys/kernel. Runs as root. */
#include "check.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

static char path[64], text[256];

static const char *parameter(const char *name)
{
	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	return path;
}

static const char *get(const char *name)
{
	int fd = open(parameter(name), O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	CHECK(n > 0);
	text[n] = 0;
	CHECK_EQ(0, close(fd));
	return text;
}

/* 0 or -1. */
static int put(const char *name, const char *value)
{
	int fd = open(parameter(name), O_WRONLY);
	size_t len = strlen(value);
	ssize_t n;

	CHECK(fd >= 0);
	n = write(fd, value, len);
	close(fd);
	return n == (ssize_t)len ? 0 : -1;
}

static void put_number(const char *name, long value)
{
	char number[32];

	snprintf(number, sizeof(number), "%ld\n", value);
	CHECK_EQ(0, put(name, number));
}

static void queues(void)
{
	struct msginfo info;
	struct msqid_ds ds;
	char message[64] = {1};
	int used, one;

	CHECK_STR("8192\n", get("msgmax"));
	CHECK(msgctl(0, MSG_INFO, (struct msqid_ds *)&info) >= 0);
	used = info.msgpool;
	put_number("msgmni", used + 1);
	put_number("msgmnb", 1000);
	put_number("msgmax", 8);
	one = msgget(IPC_PRIVATE, 0600);
	CHECK(one >= 0);
	CHECK_ERRNO(ENOSPC, msgget(IPC_PRIVATE, 0600));
	put_number("msgmni", 32000);
	put_number("msgmnb", 16384);
	CHECK_EQ(0, msgctl(one, IPC_STAT, &ds));
	CHECK_EQ(1000, ds.msg_qbytes);
	CHECK_EQ(0, msgsnd(one, message, 8, 0));
	CHECK_ERRNO(EINVAL, msgsnd(one, message, 9, 0));
	CHECK(msgctl(0, IPC_INFO, (struct msqid_ds *)&info) >= 0);
	CHECK_EQ(8, info.msgmax);
	put_number("msgmax", 8192);
	CHECK_EQ(0, msgctl(one, IPC_RMID, NULL));
	CHECK_ERRNO(EINVAL, put("msgmni", "32769"));
	CHECK_ERRNO(EINVAL, put("msgmax", "-1"));
}

static void segments(void)
{
	char most[64], all[64];
	struct shminfo info;

	strcpy(most, get("shmmax"));
	strcpy(all, get("shmall"));
	CHECK_STR("18446744073692774399\n", most);
	CHECK_EQ(0, put("shmmax", "8192"));
	CHECK_ERRNO(EINVAL, shmget(IPC_PRIVATE, 8193, 0600));
	CHECK(shmctl(0, IPC_INFO, (struct shmid_ds *)&info) >= 0);
	CHECK_EQ(8192, info.shmmax);
	CHECK_EQ(0, put("shmmax", most));
	CHECK_EQ(0, put("shmall", "0"));
	CHECK_ERRNO(ENOSPC, shmget(IPC_PRIVATE, 4096, 0600));
	CHECK_EQ(0, put("shmall", all));
	put_number("shmmni", 0);
	CHECK_ERRNO(ENOSPC, shmget(IPC_PRIVATE, 4096, 0600));
	put_number("shmmni", 4096);
}

static void semaphores(void)
{
	struct seminfo info;
	int id;

	CHECK_STR("32000\t1024000000\t500\t32000\n", get("sem"));
	CHECK_EQ(0, put("sem", "2 1024000000 3"));
	CHECK_STR("2\t1024000000\t3\t32000\n", get("sem"));
	CHECK_ERRNO(EINVAL, semget(IPC_PRIVATE, 3, 0600));
	id = semget(IPC_PRIVATE, 2, 0600);
	CHECK(id >= 0);
	CHECK_ERRNO(E2BIG, semop(id, (struct sembuf[4]){{0}}, 4));
	CHECK(semctl(0, 0, IPC_INFO, &info) >= 0);
	CHECK_EQ(2, info.semmsl);
	CHECK_EQ(0, semctl(id, 0, IPC_RMID));
	CHECK_ERRNO(ERANGE, put("sem", "32000 1024000000 500 32769"));
	CHECK_EQ(0, put("sem", "32000\t1024000000\t500\t32000\n"));
	CHECK_STR("32000\t1024000000\t500\t32000\n", get("sem"));
}

/* Once, an object gets the id that was asked for, or the next free one. */
static void next_id(void)
{
	int wanted = 5 << 15 | 100, first, second;

	CHECK_STR("-1\n", get("msg_next_id"));
	put_number("msg_next_id", wanted);
	first = msgget(IPC_PRIVATE, 0600);
	CHECK_EQ(wanted, first);
	CHECK_STR("-1\n", get("msg_next_id"));
	put_number("msg_next_id", wanted);
	second = msgget(IPC_PRIVATE, 0600);
	CHECK_EQ(wanted + 1, second);
	CHECK_EQ(0, msgctl(first, IPC_RMID, NULL));
	CHECK_EQ(0, msgctl(second, IPC_RMID, NULL));
	CHECK_ERRNO(EINVAL, put("sem_next_id", "-1"));
	put_number("sem_next_id", wanted);
	first = semget(IPC_PRIVATE, 1, 0600);
	CHECK_EQ(wanted, first);
	CHECK_EQ(0, semctl(first, 0, IPC_RMID));
	put_number("shm_next_id", wanted);
	first = shmget(IPC_PRIVATE, 1, 0600);
	CHECK_EQ(wanted, first);
	CHECK_EQ(0, shmctl(first, IPC_RMID, NULL));
}

SUBCOMMANDS(
    {"queues", queues}, {"segments", segments}, {"semaphores", semaphores}, {"next_id", next_id})
