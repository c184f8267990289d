/* P:maps, P:fds, P:read, P:write: what a process has mapped and open. */
#include "fs/vfs.h"
#include "mm/space.h"
#include "modules.h"
#include "net/socket.h"
#include "printk.h"

#define MAX_READ  (16 << 20)
#define PATH_ROOM 256

const char *path_of(const struct path *p, char *buf, size_t size)
{
	const struct path nowhere = {NULL, NULL};
	char *text = path_text(p, current->fs ? &current->fs->root : &nowhere, buf, size);

	return IS_ERR(text) ? NULL : text;
}

/* --- maps --- */

struct map_info {
	uaddr_t start, end;
	unsigned flags;
	uint64_t offset, ino;
	char name[96];
};

/* The end of the path, where it is longer than the room for it. */
static void area_name(const struct area *a, char *buf, size_t size)
{
	char path[PATH_ROOM];

	buf[0] = 0;
	if (a->name) {
		strlcpy(buf, a->name, size);
	} else if (a->file && a->file->path.dentry) {
		const char *start = path_of(&a->file->path, path, sizeof(path));
		if (start) {
			size_t n = strlen(start);
			strlcpy(buf, n < size ? start : start + n - size + 1, size);
		}
	} else if (a->flags & AREA_HEAP) {
		strlcpy(buf, "[heap]", size);
	} else if (a->flags & AREA_STACK) {
		strlcpy(buf, "[stack]", size);
	}
}

static unsigned snapshot_maps(struct space *s, struct map_info *list, unsigned room)
{
	struct area *a;
	unsigned n = 0;

	mutex_lock(&s->lock);
	list_for_each (a, &s->areas, link) {
		if (n < room) {
			struct map_info *m = &list[n];
			*m = (struct map_info){.start = a->start,
			    .end = a->end,
			    .flags = a->flags,
			    .offset = a->offset};
			m->ino = a->file && a->file->inode ? a->file->inode->ino : 0;
			area_name(a, m->name, sizeof(m->name));
		}
		n++;
	}
	mutex_unlock(&s->lock);
	return n;
}

static void push_map(lua_State *L, const struct map_info *m)
{
	char perms[5] = {m->flags & AREA_READ ? 'r' : '-', m->flags & AREA_WRITE ? 'w' : '-',
	    m->flags & AREA_EXEC ? 'x' : '-', m->flags & AREA_SHARED ? 's' : 'p', 0};

	lua_createtable(L, 0, 6);
	bind_set_int(L, "start", (int64_t)m->start);
	bind_set_int(L, "stop", (int64_t)m->end);
	bind_set_int(L, "size", (int64_t)(m->end - m->start));
	bind_set_string(L, "perms", perms);
	bind_set_int(L, "offset", (int64_t)m->offset);
	bind_set_int(L, "inode", (int64_t)m->ino);
	bind_set_string(L, "name", m->name);
}

static int fail_space(lua_State *L, int err)
{
	return err == -EINVAL ? bind_fail_text(L, err, "a kernel task has no user memory")
			      : bind_fail(L, err);
}

/* P:maps() */
int process_maps(lua_State *L)
{
	struct task_handle *h = check_process(L, 1);
	struct map_info *list;
	unsigned n, room = 64;

	for (;;) {
		struct space *s;
		list = lua_newuserdatauv(L, room * sizeof(*list), 0);
		int err = task_space(h, &s);
		if (err)
			return fail_space(L, err);
		n = snapshot_maps(s, list, room);
		space_put(s);
		if (n <= room)
			break;
		room = n + 16;
	}
	lua_createtable(L, (int)n, 0);
	for (unsigned i = 0; i < n; i++) {
		push_map(L, &list[i]);
		lua_rawseti(L, -2, i + 1);
	}
	bind_set_view(L, "maps");
	return 1;
}

/* --- open files --- */

struct fd_info {
	char path[PATH_ROOM], socket[2 * PATH_ROOM];
	unsigned flags;
	uint64_t pos, ino;
	uint32_t mode;
};

static struct files *task_files(const struct task_handle *h)
{
	struct files *files = NULL;
	struct thread *t;

	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = task_find(h);
	if (p) {
		list_for_each (t, &p->threads, process_link) {
			if (!t->files)
				continue;
			files = t->files;
			ref_get(&files->refs);
			break;
		}
	}
	spin_unlock(&task_lock, flags);
	return files;
}

static const char *type_word(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFIFO:
		return "pipe";
	case S_IFSOCK:
		return "socket";
	case S_IFCHR:
		return "device";
	default:
		return "anon";
	}
}

static void describe_file(struct file *f, struct fd_info *out)
{
	*out = (struct fd_info){.flags = f->flags, .pos = f->pos};
	if (f->inode) {
		out->ino = f->inode->ino;
		out->mode = f->inode->mode;
	}
	if (file_socket(f))
		file_socket(f)->ops->describe(file_socket(f), out->socket, sizeof(out->socket));
	if (f->path.dentry) {
		const char *start = path_of(&f->path, out->path, sizeof(out->path));
		if (start) {
			memmove(out->path, start, strlen(start) + 1);
			return;
		}
	}
	fmt_string(out->path, sizeof(out->path), "%s:[%llu]", type_word(out->mode),
	    (unsigned long long)out->ino);
}

static void push_fd(lua_State *L, int fd, const struct fd_info *i)
{
	static const char *const modes[] = {"r", "w", "rw", "?"};

	lua_createtable(L, 0, 6);
	bind_set_int(L, "fd", fd);
	bind_set_string(L, "path", i->path);
	bind_set_string(L, "mode", modes[i->flags & O_ACCMODE]);
	bind_set_int(L, "flags", i->flags);
	bind_set_int(L, "pos", (int64_t)i->pos);
	bind_set_int(L, "inode", (int64_t)i->ino);
	if (i->socket[0])
		bind_set_string(L, "socket", i->socket);
}

/* P:fds() */
int process_fds(lua_State *L)
{
	struct task_handle *h = check_process(L, 1);
	struct fd_info *info = lua_newuserdatauv(L, sizeof(*info), 0);
	lua_Integer out = 0;
	unsigned size = 1;

	lua_newtable(L);
	for (unsigned fd = 0; fd < size;
	    fd++) { /* the table is taken up anew each time: no reference across Lua calls */
		struct files *files = task_files(h);
		if (!files) {
			if (fd)
				break;
			return bind_fail(L, ESRCH);
		}
		size = files->size;
		struct file *f = files_get(files, (int)fd);
		if (f) {
			describe_file(f, info);
			file_put(f);
		}
		files_put(files);
		if (f) {
			push_fd(L, (int)fd, info);
			lua_rawseti(L, -2, ++out);
		}
	}
	bind_set_view(L, "fds");
	return 1;
}

/* --- memory --- */

/* P:read(addr, n): the bytes, fewer where the mapping ends */
int process_read(lua_State *L)
{
	struct task_handle *h = check_process(L, 1);
	uaddr_t addr = (uaddr_t)luaL_checkinteger(L, 2);
	lua_Integer n = luaL_checkinteger(L, 3);
	struct space *s;
	luaL_Buffer b;

	luaL_argcheck(L, n >= 0 && n <= MAX_READ, 3, "0 bytes to 16 MiB");
	char *room = luaL_buffinitsize(L, &b, (size_t)n + 1);
	int err = task_space(h, &s);
	if (err)
		return fail_space(L, err);
	int64_t got = n ? space_read(s, addr, room, (size_t)n) : 0;
	space_put(s);
	if (got < 0)
		return bind_fail_text(L, (int)got, "address not mapped");
	luaL_pushresultsize(&b, (size_t)got);
	return 1;
}

/* P:write(addr, s): how many bytes were written, through read-only mappings as well */
int process_write(lua_State *L)
{
	struct task_handle *h = check_process(L, 1);
	uaddr_t addr = (uaddr_t)luaL_checkinteger(L, 2);
	size_t n;
	const char *bytes = luaL_checklstring(L, 3, &n);
	struct space *s;

	bind_require(L, TIER_FULL);
	int err = task_space(h, &s);
	if (err)
		return fail_space(L, err);
	int64_t put = n ? space_write(s, addr, bytes, n, true) : 0;
	space_put(s);
	if (put < 0)
		return bind_fail_text(L, (int)put, "address not mapped");
	return bind_result(L, put);
}
