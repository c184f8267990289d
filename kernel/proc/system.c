/* What a program asks of the system as a whole: uname(2), sysinfo(2), getrandom(2), reboot(2) … */
#include "abi/personality.h"
#include "arch/cpu.h"
#include "arch/uaccess.h"
#include "mm/page.h"
#include "printk.h"
#include "random.h"
#include "sched/load.h"
#include "syscall/syscall.h"
#include "version.h"

#define UTS_LEN 65

static char hostname[UTS_LEN] = "perilune"; /* [T] */
static char domainname[UTS_LEN] = "(none)"; /* [T] */

struct user_utsname {
	char sysname[UTS_LEN], nodename[UTS_LEN], release[UTS_LEN], version[UTS_LEN],
	    machine[UTS_LEN], domainname[UTS_LEN];
};

void system_hostname(char *buf, size_t size)
{
	irqflags_t flags = spin_lock(&task_lock);

	fmt_string(buf, size, "%s", hostname);
	spin_unlock(&task_lock, flags);
}

/* With UNAME26: "2.6.", the minor number and 60, and what follows the digits and dots. */
static void show_release(char *to)
{
	const char *rest = LINUX_RELEASE, *minor = strchr(rest, '.') + 1;
	unsigned number = 0;

	if (!(current->process->personality & UNAME26)) {
		fmt_string(to, UTS_LEN, "%s", rest);
		return;
	}
	while (*minor >= '0' && *minor <= '9')
		number = number * 10 + (unsigned)(*minor++ - '0');
	rest += strspn(rest, "0123456789.");
	fmt_string(to, UTS_LEN, "2.6.%u%s", number + 60, rest);
}

void system_domainname(char *buf, size_t size)
{
	irqflags_t flags = spin_lock(&task_lock);

	fmt_string(buf, size, "%s", domainname);
	spin_unlock(&task_lock, flags);
}

static void set_name(char *to, const char *name)
{
	irqflags_t flags = spin_lock(&task_lock);

	memset(to, 0, UTS_LEN);
	fmt_string(to, UTS_LEN, "%s", name);
	spin_unlock(&task_lock, flags);
}

void system_set_hostname(const char *name)
{
	set_name(hostname, name);
}

void system_set_domainname(const char *name)
{
	set_name(domainname, name);
}

SYSCALL(uname)
{
	struct user_utsname u = {0};
	irqflags_t flags;

	fmt_string(u.sysname, UTS_LEN, "Linux");
	show_release(u.release);
	fmt_string(u.version, UTS_LEN, "%s", LINUX_VERSION);
	fmt_string(u.machine, UTS_LEN, "%s", arch_uname_machine);
	flags = spin_lock(&task_lock);
	memcpy(u.nodename, hostname, UTS_LEN);
	memcpy(u.domainname, domainname, UTS_LEN);
	spin_unlock(&task_lock, flags);
	return copy_out_obj(a[0], &u);
}

static int64_t set_uts_name(char *to, uaddr_t from, int64_t len)
{
	char name[UTS_LEN] = {0};
	irqflags_t flags;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len >= UTS_LEN)
		return -EINVAL;
	if (arch_copy_in(name, from, (size_t)len))
		return -EFAULT;
	flags = spin_lock(&task_lock);
	memcpy(to, name, UTS_LEN);
	spin_unlock(&task_lock, flags);
	return 0;
}

SYSCALL(sethostname)
{
	return set_uts_name(hostname, a[0], (int)a[1]);
}

SYSCALL(setdomainname)
{
	return set_uts_name(domainname, a[0], (int)a[1]);
}

struct user_sysinfo {
	int64_t uptime;
	uint64_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	uint16_t procs, pad;
	uint64_t totalhigh, freehigh;
	uint32_t mem_unit, pad2;
};

SYSCALL(sysinfo)
{
	struct user_sysinfo u = {.uptime = time_now() / NS_PER_S, .mem_unit = 1};
	struct page_stats s;
	struct process *p;
	irqflags_t flags;

	load_averages(u.loads);
	for (unsigned k = 0; k < 3; k++)
		u.loads[k] <<= 16 - LOAD_SHIFT;
	page_stats(&s);
	u.totalram = s.total * PAGE_SIZE;
	u.freeram = s.free * PAGE_SIZE;
	u.sharedram = s.cache * PAGE_SIZE;
	flags = spin_lock(&task_lock);
	list_for_each (p, &all_processes, all_link)
		u.procs = (uint16_t)(u.procs + p->thread_count);
	spin_unlock(&task_lock, flags);
	return copy_out_obj(a[0], &u);
}

#define GRND_NONBLOCK 1
#define GRND_RANDOM   2
#define GRND_INSECURE 4

SYSCALL(getrandom)
{
	uint64_t left = MIN(a[1], (uint64_t)INT32_MAX), done = 0;
	char buf[256];

	if (a[2] & ~(uint64_t)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((a[2] & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	while (left) {
		size_t n = MIN(left, sizeof(buf));

		random_fill(buf, n);
		if (arch_copy_out(a[0] + done, buf, n))
			return done ? (int64_t)done : -EFAULT;
		done += n;
		left -= n;
		if (signal_pending(current))
			break;
	}
	return (int64_t)done;
}

SYSCALL(personality)
{
	enum { QUERY = 0xffffffff };
	uint32_t persona = (uint32_t)a[0], old = current->process->personality;

	if (persona != QUERY)
		current->process->personality = persona;
	return old;
}

#define REBOOT_MAGIC1    0xfee1dead
#define REBOOT_RESTART   0x01234567
#define REBOOT_HALT      0xcdef0123
#define REBOOT_POWER_OFF 0x4321fedc
#define REBOOT_CAD_ON    0x89abcdef
#define REBOOT_CAD_OFF   0

static bool reboot_magic2(uint32_t m)
{
	return m == 672274793 || m == 85072278 || m == 369367448 || m == 537993216;
}

SYSCALL(reboot)
{
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if ((uint32_t)a[0] != REBOOT_MAGIC1 || !reboot_magic2((uint32_t)a[1]))
		return -EINVAL;
	switch ((uint32_t)a[2]) {
	case REBOOT_RESTART:
		arch_reboot();
	case REBOOT_HALT:
	case REBOOT_POWER_OFF:
		arch_poweroff(0);
	case REBOOT_CAD_ON:
	case REBOOT_CAD_OFF:
		return 0;
	}
	return -EINVAL;
}
