/* Loading ELF programs (elf(5)): every number in the file is hostile until checked. */
#include "abi/elf.h"

#include "fs/vfs.h"
#include "mm/heap.h"
#include "mm/space.h"
#include "proc/internal.h"

#define MAX_PHDRS_SIZE 65536

struct elf_file {
	struct file *file;
	struct elf_header head;
	struct elf_phdr *phdrs;
	uint64_t low, high; /* extent of the PT_LOADs, whole pages */
	uint64_t align;
	uaddr_t bias; /* what was added to the addresses in the file */
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
	       h->phnum > 0 && h->phnum * sizeof(struct elf_phdr) <= MAX_PHDRS_SIZE;
}

/* Takes over the reference to `f`. 0, -ENOEXEC, -ENOMEM. */
static int open_elf(struct elf_file *e, struct file *f, const void *head, size_t len)
{
	size_t size;

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
	return read_exact(f, e->phdrs, size, e->head.phoff) ? -ENOEXEC : 0;
}

static void close_elf(struct elf_file *e)
{
	if (e->file)
		file_put(e->file);
	kfree(e->phdrs);
}

/* The program that PT_INTERP names, opened and checked. 0 also if there is none (interp->file stays
 * NULL). */
static int open_interp(const struct elf_file *e, struct elf_file *interp)
{
	const struct elf_phdr *p = NULL;
	struct elf_header head;
	struct file *f;
	char *path;
	int err;

	for (unsigned i = 0; i < e->head.phnum && !p; i++)
		if (e->phdrs[i].type == PT_INTERP)
			p = &e->phdrs[i];
	if (!p)
		return 0;
	if (p->filesz < 2 || p->filesz > PATH_MAX)
		return -ENOEXEC;
	path = kmalloc(p->filesz);
	if (!path)
		return -ENOMEM;
	err = read_exact(e->file, path, p->filesz, p->offset);
	if (!err && path[p->filesz - 1])
		err = -ENOEXEC;
	f = err ? ERR_PTR(err) : exec_open(AT_FDCWD, path, LOOKUP_FOLLOW);
	kfree(path);
	if (IS_ERR(f))
		return PTR_ERR(f);
	interp->file = f;
	err = read_exact(f, &head, sizeof(head), 0);
	if (!err)
		err = open_elf(interp, f, &head, sizeof(head));
	return err == -ENOEXEC ? -ELIBBAD : err;
}

/* --- mapping --- */

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

/* Checks the segments and finds how far they reach. */
static int measure(struct elf_file *e)
{
	e->low = UINT64_MAX;
	e->align = PAGE_SIZE;
	for (unsigned i = 0; i < e->head.phnum; i++) {
		const struct elf_phdr *p = &e->phdrs[i];
		int err = p->type == PT_LOAD ? check_load(p) : 0;

		if (err)
			return err;
		if (p->type != PT_LOAD || !p->memsz)
			continue;
		e->low = MIN(e->low, p->vaddr & PAGE_MASK);
		e->high = MAX(e->high, ALIGN_UP(p->vaddr + p->memsz, PAGE_SIZE));
		if (p->align > e->align && !(p->align & (p->align - 1)) && p->align <= 1UL << 30)
			e->align = p->align;
	}
	return e->low == UINT64_MAX ? -EINVAL : 0;
}

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

/* Zero pages behind a segment's part of the file: writable whatever the segment says, as Linux has
 * them. */
static int map_bss(struct space *s, uaddr_t from, uaddr_t to, unsigned prot)
{
	struct map_request r = {
	    .addr = from,
	    .len = to - from,
	    .flags = AREA_READ | AREA_WRITE | (prot & AREA_EXEC),
	    .fixed = true,
	};
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

/* Maps a whole file: anywhere, near `hint`, or where it says itself. */
static int map_file(struct space *s, struct elf_file *e, uaddr_t hint, bool program)
{
	int err = measure(e);

	if (!err && e->head.type == ET_DYN)
		err = choose_bias(s, e, hint);
	return err ? err : map_all(s, e, program);
}

/* The last header of that kind counts. */
static bool wants_exec_stack(const struct elf_file *e)
{
	for (unsigned i = e->head.phnum; i-- > 0;)
		if (e->phdrs[i].type == PT_GNU_STACK)
			return e->phdrs[i].flags & PF_X;
	return false;
}

static int map_both(
    struct space *s, struct elf_file *e, struct elf_file *interp, struct elf_image *out)
{
	/* One without interpreter may be one itself: it goes among the mappings, out of the way of
	 * the programs that it loads. */
	int err = map_file(s, e, interp->file ? space_layout_pie() : 0, true);

	if (!err && e->head.type == ET_DYN && !interp->file)
		s->brk_start = SPACE_PIE_BASE;
	if (!err && interp->file)
		err = map_file(s, interp, 0, false);
	if (err)
		return err;
	out->exec_stack = wants_exec_stack(e);
	out->program_entry = out->entry = e->bias + e->head.entry;
	out->phdr = phdr_address(e);
	out->phnum = e->head.phnum;
	if (interp->file) {
		out->interp_base = interp->bias;
		out->entry = interp->bias + interp->head.entry;
	}
	return out->entry < ARCH_USER_TOP ? 0 : -EINVAL;
}

int elf_load(struct space *s, struct file *f, const void *head, size_t head_len,
    struct elf_image *out, bool *fatal)
{
	struct elf_file e, interp = {0};
	int err;

	file_get(f);
	err = open_elf(&e, f, head, head_len);
	if (!err)
		err = open_interp(&e, &interp);
	if (!err) {
		*fatal = true;
		err = map_both(s, &e, &interp, out);
	}
	close_elf(&interp);
	close_elf(&e);
	return err;
}
