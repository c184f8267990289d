/* The vDSO: its symbols, its clocks against the kernel's, its data page. */
#include "check.h"

#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>

/* --- looking symbols up, as the C library does --- */

static Elf64_Ehdr *image(void)
{
	Elf64_Ehdr *h = (Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);
	CHECK(h);
	CHECK_EQ(0, memcmp(h->e_ident, ELFMAG, SELFMAG));
	CHECK_EQ(ET_DYN, h->e_type);
	return h;
}

static uintptr_t dynamic(int64_t tag)
{
	char *base = (char *)image();
	Elf64_Phdr *p = (Elf64_Phdr *)(base + image()->e_phoff);
	for (; p->p_type != PT_DYNAMIC; p++)
		;
	for (Elf64_Dyn *d = (Elf64_Dyn *)(base + p->p_vaddr); d->d_tag != DT_NULL; d++)
		if (d->d_tag == tag)
			return (uintptr_t)base + d->d_un.d_ptr;
	FAIL("no dynamic entry %ld", (long)tag);
}

static const char *version_name(unsigned index)
{
	const char *strings = (const char *)dynamic(DT_STRTAB);
	char *at = (char *)dynamic(DT_VERDEF);
	for (;;) {
		Elf64_Verdef *v = (Elf64_Verdef *)at;
		if (v->vd_ndx == index)
			return strings + ((Elf64_Verdaux *)(at + v->vd_aux))->vda_name;
		CHECK(v->vd_next);
		at += v->vd_next;
	}
}

/* The function of that name; its version has to be the one that Linux gives. */
static void *symbol(const char *name)
{
	uint32_t *hash = (uint32_t *)dynamic(DT_HASH);
	Elf64_Sym *symbols = (Elf64_Sym *)dynamic(DT_SYMTAB);
	const char *strings = (const char *)dynamic(DT_STRTAB);
	Elf64_Versym *versions = (Elf64_Versym *)dynamic(DT_VERSYM);
	for (uint32_t i = 1; i < hash[1]; i++) {
		if (strcmp(strings + symbols[i].st_name, name))
			continue;
		CHECK_EQ(STT_FUNC, ELF64_ST_TYPE(symbols[i].st_info));
		CHECK_STR("LINUX_4.15", version_name(versions[i] & 0x7fff));
		return (char *)image() + symbols[i].st_value;
	}
	FAIL("no %s", name);
}

typedef int clock_fn(clockid_t clock, struct timespec *ts);
typedef int time_fn(struct timeval *tv, struct timezone *tz);

static void symbols(void)
{
	static const char *const names[] = {"__vdso_rt_sigreturn", "__vdso_clock_gettime",
	    "__vdso_gettimeofday", "__vdso_clock_getres", "__vdso_getcpu", "__vdso_flush_icache",
	    "__vdso_riscv_hwprobe"};
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		CHECK(symbol(names[i]));
	uintptr_t name = dynamic(DT_SONAME) - (uintptr_t)image(); /* no address */
	CHECK_STR("linux-vdso.so.1", (char *)dynamic(DT_STRTAB) + name);
}

/* --- clocks --- */

static int64_t ns(const struct timespec *ts)
{
	CHECK(ts->tv_nsec >= 0 && ts->tv_nsec < 1000000000);
	return ts->tv_sec * 1000000000LL + ts->tv_nsec;
}

static int64_t by_call(clockid_t clock)
{
	struct timespec ts;
	CHECK_EQ(0, syscall(SYS_clock_gettime, clock, &ts));
	return ns(&ts);
}

static int64_t by_vdso(clockid_t clock)
{
	struct timespec ts;
	CHECK_EQ(0, ((clock_fn *)symbol("__vdso_clock_gettime"))(clock, &ts));
	return ns(&ts);
}

/* What the vDSO says lies between what the kernel says before and after. */
static void clocks(void)
{
	static const clockid_t known[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW,
	    CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_TAI,
	    CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
	struct timespec a, b;
	clock_fn *gettime = symbol("__vdso_clock_gettime"), *getres = symbol("__vdso_clock_getres");
	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++) {
		for (int n = 0; n < 200; n++) {
			int64_t before = by_call(known[i]), there = by_vdso(known[i]),
				after = by_call(known[i]);
			CHECK(before <= there && there <= after);
		}
		CHECK_EQ(0, syscall(SYS_clock_getres, known[i], &a));
		CHECK_EQ(0, getres(known[i], &b));
		CHECK_EQ(ns(&a), ns(&b));
		CHECK_EQ(0, getres(known[i], NULL));
	}
	CHECK_EQ(-EINVAL, gettime(99, &a)); /* the bare result of the system call */
	CHECK_EQ(-EINVAL, getres(99, &a));
}

static void time_of_day(void)
{
	time_fn *get = symbol("__vdso_gettimeofday");
	struct timeval a, b, c;
	struct timezone tz = {1, 1};
	CHECK_EQ(0, syscall(SYS_gettimeofday, &a, NULL));
	CHECK_EQ(0, get(&b, NULL));
	CHECK_EQ(0, syscall(SYS_gettimeofday, &c, NULL));
	CHECK(!timercmp(&b, &a, <) && !timercmp(&c, &b, <));
	CHECK_EQ(0, get(NULL, NULL));
	CHECK_EQ(0, get(&b, &tz));
	CHECK_EQ(0, tz.tz_minuteswest);
}

/* The page follows the kernel's clock. */
static void clock_is_set(void)
{
	struct timespec old, new;
	CHECK_EQ(0, clock_gettime(CLOCK_REALTIME, &old));
	for (int i = 1; i <= 20; i++) {
		int64_t mono = by_vdso(CLOCK_MONOTONIC);
		new = (struct timespec){old.tv_sec + i * 1000, 0};
		CHECK_EQ(0, clock_settime(CLOCK_REALTIME, &new));
		int64_t now = by_vdso(CLOCK_REALTIME);
		CHECK(now >= ns(&new) && now <= by_call(CLOCK_REALTIME));
		CHECK(by_vdso(CLOCK_MONOTONIC) >= mono);
	}
	CHECK_EQ(0, clock_settime(CLOCK_REALTIME, &old));
	CHECK(by_vdso(CLOCK_REALTIME) < ns(&new));
}

static bool finished;

static void *reads(void *arg)
{
	int64_t low = *(int64_t *)arg, high = low + 10000000000000LL, last = 0;
	clock_fn *gettime = symbol("__vdso_clock_gettime");
	struct timespec ts;
	while (!__atomic_load_n(&finished, __ATOMIC_RELAXED)) {
		gettime(CLOCK_REALTIME, &ts);
		CHECK(ns(&ts) >= low && ns(&ts) < high);
		gettime(CLOCK_MONOTONIC, &ts);
		CHECK(ns(&ts) >= last);
		last = ns(&ts);
	}
	return NULL;
}

/* Readers on other CPUs see the old time or the new, nothing between. */
static void set_while_read(void)
{
	int64_t low = by_call(CLOCK_REALTIME);
	pthread_t t[3];
	for (int i = 0; i < 3; i++)
		CHECK_EQ(0, pthread_create(&t[i], NULL, reads, &low));
	for (int i = 0; i < 300; i++) {
		struct timespec ts = {low / 1000000000 + 1 + (i & 1) * 5000, 0};
		CHECK_EQ(0, clock_settime(CLOCK_REALTIME, &ts));
	}
	__atomic_store_n(&finished, true, __ATOMIC_RELAXED);
	struct timespec old = {low / 1000000000, low % 1000000000};
	for (int i = 0; i < 3; i++)
		CHECK_EQ(0, pthread_join(t[i], NULL));
	CHECK_EQ(0, clock_settime(CLOCK_REALTIME, &old));
}

/* --- the rest --- */

static void others(void)
{
	int (*getcpu)(unsigned *, unsigned *, void *) = symbol("__vdso_getcpu");
	int (*flush)(uintptr_t, uintptr_t, uintptr_t) = symbol("__vdso_flush_icache");
	int (*hwprobe)(int64_t *, size_t, size_t, unsigned long *, unsigned) = symbol(
	    "__vdso_riscv_hwprobe");
	unsigned cpu = 99, node = 99;
	CHECK_EQ(0, getcpu(&cpu, &node, NULL));
	CHECK(cpu < 64);
	CHECK_EQ(0, node);
	CHECK_EQ(0, flush(0, 4096, 0));
	CHECK_EQ(0, flush(0, 4096, 1));
	CHECK_EQ(-EINVAL, flush(0, 4096, 2));
	enum { BASE = 3, EXT_0 = 4, TIME_FREQ = 8 };
	int64_t pairs[4][2] = {{BASE, -1}, {EXT_0, -1}, {TIME_FREQ, -1}, {123456, 7}};
	CHECK_EQ(0, hwprobe(pairs[0], 4, 0, NULL, 0));
	CHECK_EQ(1, pairs[0][1]);
	CHECK_EQ(3, pairs[1][1] & 3); /* F and D, C */
	CHECK(pairs[2][1] >= 1000000);
	CHECK_EQ(-1, pairs[3][0]);
	CHECK_EQ(0, pairs[3][1]);
	unsigned long cpus = 0;
	CHECK_ERRNO(EINVAL, syscall(258, pairs[0], 1, sizeof(cpus), &cpus, 0)); /* no CPU at all */
	CHECK_EQ(-EINVAL, hwprobe(pairs[0], 1, sizeof(cpus), &cpus, 2));
	CHECK_EQ(-EINVAL, hwprobe(pairs[0], 1, 0, NULL, 1));
	CHECK_ERRNO(EFAULT, syscall(258, 8, 1, 0, NULL, 0));
	cpus = ~0UL;
	CHECK_EQ(0, hwprobe(pairs[0], 1, sizeof(cpus), &cpus, 1));
	CHECK(cpus & 1);
	pairs[0][1] = 1 << 20;
	CHECK_EQ(0, hwprobe(pairs[0], 1, sizeof(cpus), &cpus, 1));
	CHECK_EQ(0, cpus);
}

static uintptr_t find_map(const char *name, char *rights)
{
	char line[512];
	uintptr_t start = 0, at;
	FILE *f = fopen("/proc/self/maps", "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		char r[8];
		if (strstr(line, name) && sscanf(line, "%lx-%*x %7s", &at, r) == 2) {
			start = at;
			strcpy(rights, r);
		}
	}
	fclose(f);
	return start;
}

static void write_data_page(void)
{
	char rights[8];
	*(volatile char *)find_map("[vvar]", rights) = 1;
}

/* Both are in the map, and nobody writes to the data. */
static void maps(void)
{
	char rights[8];
	long page = sysconf(_SC_PAGESIZE);
	CHECK_EQ((uintptr_t)image(), find_map("[vdso]", rights));
	CHECK_STR("r-xp", rights);
	uintptr_t data = find_map("[vvar]", rights);
	CHECK(data && data < (uintptr_t)image());
	CHECK_STR("r--p", rights);
	CHECK_ERRNO(EACCES, mprotect((void *)data, page, PROT_READ | PROT_WRITE));
	CHECK_ERRNO(EACCES, mprotect((void *)data, page, PROT_READ | PROT_EXEC));
	int status = in_child(write_data_page);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(SIGSEGV, WTERMSIG(status));
	int fd = open("/proc/self/mem", O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(-1, pwrite(fd, "x", 1, (off_t)data));
	CHECK_EQ(4, pwrite(fd, ELFMAG, 4, (off_t)(uintptr_t)image())); /* a debugger may */
	close(fd);
	/* A copy of its own: others keep theirs. */
	CHECK_EQ(0, mprotect(image(), page, PROT_READ | PROT_WRITE | PROT_EXEC));
	CHECK(by_vdso(CLOCK_MONOTONIC) > 0);
}

static void after_fork(void)
{
	if (!fork()) {
		CHECK(by_vdso(CLOCK_MONOTONIC) <= by_call(CLOCK_MONOTONIC));
		CHECK_EQ(0, munmap(image(), (size_t)sysconf(_SC_PAGESIZE)));
		struct timespec ts;
		CHECK_EQ(0, syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts));
		_exit(3);
	}
	int status;
	CHECK(wait(&status) > 0);
	CHECK(WIFEXITED(status));
	CHECK_EQ(3, WEXITSTATUS(status));
	CHECK(by_vdso(CLOCK_MONOTONIC) <= by_call(CLOCK_MONOTONIC));
}

SUBCOMMANDS({"symbols", symbols}, {"clocks", clocks}, {"time_of_day", time_of_day},
    {"clock_is_set", clock_is_set}, {"set_while_read", set_while_read}, {"others", others},
    {"maps", maps}, {"after_fork", after_fork})
