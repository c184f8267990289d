/* Socket constants and layouts of Linux's generic 64-bit system-call ABI (socket(7), unix(7)). */
#pragma once

#include <stdint.h>

#define AF_UNSPEC 0
#define AF_UNIX   1
#define AF_MAX    46

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_SEQPACKET 5
#define SOCK_TYPE_MAX  11
#define SOCK_TYPE_MASK 0xf
#define SOCK_NONBLOCK  04000
#define SOCK_CLOEXEC   02000000

#define SHUT_RD   0
#define SHUT_WR   1
#define SHUT_RDWR 2

#define MSG_OOB          0x1
#define MSG_PEEK         0x2
#define MSG_CTRUNC       0x8
#define MSG_TRUNC        0x20
#define MSG_DONTWAIT     0x40
#define MSG_EOR          0x80
#define MSG_WAITALL      0x100
#define MSG_ERRQUEUE     0x2000
#define MSG_NOSIGNAL     0x4000
#define MSG_WAITFORONE   0x10000
#define MSG_CMSG_CLOEXEC 0x40000000
#define MSG_CMSG_COMPAT  0x80000000u

#define SOMAXCONN 4096 /* net.core.somaxconn */

/* Socket options: level, names, and names of control messages. */
#define SOL_SOCKET          1
#define SO_DEBUG            1
#define SO_REUSEADDR        2
#define SO_TYPE             3
#define SO_ERROR            4
#define SO_DONTROUTE        5
#define SO_BROADCAST        6
#define SO_SNDBUF           7
#define SO_RCVBUF           8
#define SO_KEEPALIVE        9
#define SO_OOBINLINE        10
#define SO_NO_CHECK         11
#define SO_PRIORITY         12
#define SO_LINGER           13
#define SO_BSDCOMPAT        14
#define SO_REUSEPORT        15
#define SO_PASSCRED         16
#define SO_PEERCRED         17
#define SO_RCVLOWAT         18
#define SO_SNDLOWAT         19
#define SO_RCVTIMEO_OLD     20
#define SO_SNDTIMEO_OLD     21
#define SO_BINDTODEVICE     25
#define SO_PEERNAME         28
#define SO_TIMESTAMP_OLD    29
#define SO_ACCEPTCONN       30
#define SO_SNDBUFFORCE      32
#define SO_RCVBUFFORCE      33
#define SO_PASSSEC          34
#define SO_TIMESTAMPNS_OLD  35
#define SO_MARK             36
#define SO_PROTOCOL         38
#define SO_DOMAIN           39
#define SO_RXQ_OVFL         40
#define SO_WIFI_STATUS      41
#define SO_PEEK_OFF         42
#define SO_NOFCS            43
#define SO_LOCK_FILTER      44
#define SO_SELECT_ERR_QUEUE 45
#define SO_BUSY_POLL        46
#define SO_BPF_EXTENSIONS   48
#define SO_MEMINFO          55
#define SO_COOKIE           57
#define SO_PEERGROUPS       59
#define SO_ZEROCOPY         60
#define SO_TIMESTAMP_NEW    63
#define SO_TIMESTAMPNS_NEW  64
#define SO_RCVTIMEO_NEW     66
#define SO_SNDTIMEO_NEW     67
#define SO_PREFER_BUSY_POLL 69
#define SO_RESERVE_MEM      73
#define SO_TXREHASH         74
#define SO_RCVMARK          75
#define SO_PASSPIDFD        76
#define SO_PEERPIDFD        77
#define SCM_RIGHTS          1
#define SCM_CREDENTIALS     2
#define SCM_PIDFD           4
#define SCM_MAX_FD          253

/* ioctl(2) */
#define SIOCOUTQ 0x5411 /* as TIOCOUTQ */

#define SOCKFS_MAGIC 0x534f434b

struct linux_sockaddr {
	uint16_t family;
	uint8_t data[126]; /* as sockaddr_storage: the most that a call takes */
};
_Static_assert(sizeof(struct linux_sockaddr) == 128, "struct sockaddr_storage");

#define UNIX_PATH_MAX 108
struct linux_sockaddr_un {
	uint16_t family;
	char path[UNIX_PATH_MAX];
};

struct linux_msghdr {
	uint64_t name;
	int32_t namelen, pad1;
	uint64_t iov, iovlen;
	uint64_t control, controllen;
	uint32_t flags, pad2;
};
_Static_assert(sizeof(struct linux_msghdr) == 56, "struct msghdr");

struct linux_mmsghdr {
	struct linux_msghdr hdr;
	uint32_t len, pad;
};
_Static_assert(sizeof(struct linux_mmsghdr) == 64, "struct mmsghdr");

struct linux_cmsghdr {
	uint64_t len; /* with this header */
	int32_t level, type;
};
#define CMSG_ALIGN(n) (((n) + 7) & ~(uint64_t)7)
#define CMSG_LEN(n)   (sizeof(struct linux_cmsghdr) + (n))
#define CMSG_SPACE(n) (sizeof(struct linux_cmsghdr) + CMSG_ALIGN(n))

struct linux_ucred {
	int32_t pid;
	uint32_t uid, gid;
};

struct linux_linger {
	int32_t onoff, linger;
};

struct linux_timeval {
	int64_t sec, usec;
};
