/* Loading ELF programs (elf(5)): every number in the file is hostile until checked. */
#include "abi/elf.h"

#include "fs/vfs.h"
#include "mm/heap.h"
#include "mm/space.h"
#include "proc/internal.h"
#include "random.h"

#define MAX_PHDRS  512
#define INTERP_MAX 256

struct elf_file {
	struct file *file;
	struct elf_header head;
	struct elf_phdr *phdrs;
	uint64_t low, high; /* extent of the PT_LOADs, whole pages */
	uint64_t align;
	uaddr_t bias; /* what was added to the addresses in the file */
	char interp[INTERP_MAX];
};

/* Reads exactly n bytes at `pos`. 0, -EIO if the file is shorter, or -errno. */
static int read_exact(struct file *f, void *buf, size_t n, uint64_t pos)
{
	int64_t got = file_read(f, buf, n, &pos);

	if (got < 0)
		return (int)got;
	return (size_t)got == n ? 0 : -EIO;
}

static bool header_ok(const struct elf_header *h)
{
	static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};

	return !memcmp(h->ident, magic, 4) && h->ident[4] == ELFCLASS64 &&
	       h->ident[5] == ELFDATA2LSB && (h->type == ET_EXEC || h->type == ET_DYN) &&
	       h->machine == arch_elf_machine && h->phentsize == sizeof(struct elf_phdr) &&
	       h->phnum > 0 && h->phnum <= MAX_PHDRS;
}

static int check_load(const struct elf_phdr *p)
{
	uint64_t end;

	if (p->filesz > p->memsz || (p->vaddr & ~PAGE_MASK) != (p->offset & ~PAGE_MASK))
		return -EINVAL;
	if (__builtin_add_overflow(p->vaddr, p->memsz, &end) || end > ARCH_USER_TOP)
		return -ENOMEM;
	if (__builtin_add_overflow(p->offset, p->filesz, &end) || end > INT64_MAX)
		return -EINVAL;
	return 0;
}

static int read_interp(struct elf_file *e, const struct elf_phdr *p)
{
	int err;

	if (p->filesz < 2 || p->filesz > INTERP_MAX)
		return -ENOEXEC;
	err = read_exact(e->file, e->interp, p->filesz, p->offset);
	if (err)
		return err;
	return e->interp[p->filesz - 1] ? -ENOEXEC : 0;
}

static int scan_phdrs(struct elf_file *e, struct elf_image *out)
{
	e->low = UINT64_MAX;
	e->align = PAGE_SIZE;
	for (unsigned i = 0; i < e->head.phnum; i++) {
		const struct elf_phdr *p = &e->phdrs[i];
		int err = 0;

		if (p->type == PT_INTERP && !e->interp[0])
			err = read_interp(e, p);
		else if (p->type == PT_LOAD)
			err = check_load(p);
		else if (p->type == PT_GNU_STACK && out)
			out->exec_stack = p->flags & PF_X;
		if (err)
			return err;
		if (p->type != PT_LOAD || !p->memsz)
			continue;
		e->low = MIN(e->low, p->vaddr & PAGE_MASK);
		e->high = MAX(e->high, ALIGN_UP(p->vaddr + p->memsz, PAGE_SIZE));
		if (p->align > e->align && !(p->align & (p->align - 1)) && p->align <= 1UL << 30)
			e->align = p->align;
	}
	return e->low == UINT64_MAX ? -ENOEXEC : 0;
}

static int open_elf(
    struct elf_file *e, struct file *f, const void *head, size_t len, struct elf_image *out)
{
	size_t size;
	int err;

	memset(e, 0, sizeof(*e));
	e->file = f;
	if (len < sizeof(e->head))
		return -ENOEXEC;
	memcpy(&e->head, head, sizeof(e->head));
	if (!header_ok(&e->head))
		return -ENOEXEC;
	size = e->head.phnum * sizeof(struct elf_phdr);
	e->phdrs = kmalloc(size);
	if (!e->phdrs)
		return -ENOMEM;
	err = read_exact(f, e->phdrs, size, e->head.phoff);
	if (!err)
		err = scan_phdrs(e, out);
	if (err) {
		kfree(e->phdrs);
		e->phdrs = NULL;
	}
	return err;
}

/* --- mapping --- */

/* The page that holds the end of the file's part is zero from there on. */
static int clear_tail(struct space *s, uaddr_t from)
{
	static const char zeros[256];
	uaddr_t end = ALIGN_UP(from, PAGE_SIZE);

	while (from < end) {
		size_t n = MIN(end - from, sizeof(zeros));

		if (space_write(s, from, zeros, n, true) != (int64_t)n)
			return -EFAULT;
		from += n;
	}
	return 0;
}

static unsigned area_prot(const struct elf_phdr *p)
{
	return (p->flags & PF_R ? AREA_READ : 0) | (p->flags & PF_W ? AREA_WRITE : 0) |
	       (p->flags & PF_X ? AREA_EXEC : 0);
}

static int map_bss(struct space *s, uaddr_t from, uaddr_t to, unsigned prot)
{
	struct map_request r = {.addr = from, .len = to - from, .flags = prot, .fixed = true};
	int64_t at;

	if (from >= to)
		return 0;
	at = space_map(s, &r);
	return at < 0 ? (int)at : 0;
}

static int map_load(struct space *s, const struct elf_file *e, const struct elf_phdr *p)
{
	uaddr_t start = e->bias + p->vaddr, page = start & PAGE_MASK;
	uaddr_t file_end = start + p->filesz, mem_end = ALIGN_UP(start + p->memsz, PAGE_SIZE);
	unsigned prot = area_prot(p);
	int64_t at;
	int err;

	if (p->filesz) {
		struct map_request r = {.addr = page,
		    .len = ALIGN_UP(file_end, PAGE_SIZE) - page,
		    .flags = prot,
		    .fixed = true,
		    .file = e->file,
		    .offset = p->offset & PAGE_MASK};

		at = space_map(s, &r);
		if (at < 0)
			return (int)at;
		if (p->memsz > p->filesz && (p->flags & PF_W)) {
			err = clear_tail(s, file_end);
			if (err)
				return err;
		}
	} else {
		file_end = page;
	}
	return map_bss(s, ALIGN_UP(file_end, PAGE_SIZE), mem_end, prot);
}

static void note_extent(struct space *s, const struct elf_file *e, const struct elf_phdr *p)
{
	uaddr_t start = e->bias + p->vaddr, file_end = start + p->filesz, end = start + p->memsz;

	if (p->flags & PF_X) {
		s->code_start = s->code_start ? MIN(s->code_start, start) : start;
		s->code_end = MAX(s->code_end, file_end);
	} else if (start > s->data_start) {
		s->data_start = start;
	}
	s->data_end = MAX(s->data_end, file_end);
	s->brk_start = MAX(s->brk_start, ALIGN_UP(end, PAGE_SIZE));
}

/* Finds a place for all segments of a position-independent file, by mapping their whole extent
 * once. */
static int choose_bias(struct space *s, struct elf_file *e, uaddr_t hint)
{
	struct map_request r = {.addr = hint, .len = e->high - e->low + e->align - PAGE_SIZE};
	int64_t at = space_map(s, &r);

	if (at < 0)
		return (int)at;
	space_unmap(s, (uaddr_t)at, r.len);
	e->bias = ALIGN_UP((uaddr_t)at, e->align) - e->low;
	return 0;
}

static int map_all(struct space *s, struct elf_file *e, bool program)
{
	for (unsigned i = 0; i < e->head.phnum; i++) {
		const struct elf_phdr *p = &e->phdrs[i];
		int err;

		if (p->type != PT_LOAD || !p->memsz)
			continue;
		err = map_load(s, e, p);
		if (err)
			return err;
		if (program)
			note_extent(s, e, p);
	}
	return 0;
}

/* AT_PHDR: where the program headers are in memory. */
static uaddr_t phdr_address(const struct elf_file *e)
{
	for (unsigned i = 0; i < e->head.phnum; i++) {
		const struct elf_phdr *p = &e->phdrs[i];

		if (p->type == PT_LOAD && p->offset <= e->head.phoff &&
		    e->head.phoff - p->offset < p->filesz)
			return e->bias + p->vaddr + (e->head.phoff - p->offset);
	}
	return 0;
}

static int load_interp(struct space *s, const char *path, struct elf_image *out)
{
	struct file *f = exec_open(AT_FDCWD, path, 0);
	struct elf_file e;
	struct elf_header head;
	int err;

	if (IS_ERR(f))
		return PTR_ERR(f);
	err = read_exact(f, &head, sizeof(head), 0);
	if (!err)
		err = open_elf(&e, f, &head, sizeof(head), NULL);
	if (err == -ENOEXEC || err == -EIO)
		err = -ELIBBAD;
	if (!err) {
		if (e.head.type == ET_DYN)
			err = choose_bias(s, &e, 0);
		if (!err)
			err = map_all(s, &e, false);
		if (!err) {
			out->interp_base = e.bias;
			out->entry = e.bias + e.head.entry;
		}
		kfree(e.phdrs);
	}
	file_put(f);
	return err;
}

/* Two thirds up: where Linux puts position-independent programs, far from libraries and stack. */
static uaddr_t dyn_hint(void)
{
	uaddr_t base = ARCH_USER_TOP / 3 * 2;

	return ALIGN_DOWN(
	    base + (space_randomised() ? random_below(1 << 18) << PAGE_SHIFT : 0), PAGE_SIZE);
}

static int load_program(struct space *s, struct elf_file *e, struct elf_image *out)
{
	int err = 0;

	if (e->head.type == ET_DYN)
		err = choose_bias(s, e, dyn_hint());
	if (!err)
		err = map_all(s, e, true);
	if (err)
		return err;
	out->program_entry = out->entry = e->bias + e->head.entry;
	out->phdr = phdr_address(e);
	out->phnum = e->head.phnum;
	if (e->interp[0])
		err = load_interp(s, e->interp, out);
	return err;
}

int elf_load(
    struct space *s, struct file *f, const void *head, size_t head_len, struct elf_image *out)
{
	struct elf_file *e = kmalloc(sizeof(*e));
	int err;

	if (!e)
		return -ENOMEM;
	err = open_elf(e, f, head, head_len, out);
	if (!err)
		err = load_program(s, e, out);
	if (!err && out->entry >= ARCH_USER_TOP)
		err = -EINVAL;
	kfree(e->phdrs);
	kfree(e);
	return err;
}
