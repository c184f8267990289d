/* The strings of a new program and its initial stack (execve(2), getauxval(3)). */
#include "abi/elf.h"
#include "arch/uaccess.h"
#include "mm/heap.h"
#include "mm/space.h"
#include "proc/internal.h"
#include "random.h"

#define MAX_STRING  (128 * 1024UL)      /* MAX_ARG_STRLEN */
#define MAX_STRINGS (6UL * 1024 * 1024) /* three quarters of _STK_LIM */
#define MIN_STRINGS (128 * 1024UL)

void exec_strings_free(struct exec_strings *s)
{
	kfree(s->buf);
	s->buf = NULL;
}

/* A quarter of the stack limit, for strings and pointers together; Linux guarantees 128 KiB. */
static size_t strings_limit(void)
{
	uint64_t quarter = rlimit_get(RLIMIT_STACK) / 4;

	return MAX(MIN(quarter, MAX_STRINGS), MIN_STRINGS);
}

static int grow(struct exec_strings *s, size_t need)
{
	size_t capacity = MAX(s->capacity * 2, 1024);
	char *buf;

	if (s->len + need <= s->capacity)
		return 0;
	while (capacity < s->len + need)
		capacity *= 2;
	buf = krealloc(s->buf, capacity);
	if (!buf)
		return -ENOMEM;
	s->buf = buf;
	s->capacity = capacity;
	return 0;
}

static int check_total(const struct exec_strings *s)
{
	return s->len + (s->argc + s->envc) * sizeof(uaddr_t) > strings_limit() ? -E2BIG : 0;
}

static int add_kernel(struct exec_strings *s, const char *str)
{
	size_t n = strlen(str) + 1;
	int err = grow(s, n);

	if (err)
		return err;
	memcpy(s->buf + s->len, str, n);
	s->len += n;
	return 0;
}

static int add_user(struct exec_strings *s, uaddr_t str)
{
	size_t room = 256;

	for (;;) {
		int err = grow(s, room);
		int64_t n;

		if (err)
			return err;
		n = arch_copy_in_string(s->buf + s->len, str, room);
		if (n >= 0) {
			s->len += (size_t)n + 1;
			return 0;
		}
		if (n != -ENAMETOOLONG)
			return (int)n;
		if (room >= MAX_STRING)
			return -E2BIG;
		room *= 8;
	}
}

/* The n-th string of a vector: 1 added, 0 at its end, or -errno. */
static int add_nth(struct exec_strings *s, const struct string_vec *v, unsigned n)
{
	uaddr_t p;
	int err;

	if (v->kernel) {
		if (!v->kernel[n])
			return 0;
		err = add_kernel(s, v->kernel[n]);
	} else {
		if (!v->user)
			return 0;
		if (copy_in_obj(&p, v->user + n * sizeof(p)))
			return -EFAULT;
		if (!p)
			return 0;
		err = add_user(s, p);
	}
	return err ? err : 1;
}

static int add_vector(struct exec_strings *s, const struct string_vec *v, unsigned *count)
{
	int r;

	while ((r = add_nth(s, v, *count)) > 0) {
		(*count)++;
		r = check_total(s);
		if (r)
			return r;
	}
	return r;
}

int exec_strings_collect(
    struct exec_strings *s, const struct string_vec *argv, const struct string_vec *envp)
{
	int err = add_vector(s, argv, &s->argc);

	if (!err && !s->argc) { /* Linux since 5.18: an empty argv becomes {""} */
		err = add_kernel(s, "");
		s->argc = 1;
	}
	s->env_offset = s->len;
	return err ? err : add_vector(s, envp, &s->envc);
}

int exec_strings_prepend(struct exec_strings *s, const char *arg)
{
	size_t n = strlen(arg) + 1;
	int err = grow(s, n);

	if (err)
		return err;
	memmove(s->buf + n, s->buf, s->len);
	memcpy(s->buf, arg, n);
	s->len += n;
	s->env_offset += n;
	s->argc++;
	return check_total(s);
}

int exec_strings_drop_first(struct exec_strings *s)
{
	size_t n;

	if (!s->argc)
		return 0;
	n = strlen(s->buf) + 1;
	memmove(s->buf, s->buf + n, s->len - n);
	s->len -= n;
	s->env_offset -= n;
	s->argc--;
	return 0;
}

/* --- the stack --- */

struct builder {
	char *image; /* of the whole block, lowest address first */
	size_t size;
	uaddr_t base;
	uint64_t *slot; /* the next word to be written */
};

static void put(struct builder *b, uint64_t v)
{
	*b->slot++ = v;
}

static void put_aux(struct builder *b, uint64_t type, uint64_t value)
{
	put(b, type);
	put(b, value);
}

static const char *put_pointers(
    struct builder *b, const char *str, unsigned n, uaddr_t at, const char *from)
{
	while (n--) {
		put(b, at + (uaddr_t)(str - from));
		str += strlen(str) + 1;
	}
	put(b, 0);
	return str;
}

struct tail { /* what lies above the vectors */
	uaddr_t random, platform, execfn;
};

static void put_auxv(struct builder *b, struct space *s, const struct elf_image *image,
    const struct cred *c, bool secure, const struct tail *t)
{
	uint64_t *start = b->slot;

	if (s->vdso)
		put_aux(b, AT_SYSINFO_EHDR, s->vdso);
	for (unsigned i = 0; i < arch_auxv_count; i++)
		put_aux(b, arch_auxv[i][0], arch_auxv[i][1]);
	put_aux(b, AT_MINSIGSTKSZ, arch_min_sigstack);
	put_aux(b, AT_HWCAP, arch_hwcap());
	put_aux(b, AT_PAGESZ, PAGE_SIZE);
	put_aux(b, AT_CLKTCK, NS_PER_S / TICK_NS);
	put_aux(b, AT_PHDR, image->phdr);
	put_aux(b, AT_PHENT, sizeof(struct elf_phdr));
	put_aux(b, AT_PHNUM, image->phnum);
	put_aux(b, AT_BASE, image->interp_base);
	put_aux(b, AT_FLAGS, 0);
	put_aux(b, AT_ENTRY, image->program_entry);
	put_aux(b, AT_UID, c->uid);
	put_aux(b, AT_EUID, c->euid);
	put_aux(b, AT_GID, c->gid);
	put_aux(b, AT_EGID, c->egid);
	put_aux(b, AT_SECURE, secure);
	put_aux(b, AT_RANDOM, t->random);
	put_aux(b, AT_EXECFN, t->execfn);
	if (t->platform)
		put_aux(b, AT_PLATFORM, t->platform);
	put_aux(b, AT_RSEQ_FEATURE_SIZE, RSEQ_FEATURE_SIZE);
	put_aux(b, AT_RSEQ_ALIGN, RSEQ_ALIGN);
	put_aux(b, AT_NULL, 0);
	memset(s->auxv, 0, sizeof(s->auxv));
	memcpy(s->auxv, start, (size_t)((char *)b->slot - (char *)start));
}

#define AUX_WORDS 64

int exec_build_stack(struct space *s, const struct exec_strings *strings,
    const struct elf_image *image, const char *execfn, const struct cred *cred, bool secure,
    uaddr_t *sp_out)
{
	size_t fn_len = strlen(execfn) + 1,
	       platform_len = arch_platform[0] ? strlen(arch_platform) + 1 : 0;
	size_t words = 1 + strings->argc + 1 + strings->envc + 1 + AUX_WORDS;
	size_t pad = space_layout_stack_pad();
	size_t tail = pad + 16 + platform_len + strings->len + fn_len + 8;
	struct builder b = {.size = ALIGN_UP(words * 8 + tail, 16)};
	struct tail t = {0};
	uaddr_t str_at;
	const char *env;
	char *p;
	int64_t done;

	if (b.size > s->stack_top / 2)
		return -E2BIG;
	b.image = kzalloc(b.size);
	if (!b.image)
		return -ENOMEM;
	b.base = ALIGN_DOWN(s->stack_top - b.size, 16);
	b.slot = (uint64_t *)b.image;
	/* From the top down: 8 zero bytes, the program's name, strings, platform, 16 random bytes.
	 */
	p = b.image + b.size - 8 - fn_len;
	memcpy(p, execfn, fn_len);
	t.execfn = b.base + (uaddr_t)(p - b.image);
	p -= strings->len;
	memcpy(p, strings->buf, strings->len);
	str_at = b.base + (uaddr_t)(p - b.image);
	if (platform_len) {
		p -= platform_len;
		memcpy(p, arch_platform, platform_len);
		t.platform = b.base + (uaddr_t)(p - b.image);
	}
	p -= 16;
	random_fill(p, 16);
	t.random = b.base + (uaddr_t)(p - b.image);

	put(&b, strings->argc);
	env = put_pointers(&b, strings->buf, strings->argc, str_at, strings->buf);
	put_pointers(&b, env, strings->envc, str_at, strings->buf);
	put_auxv(&b, s, image, cred, secure, &t);
	s->arg_start = str_at;
	s->arg_end = s->env_start = str_at + strings->env_offset;
	s->env_end = str_at + strings->len;
	done = space_write(s, b.base, b.image, b.size, true);
	*sp_out = b.base;
	kfree(b.image);
	return done == (int64_t)b.size ? 0 : -EFAULT;
}
