/* File-system constants and layouts of Linux's generic 64-bit system-call ABI (asm-generic). */
#pragma once

#include <stdint.h>

#define AT_FDCWD            (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_EACCESS          0x200
#define AT_REMOVEDIR        0x200
#define AT_SYMLINK_FOLLOW   0x400
#define AT_NO_AUTOMOUNT     0x800
#define AT_EMPTY_PATH       0x1000
#define AT_STATX_SYNC_TYPE  0x6000

/* openat2(2) */
#define RESOLVE_NO_XDEV       1
#define RESOLVE_NO_MAGICLINKS 2
#define RESOLVE_NO_SYMLINKS   4
#define RESOLVE_BENEATH       8
#define RESOLVE_IN_ROOT       16
#define RESOLVE_CACHED        32

#define O_ACCMODE     3
#define O_RDONLY      0
#define O_WRONLY      1
#define O_RDWR        2
#define O_CREAT       0100
#define O_EXCL        0200
#define O_NOCTTY      0400
#define O_TRUNC       01000
#define O_APPEND      02000
#define O_NONBLOCK    04000
#define O_DSYNC       010000
#define O_ASYNC       020000
#define O_DIRECT      040000
#define O_LARGEFILE   0100000
#define O_DIRECTORY   0200000
#define O_NOFOLLOW    0400000
#define O_NOATIME     01000000
#define O_CLOEXEC     02000000
#define O_SYNC        (04000000 | O_DSYNC)
#define O_PATH        010000000
#define O_TMPFILE_BIT 020000000 /* __O_TMPFILE */
#define O_TMPFILE     (O_TMPFILE_BIT | O_DIRECTORY)

#define S_IFMT      0170000
#define S_IFSOCK    0140000
#define S_IFLNK     0120000
#define S_IFREG     0100000
#define S_IFBLK     0060000
#define S_IFDIR     0040000
#define S_IFCHR     0020000
#define S_IFIFO     0010000
#define S_ISUID     04000
#define S_ISGID     02000
#define S_ISVTX     01000
#define S_ISREG(m)  (((m) & S_IFMT) == S_IFREG)
#define S_ISDIR(m)  (((m) & S_IFMT) == S_IFDIR)
#define S_ISLNK(m)  (((m) & S_IFMT) == S_IFLNK)
#define S_ISCHR(m)  (((m) & S_IFMT) == S_IFCHR)
#define S_ISBLK(m)  (((m) & S_IFMT) == S_IFBLK)
#define S_ISFIFO(m) (((m) & S_IFMT) == S_IFIFO)
#define S_ISSOCK(m) (((m) & S_IFMT) == S_IFSOCK)

#define SPLICE_F_NONBLOCK 2u
#define SPLICE_F_ALL      15u /* MOVE, NONBLOCK, MORE, GIFT */

#define SEEK_SET  0
#define SEEK_CUR  1
#define SEEK_END  2
#define SEEK_DATA 3
#define SEEK_HOLE 4

#define POLLIN     0x001
#define POLLPRI    0x002
#define POLLOUT    0x004
#define POLLERR    0x008
#define POLLHUP    0x010
#define POLLNVAL   0x020
#define POLLRDNORM 0x040
#define POLLRDBAND 0x080
#define POLLWRNORM 0x100
#define POLLWRBAND 0x200
#define POLLMSG    0x400
#define POLLRDHUP  0x2000

#define PATH_MAX     4096
#define NAME_MAX     255
#define IOV_MAX      1024
#define PIPE_BUF     4096
#define MAX_RW_COUNT 0x7ffff000UL /* the most one read or write moves */

/* fcntl(2) */
#define F_DUPFD             0
#define F_GETFD             1
#define F_SETFD             2
#define F_GETFL             3
#define F_SETFL             4
#define F_GETLK             5
#define F_SETLK             6
#define F_SETLKW            7
#define F_SETOWN            8
#define F_GETOWN            9
#define F_SETSIG            10
#define F_GETSIG            11
#define F_SETOWN_EX         15
#define F_GETOWN_EX         16
#define F_GETOWNER_UIDS     17
#define F_OFD_GETLK         36
#define F_OFD_SETLK         37
#define F_OFD_SETLKW        38
#define F_GETLEASE          1025
#define F_DUPFD_QUERY       1027
#define F_CREATED_QUERY     1028
#define F_DUPFD_CLOEXEC     1030
#define F_SETPIPE_SZ        1031
#define F_GETPIPE_SZ        1032
#define F_ADD_SEALS         1033
#define F_GET_SEALS         1034
#define FD_CLOEXEC          1
#define F_RDLCK             0
#define F_WRLCK             1
#define F_UNLCK             2
#define F_SEAL_SEAL         1
#define F_SEAL_SHRINK       2
#define F_SEAL_GROW         4
#define F_SEAL_WRITE        8
#define F_SEAL_FUTURE_WRITE 16
#define F_SEAL_EXEC         32

/* flock(2) */
#define LOCK_SH   1
#define LOCK_EX   2
#define LOCK_NB   4
#define LOCK_UN   8
#define LOCK_MAND 32

/* ioctl(2) */
#define FIONREAD 0x541b
#define FIONBIO  0x5421
#define FIONCLEX 0x5450
#define FIOCLEX  0x5451
#define FIOASYNC 0x5452

/* renameat2(2), fallocate(2), preadv2(2), close_range(2), memfd_create(2), eventfd(2), utimensat(2)
 */
#define RENAME_NOREPLACE         1
#define RENAME_EXCHANGE          2
#define RENAME_WHITEOUT          4
#define FALLOC_FL_KEEP_SIZE      1
#define FALLOC_FL_PUNCH_HOLE     2
#define FALLOC_FL_COLLAPSE_RANGE 8
#define FALLOC_FL_ZERO_RANGE     16
#define FALLOC_FL_INSERT_RANGE   32
#define FALLOC_FL_UNSHARE_RANGE  64
#define RWF_HIPRI                1
#define RWF_DSYNC                2
#define RWF_SYNC                 4
#define RWF_NOWAIT               8
#define RWF_APPEND               16
#define CLOSE_RANGE_UNSHARE      2
#define CLOSE_RANGE_CLOEXEC      4
#define MFD_CLOEXEC              1
#define MFD_ALLOW_SEALING        2
#define MFD_HUGETLB              4
#define MFD_NOEXEC_SEAL          8
#define MFD_EXEC                 16
#define MFD_HUGE_SIZES           (63U << 26)
#define EFD_SEMAPHORE            1
#define UTIME_NOW                0x3fffffff
#define UTIME_OMIT               0x3ffffffe

/* mount(2), umount2(2) */
#define MS_RDONLY       1
#define MS_NOSUID       2
#define MS_NODEV        4
#define MS_NOEXEC       8
#define MS_SYNCHRONOUS  16
#define MS_REMOUNT      32
#define MS_MANDLOCK     64
#define MS_DIRSYNC      128
#define MS_NOSYMFOLLOW  256
#define MS_NOATIME      1024
#define MS_NODIRATIME   2048
#define MS_BIND         4096
#define MS_MOVE         8192
#define MS_REC          16384
#define MS_SILENT       32768
#define MS_UNBINDABLE   (1 << 17)
#define MS_PRIVATE      (1 << 18)
#define MS_SLAVE        (1 << 19)
#define MS_SHARED       (1 << 20)
#define MS_RELATIME     (1 << 21)
#define MS_STRICTATIME  (1 << 24)
#define MS_LAZYTIME     (1 << 25)
#define MS_NOUSER       (1U << 31)
#define MNT_FORCE       1
#define MNT_DETACH      2
#define MNT_EXPIRE      4
#define UMOUNT_NOFOLLOW 8

/* epoll(7) */
#define EPOLL_CTL_ADD  1
#define EPOLL_CTL_DEL  2
#define EPOLL_CTL_MOD  3
#define EPOLLEXCLUSIVE (1U << 28)
#define EPOLLWAKEUP    (1U << 29)
#define EPOLLONESHOT   (1U << 30)
#define EPOLLET        (1U << 31)

/* statx(2) */
#define STATX_BASIC_STATS     0x7ffU
#define STATX_BTIME           0x800U
#define STATX_MNT_ID          0x1000U
#define STATX_MNT_ID_UNIQUE   0x4000U
#define STATX_RESERVED        0x80000000U
#define STATX_ATTR_MOUNT_ROOT 0x2000

/* getdents64(2): d_type is the type bits of the mode */
#define DT_OF_MODE(m) (((m) >> 12) & 15)
#define DT_UNKNOWN    0

/* statfs(2) */
#define TMPFS_MAGIC         0x01021994
#define PROC_SUPER_MAGIC    0x9fa0
#define PIPEFS_MAGIC        0x50495045
#define ANON_INODE_FS_MAGIC 0x09041934

struct linux_iovec {
	uint64_t base, len;
};

struct linux_timespec {
	int64_t sec, nsec;
};

struct linux_itimerspec {
	struct linux_timespec interval, value;
};

struct linux_stat { /* asm-generic/stat.h */
	uint64_t st_dev, st_ino;
	uint32_t st_mode, st_nlink, st_uid, st_gid;
	uint64_t st_rdev, pad1;
	int64_t st_size;
	int32_t st_blksize, pad2;
	int64_t st_blocks;
	int64_t st_atime, st_atime_nsec, st_mtime, st_mtime_nsec, st_ctime, st_ctime_nsec;
	uint32_t unused[2];
};
_Static_assert(sizeof(struct linux_stat) == 128, "struct stat of asm-generic");

struct linux_statx_time {
	int64_t sec;
	uint32_t nsec, pad;
};

struct linux_statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, pad1;
	uint64_t ino, size, blocks, attributes_mask;
	struct linux_statx_time atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mnt_id;
	uint64_t spare[13];
};
_Static_assert(sizeof(struct linux_statx) == 256, "struct statx");

struct linux_statfs {
	int64_t type, bsize;
	uint64_t blocks, bfree, bavail, files, ffree;
	int32_t fsid[2];
	int64_t namelen, frsize, flags, spare[4];
};
_Static_assert(sizeof(struct linux_statfs) == 120, "struct statfs of asm-generic");

struct linux_dirent64 {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[]; /* reclen is a multiple of 8 */
};

struct linux_pollfd {
	int32_t fd;
	int16_t events, revents;
};

struct linux_flock {
	int16_t type, whence;
	int64_t start, len;
	int32_t pid;
};
_Static_assert(sizeof(struct linux_flock) == 32, "struct flock of asm-generic");

struct linux_epoll_event {
	uint32_t events, pad;
	uint64_t data;
};
struct linux_epoll_params {
	uint32_t busy_poll_usecs;
	uint16_t busy_poll_budget;
	uint8_t prefer_busy_poll, pad;
};
#define EPIOCSPARAMS 0x40088a01
#define EPIOCGPARAMS 0x80088a02
