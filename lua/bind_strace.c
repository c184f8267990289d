/* System calls as strace shows them: words for flags and errors, strings as they are in the
 * program's memory now. */
#include "abi/signal.h"
#include "abi/socket.h"
#include "mm/space.h"
#include "modules.h"
#include "printk.h"
#include "syscall/syscall.h"
#include "trace.h"

#define STRING_SHOWN 64

/* --- words for flags --- */

struct flag {
	uint64_t bit;
	const char *name;
};

static const struct flag open_flags[] = {
    {O_CREAT, "O_CREAT"},
    {O_EXCL, "O_EXCL"},
    {O_NOCTTY, "O_NOCTTY"},
    {O_TRUNC, "O_TRUNC"},
    {O_APPEND, "O_APPEND"},
    {O_NONBLOCK, "O_NONBLOCK"},
    {O_DIRECTORY, "O_DIRECTORY"},
    {O_NOFOLLOW, "O_NOFOLLOW"},
    {O_CLOEXEC, "O_CLOEXEC"},
    {O_PATH, "O_PATH"},
    {O_LARGEFILE, "O_LARGEFILE"},
    {0, NULL},
};
static const struct flag prot_flags[] = {
    {1, "PROT_READ"}, {2, "PROT_WRITE"}, {4, "PROT_EXEC"}, {0, NULL}};
static const struct flag map_flags[] = {
    {1, "MAP_SHARED"},
    {2, "MAP_PRIVATE"},
    {0x10, "MAP_FIXED"},
    {0x20, "MAP_ANONYMOUS"},
    {0x100, "MAP_GROWSDOWN"},
    {0x4000, "MAP_NORESERVE"},
    {0x8000, "MAP_POPULATE"},
    {0x20000, "MAP_STACK"},
    {0x100000, "MAP_FIXED_NOREPLACE"},
    {0, NULL},
};
static const char *const clocks[] = {"CLOCK_REALTIME", "CLOCK_MONOTONIC",
    "CLOCK_PROCESS_CPUTIME_ID", "CLOCK_THREAD_CPUTIME_ID", "CLOCK_MONOTONIC_RAW",
    "CLOCK_REALTIME_COARSE", "CLOCK_MONOTONIC_COARSE", "CLOCK_BOOTTIME"};

static const struct flag msg_flags[] = {
    {0x1, "MSG_OOB"},
    {0x2, "MSG_PEEK"},
    {0x20, "MSG_TRUNC"},
    {0x40, "MSG_DONTWAIT"},
    {0x80, "MSG_EOR"},
    {0x100, "MSG_WAITALL"},
    {0x4000, "MSG_NOSIGNAL"},
    {0x10000, "MSG_WAITFORONE"},
    {0x40000000, "MSG_CMSG_CLOEXEC"},
    {0, NULL},
};
static const struct flag socket_flags[] = {
    {SOCK_CLOEXEC, "SOCK_CLOEXEC"}, {SOCK_NONBLOCK, "SOCK_NONBLOCK"}, {0, NULL}};
static const char *const socket_types[] = {
    [SOCK_STREAM] = "SOCK_STREAM",
    [SOCK_DGRAM] = "SOCK_DGRAM",
    [SOCK_RAW] = "SOCK_RAW",
    [SOCK_SEQPACKET] = "SOCK_SEQPACKET",
};

static void append(char *buf, size_t size, const char *s)
{
	strlcat(buf, s, size);
}

static void append_flags(char *buf, size_t size, const struct flag *f, uint64_t v, const char *none)
{
	char rest[24];
	bool any = false;

	for (; f->name; f++) {
		if ((v & f->bit) != f->bit)
			continue;
		if (any)
			append(buf, size, "|");
		append(buf, size, f->name);
		v &= ~f->bit;
		any = true;
	}
	if (v) {
		fmt_string(rest, sizeof(rest), "%s0x%llx", any ? "|" : "", (unsigned long long)v);
		append(buf, size, rest);
	} else if (!any) {
		append(buf, size, none);
	}
}

static void append_open_flags(char *buf, size_t size, uint64_t v)
{
	static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};

	append(buf, size, modes[v & O_ACCMODE]);
	v &= ~(uint64_t)O_ACCMODE & 0xffffffff;
	if (!v)
		return;
	append(buf, size, "|");
	append_flags(buf, size, open_flags, v, "");
}

/* A string in the program's memory, if it is still there: "/etc/passwd", or false. */
static bool append_string(char *buf, size_t size, struct space *s, uint64_t addr)
{
	char text[STRING_SHOWN + 1];
	int64_t got = s ? space_read(s, addr, text, STRING_SHOWN) : -EFAULT;

	if (got <= 0)
		return false;
	text[got] = 0;
	bool cut = strlen(text) == STRING_SHOWN;
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '"')
			*c = '.';
	append(buf, size, "\"");
	append(buf, size, text);
	append(buf, size, cut ? "\"..." : "\"");
	return true;
}

static void append_number(char *buf, size_t size, const char *format, uint64_t v)
{
	char n[32];

	fmt_string(n, sizeof(n), format, (unsigned long long)v);
	append(buf, size, n);
}

static void append_pointer(char *buf, size_t size, uint64_t v)
{
	if (v)
		append_number(buf, size, "0x%llx", v);
	else
		append(buf, size, "NULL");
}

/* The kinds that are plain numbers: how they are printed, and whether 32 bits of them count. */
static const struct {
	const char *format; /* NULL: no plain number */
	enum { WHOLE, SIGNED_INT, UNSIGNED_INT } width;
} numbers[] = {
    [ARG_INT] = {"%lld", SIGNED_INT},
    [ARG_PID] = {"%lld", SIGNED_INT},
    [ARG_LONG] = {"%lld", WHOLE},
    [ARG_UINT] = {"%llu", UNSIGNED_INT},
    [ARG_SIZE] = {"%llu", WHOLE},
    [ARG_HEX] = {"0x%llx", WHOLE},
    [ARG_MODE] = {"0%llo", UNSIGNED_INT},
    [ARG_CLOCK] = {NULL, WHOLE},
};

static bool append_plain(char *buf, size_t size, enum arg_type type, uint64_t v)
{
	if (type >= ARRAY_SIZE(numbers) || !numbers[type].format)
		return false;
	if (numbers[type].width == SIGNED_INT)
		v = (uint64_t)(int64_t)(int)v;
	if (numbers[type].width == UNSIGNED_INT)
		v = (uint32_t)v;
	append_number(buf, size, numbers[type].format, v);
	return true;
}

static void append_signal(char *buf, size_t size, uint64_t v)
{
	char name[16];

	if ((int)v <= 0 || (int)v >= NSIG) {
		append_plain(buf, size, ARG_INT, v);
		return;
	}
	append(buf, size, "SIG");
	append(buf, size, signal_name((int)v, name));
}

static void append_socket_type(char *buf, size_t size, uint32_t v)
{
	uint32_t type = v & SOCK_TYPE_MASK;

	if (type < ARRAY_SIZE(socket_types) && socket_types[type])
		append(buf, size, socket_types[type]);
	else
		append_plain(buf, size, ARG_INT, type);
	if (v == type)
		return;
	append(buf, size, "|");
	append_flags(buf, size, socket_flags, v & ~type, "");
}

/* "{AF_UNIX, "/path"}", abstract names with an @. */
static bool append_address(char *buf, size_t size, struct space *s, uint64_t addr)
{
	struct linux_sockaddr_un a;
	size_t at = offsetof(struct linux_sockaddr_un, path);

	if (!s || space_read(s, addr, &a, at + 1) < (int64_t)(at + 1))
		return false;
	if (a.family != AF_UNIX)
		return false;
	append(buf, size, a.path[0] ? "{AF_UNIX, " : "{AF_UNIX, @");
	if (!append_string(buf, size, s, addr + at + !a.path[0]))
		append(buf, size, "\"\"");
	append(buf, size, "}");
	return true;
}

static void append_arg(char *buf, size_t size, enum arg_type type, uint64_t v, struct space *s)
{
	if (append_plain(buf, size, type, v))
		return;
	switch (type) {
	case ARG_FD:
		if ((int)v == AT_FDCWD)
			append(buf, size, "AT_FDCWD");
		else
			append_plain(buf, size, ARG_INT, v);
		break;
	case ARG_OPEN_FLAGS:
		append_open_flags(buf, size, v);
		break;
	case ARG_PROT:
		append_flags(buf, size, prot_flags, v, "PROT_NONE");
		break;
	case ARG_MAP_FLAGS:
		append_flags(buf, size, map_flags, v, "0");
		break;
	case ARG_SIGNAL:
		append_signal(buf, size, v);
		break;
	case ARG_DOMAIN:
		if (v == AF_UNIX)
			append(buf, size, "AF_UNIX");
		else
			append_plain(buf, size, ARG_INT, v);
		break;
	case ARG_SOCK_TYPE:
		append_socket_type(buf, size, (uint32_t)v);
		break;
	case ARG_SOCKADDR:
		if (!append_address(buf, size, s, v))
			append_pointer(buf, size, v);
		break;
	case ARG_MSG_FLAGS:
		append_flags(buf, size, msg_flags, (uint32_t)v, "0");
		break;
	case ARG_CLOCK:
		if (v < ARRAY_SIZE(clocks))
			append(buf, size, clocks[v]);
		else
			append_plain(buf, size, ARG_INT, v);
		break;
	default: /* addresses */
		if (type != ARG_PATH || !append_string(buf, size, s, v))
			append_pointer(buf, size, v);
		break;
	}
}

const struct syscall_desc *strace_describe(uint64_t number)
{
	return number < syscall_count && syscall_table[number].name ? &syscall_table[number] : NULL;
}

/* The memory of the process that made the call, if it is still alive. */
static struct space *space_of(int pid)
{
	struct task_handle h = {.pid = pid};
	struct space *s = NULL;

	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = process_find(pid);
	if (p)
		h.start = p->start_time;
	spin_unlock(&task_lock, flags);
	return p && !task_space(&h, &s) ? s : NULL;
}

/* "openat(AT_FDCWD, "/x", O_RDONLY, 00)" */
void strace_format(const struct trace_event *e, char *buf, size_t size)
{
	const uint64_t args[STRACE_ARGS] = {e->b, e->c, e->d, e->e};
	const struct syscall_desc *d = strace_describe(e->a);
	unsigned n = d ? d->nargs : STRACE_ARGS;
	struct space *s = space_of(e->pid);

	if (d)
		fmt_string(buf, size, "%s(", d->name);
	else
		fmt_string(buf, size, "syscall_%llu(", (unsigned long long)e->a);
	for (unsigned i = 0; i < n && i < STRACE_ARGS; i++) {
		if (i)
			append(buf, size, ", ");
		append_arg(buf, size, d ? (enum arg_type)d->args[i] : ARG_HEX, args[i], s);
	}
	append(buf, size, n > STRACE_ARGS ? ", ...)" : ")");
	if (s)
		space_put(s);
}
