/* System V shared memory. */
#include "check.h"

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

static long page;

/* A key that nobody else uses. */
static key_t own_key(void)
{
	return 0x50000000 + getpid();
}

/* Becomes nobody, who may do nothing by being root. */
static void become_nobody(void)
{
	CHECK_EQ(0, setgid(65534));
	CHECK_EQ(0, setuid(65534));
}

/* --- shared memory --- */

static int shm_id;

static void child_attaches(void)
{
	char *p = shmat(shm_id, NULL, 0);
	CHECK(p != (void *)-1);
	CHECK_STR("hello", p);
	strcpy(p, "child");
	CHECK_EQ(0, shmdt(p));
}

static void shm(void)
{
	struct shmid_ds ds;
	page = sysconf(_SC_PAGESIZE);
	shm_id = shmget(IPC_PRIVATE, 5000, IPC_CREAT | 0640);
	CHECK(shm_id >= 0);
	char *p = shmat(shm_id, NULL, 0);
	CHECK(p != (void *)-1);
	CHECK_EQ(0, p[0]);
	strcpy(p, "hello");
	CHECK_EQ(0, in_child(child_attaches));
	CHECK_STR("child", p);
	CHECK_EQ(0, shmctl(shm_id, IPC_STAT, &ds));
	CHECK_EQ(5000, ds.shm_segsz);
	CHECK_EQ(1, ds.shm_nattch);
	CHECK_EQ(getpid(), ds.shm_cpid);
	CHECK(ds.shm_lpid > 0 && ds.shm_lpid != getpid());
	CHECK_EQ(0640, ds.shm_perm.mode);
	CHECK_EQ(getuid(), ds.shm_perm.uid);
	CHECK(ds.shm_atime && ds.shm_dtime && ds.shm_ctime);
	p[2 * page - 1] = 1; /* whole pages */
	CHECK_EQ(0, shmdt(p));
	CHECK_ERRNO(EINVAL, shmdt(p));
	CHECK_EQ(0, shmctl(shm_id, IPC_RMID, NULL));
	CHECK_ERRNO(EINVAL, shmctl(shm_id, IPC_RMID, NULL));
	CHECK_ERRNO(EINVAL, (long)shmat(shm_id, NULL, 0));
}

static void shm_keys(void)
{
	key_t key = own_key();
	CHECK_ERRNO(ENOENT, shmget(key, 100, 0));
	int id = shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600);
	CHECK(id >= 0);
	CHECK_EQ(id, shmget(key, 100, 0));
	CHECK_EQ(id, shmget(key, 50, IPC_CREAT));
	CHECK_EQ(id, shmget(key, 0, 0));
	CHECK_ERRNO(EINVAL, shmget(key, 101, 0));
	CHECK_ERRNO(EEXIST, shmget(key, 100, IPC_CREAT | IPC_EXCL));
	CHECK_EQ(0, shmctl(id, IPC_RMID, NULL));
	CHECK_ERRNO(ENOENT, shmget(key, 100, 0));
	CHECK_ERRNO(EINVAL, shmget(IPC_PRIVATE, 0, 0600));
	CHECK_ERRNO(EINVAL, shmget(IPC_PRIVATE, (size_t)-1, 0600));
}

/* A segment that is removed while somebody is attached lives on, without its key. */
static void shm_removed(void)
{
	struct shmid_ds ds;
	int id = shmget(own_key(), 4096, IPC_CREAT | 0600);
	char *p = shmat(id, NULL, 0);
	CHECK(p != (void *)-1);
	CHECK_EQ(0, shmctl(id, IPC_RMID, NULL));
	CHECK_ERRNO(ENOENT, shmget(own_key(), 4096, 0));
	CHECK_EQ(0, shmctl(id, IPC_STAT, &ds));
	CHECK_EQ(0600 | SHM_DEST, ds.shm_perm.mode);
	CHECK_EQ(0, ds.shm_perm.__key);
	strcpy(p, "still here");
	char *q = shmat(id, NULL, SHM_RDONLY);
	CHECK(q != (void *)-1);
	CHECK_STR("still here", q);
	CHECK_EQ(0, shmdt(p));
	CHECK_EQ(0, shmdt(q));
	CHECK_ERRNO(EINVAL, shmctl(id, IPC_STAT, &ds));
}

static void shm_places(void)
{
	page = sysconf(_SC_PAGESIZE);
	int id = shmget(IPC_PRIVATE, (size_t)(2 * page), 0600);
	char *room = mmap(NULL, (size_t)(8 * page), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_ERRNO(EINVAL, (long)shmat(id, room, 0)); /* something is there */
	CHECK_ERRNO(EINVAL, (long)shmat(id, room + 8, 0));
	CHECK_ERRNO(EINVAL, (long)shmat(id, NULL, SHM_REMAP));
	CHECK(shmat(id, room + 2 * page, SHM_REMAP) == room + 2 * page);
	room[2 * page] = 'x';
	CHECK_EQ(0, munmap(room + 5 * page, (size_t)(3 * page)));
	CHECK(shmat(id, room + 5 * page + 100, SHM_RND) == room + 5 * page);
	CHECK_EQ('x', room[5 * page]);
	/* Detaching takes both parts of what was cut in two. */
	CHECK_EQ(0, mprotect(room + 2 * page, (size_t)page, PROT_READ));
	CHECK_EQ(0, shmdt(room + 2 * page));
	unsigned char vec[8];
	CHECK_ERRNO(ENOMEM, mincore(room + 2 * page, (size_t)(2 * page), vec));
	CHECK_ERRNO(EINVAL, shmdt(room + 6 * page));
	CHECK_EQ(0, shmdt(room + 5 * page));
	char *ro = shmat(id, NULL, SHM_RDONLY);
	CHECK_ERRNO(EACCES, mprotect(ro, (size_t)page, PROT_READ | PROT_WRITE));
	CHECK_EQ(0, shmctl(id, IPC_RMID, NULL));
}

static void attaches_and_dies(void)
{
	CHECK(shmat(shm_id, NULL, 0) != (void *)-1);
}

static void keeps_its_attach(void)
{
	struct shmid_ds ds;
	CHECK_EQ(0, shmctl(shm_id, IPC_STAT, &ds));
	CHECK_EQ(2, ds.shm_nattch);
}

static void shm_counts(void)
{
	struct shmid_ds ds;
	struct shm_info info;
	shm_id = shmget(IPC_PRIVATE, 4096, 0600);
	CHECK_EQ(0, in_child(attaches_and_dies));
	CHECK_EQ(0, shmctl(shm_id, IPC_STAT, &ds));
	CHECK_EQ(0, ds.shm_nattch);
	CHECK(shmat(shm_id, NULL, 0) != (void *)-1);
	CHECK_EQ(0, in_child(keeps_its_attach));
	CHECK(shmctl(0, SHM_INFO, (void *)&info) >= 0);
	CHECK(info.used_ids >= 1 && info.shm_tot >= 1);
	CHECK_EQ(0, shmctl(shm_id, IPC_RMID, NULL));
}

static void nobody_attaches(void)
{
	struct shmid_ds ds;
	become_nobody();
	CHECK_ERRNO(EACCES, (long)shmat(shm_id, NULL, 0));
	CHECK(shmat(shm_id, NULL, SHM_RDONLY) != (void *)-1);
	CHECK_ERRNO(EPERM, shmctl(shm_id, IPC_RMID, NULL));
	CHECK_ERRNO(EACCES, shmget(own_key() - 1, 4096, 0200));
	CHECK_EQ(0, shmctl(shm_id, IPC_STAT, &ds));
	CHECK_ERRNO(EPERM, shmctl(shm_id, IPC_SET, &ds));
	CHECK_ERRNO(EPERM, shmctl(shm_id, SHM_LOCK, NULL));
}

static void shm_permissions(void)
{
	struct shmid_ds ds;
	if (getuid())
		return;
	shm_id = shmget(own_key(), 4096, IPC_CREAT | 0644);
	CHECK(shm_id >= 0);
	CHECK_EQ(0, in_child(nobody_attaches));
	CHECK_EQ(0, shmctl(shm_id, IPC_STAT, &ds));
	ds.shm_perm.mode = 0777;
	ds.shm_perm.uid = 65534;
	CHECK_EQ(0, shmctl(shm_id, IPC_SET, &ds));
	CHECK_EQ(0, shmctl(shm_id, IPC_STAT, &ds));
	CHECK_EQ(0777, ds.shm_perm.mode);
	CHECK_EQ(65534, ds.shm_perm.uid);
	CHECK_EQ(0, ds.shm_perm.cuid);
	CHECK_EQ(0, shmctl(shm_id, SHM_LOCK, NULL));
	CHECK_EQ(0, shmctl(shm_id, IPC_STAT, &ds));
	CHECK_EQ(0777 | SHM_LOCKED, ds.shm_perm.mode);
	CHECK_EQ(0, shmctl(shm_id, SHM_UNLOCK, NULL));
	CHECK_ERRNO(EFAULT, shmctl(shm_id, IPC_STAT, (void *)8));
	CHECK_ERRNO(EINVAL, shmctl(shm_id, 77, NULL));
	CHECK_ERRNO(EINVAL, shmctl(-1, IPC_STAT, &ds));
	CHECK_EQ(0, shmctl(shm_id, IPC_RMID, NULL));
}

/* --- /proc --- */

static void proc_files(void)
{
	char line[512], want[64];
	int id = shmget(own_key(), 12345, IPC_CREAT | 0600), found = 0;
	FILE *f = fopen("/proc/sysvipc/shm", "r");
	CHECK(f);
	CHECK(fgets(line, sizeof(line), f));
	CHECK(!strncmp(line, "       key      shmid perms                  size  cpid", 54));
	snprintf(want, sizeof(want), "%10d %10d   600                 12345 %5u", own_key(), id,
	    getpid());
	while (fgets(line, sizeof(line), f))
		found += !strncmp(line, want, strlen(want));
	CHECK_EQ(1, found);
	fclose(f);
	CHECK_EQ(0, shmctl(id, IPC_RMID, NULL));
}

SUBCOMMANDS({"shm", shm}, {"shm_keys", shm_keys}, {"shm_removed", shm_removed},
    {"shm_places", shm_places}, {"shm_counts", shm_counts}, {"shm_permissions", shm_permissions},
    {"proc_files", proc_files})
