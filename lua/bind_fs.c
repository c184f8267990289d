/* fs: files by path, with the rights of the shell's own task. */
#include "fs/vfs.h"

#include "abi/fs.h"
#include "modules.h"

#define CHUNK    65536
#define MAX_FILE (64 << 20) /* what fs.read returns at most: a device may never end */

static struct file *open_or_fail(const char *path, unsigned flags, uint32_t mode)
{
	return do_open(AT_FDCWD, path, flags | O_NOCTTY | O_LARGEFILE, mode);
}

/* fs.read(path [, n]): the content, or its first n bytes */
static int fs_read(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	lua_Integer max = luaL_optinteger(L, 2, MAX_FILE);
	size_t total = 0;
	int64_t got = 1;
	luaL_Buffer b;

	luaL_argcheck(L, max >= 0 && max <= MAX_FILE, 2, "0 bytes to 64 MiB");
	struct file **slot = bind_new_file(L);
	struct file *f = open_or_fail(path, O_RDONLY, 0);
	if (IS_ERR(f))
		return bind_fail_for(L, PTR_ERR(f), path);
	bind_set_file(slot, f);
	luaL_buffinit(L, &b);
	while (total < (size_t)max && got > 0) {
		size_t want = MIN((size_t)max - total, total ? (size_t)CHUNK : (size_t)1024);
		char *room = luaL_prepbuffsize(&b, want);
		got = file_read_waiting(L, f, room, want, NS_NEVER);
		if (got > 0) {
			luaL_addsize(&b, (size_t)got);
			total += (size_t)got;
		}
	}
	luaL_pushresult(&b);
	bind_close_file(slot);
	if (got < 0)
		return bind_fail_for(L, (int)got, path);
	if (total == MAX_FILE && got > 0)
		return bind_fail_for(L, EFBIG, path);
	return 1;
}

static int write_all(lua_State *L, unsigned flags)
{
	const char *path = luaL_checkstring(L, 1);
	size_t n, done = 0;
	const char *s = luaL_checklstring(L, 2, &n);
	uint32_t mode = (uint32_t)luaL_optinteger(L, 3, 0644) & 07777;

	bind_require(L, TIER_CONTROL);
	struct file **slot = bind_new_file(L);
	struct file *f = open_or_fail(path, O_WRONLY | O_CREAT | flags, mode);
	if (IS_ERR(f))
		return bind_fail_for(L, PTR_ERR(f), path);
	bind_set_file(slot, f);
	while (done < n) {
		bind_check_interrupt(L);
		int64_t put = file_write(f, s + done, MIN(n - done, (size_t)CHUNK), NULL);
		if (put == -ERESTARTSYS || put == -EINTR)
			continue;
		if (put < 0) {
			bind_close_file(slot);
			return bind_fail_for(L, (int)put, path);
		}
		done += (size_t)put;
	}
	bind_close_file(slot);
	lua_pushboolean(L, 1);
	return 1;
}

/* fs.write(path, s [, mode]): creates or replaces */
static int fs_write(lua_State *L)
{
	return write_all(L, O_TRUNC);
}

/* fs.append(path, s [, mode]) */
static int fs_append(lua_State *L)
{
	return write_all(L, O_APPEND);
}

/* fs.open(path [, "r" | "w" | "a" | "r+"]): a handle with read, write, lines, close */
static int fs_open(lua_State *L)
{
	static const char *const names[] = {"r", "w", "a", "r+", NULL};
	static const unsigned flags[] = {
	    O_RDONLY, O_WRONLY | O_CREAT | O_TRUNC, O_WRONLY | O_CREAT | O_APPEND, O_RDWR};
	const char *path = luaL_checkstring(L, 1);
	int mode = luaL_checkoption(L, 2, "r", names);

	if (mode)
		bind_require(L, TIER_CONTROL);
	struct file **slot = bind_new_file(L);
	struct file *f = open_or_fail(path, flags[mode], 0644);
	if (IS_ERR(f))
		return bind_fail_for(L, PTR_ERR(f), path);
	bind_set_file(slot, f);
	return 1;
}

static const char *type_name(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
		return "chardev";
	case S_IFBLK:
		return "blockdev";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	}
	return "unknown";
}

/* fs.stat(path [, follow]): follow=false looks at a link itself */
static int fs_stat(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	bool follow = lua_isnone(L, 2) || lua_toboolean(L, 2);
	struct linux_stat st;

	int err = do_stat(AT_FDCWD, path, follow ? 0 : AT_SYMLINK_NOFOLLOW, &st);
	if (err)
		return bind_fail_for(L, err, path);
	lua_createtable(L, 0, 14);
	bind_set_string(L, "type", type_name(st.st_mode));
	bind_set_int(L, "mode", st.st_mode & 07777);
	bind_set_int(L, "size", st.st_size);
	bind_set_int(L, "uid", st.st_uid);
	bind_set_int(L, "gid", st.st_gid);
	bind_set_int(L, "inode", (int64_t)st.st_ino);
	bind_set_int(L, "nlink", st.st_nlink);
	bind_set_int(L, "dev", (int64_t)st.st_dev);
	bind_set_int(L, "rdev", (int64_t)st.st_rdev);
	bind_set_int(L, "blocks", st.st_blocks);
	bind_set_number(L, "mtime", (double)st.st_mtime + (double)st.st_mtime_nsec / 1e9);
	bind_set_number(L, "atime", (double)st.st_atime + (double)st.st_atime_nsec / 1e9);
	bind_set_number(L, "ctime", (double)st.st_ctime + (double)st.st_ctime_nsec / 1e9);
	bind_set_view(L, "stat");
	return 1;
}

/* --- directories --- */

#define NAMES_ROOM 16384

/* The names of one call of file_iterate: length byte, type byte, text. */
struct names {
	struct dir_context ctx;
	size_t used;
	uint8_t bytes[NAMES_ROOM];
};

static bool emit_name(struct dir_context *ctx, const char *name, uint64_t ino, unsigned type)
{
	struct names *n = container_of(ctx, struct names, ctx);
	size_t len = strlen(name);

	if (len > NAME_MAX || n->used + len + 2 > NAMES_ROOM)
		return false;
	n->bytes[n->used++] = (uint8_t)len;
	n->bytes[n->used++] = (uint8_t)type;
	memcpy(n->bytes + n->used, name, len);
	n->used += len;
	return true;
}

/* Adds what `n` holds to the list on top. */
static void push_names(lua_State *L, const struct names *n)
{
	size_t at = 0;

	while (at < n->used) {
		size_t len = n->bytes[at];
		unsigned type = n->bytes[at + 1];
		const char *name = (const char *)n->bytes + at + 2;
		at += len + 2;
		if ((len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.'))
			continue;
		lua_createtable(L, 0, 2);
		lua_pushlstring(L, name, len);
		lua_setfield(L, -2, "name");
		bind_set_string(L, "type", type_name(type << 12)); /* DT_… is S_IF… shifted */
		lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	}
}

/* fs.list(path): {{name=, type=}…}, without . and .. */
static int fs_list(lua_State *L)
{
	const char *path = luaL_optstring(L, 1, "/");
	struct file **slot = bind_new_file(L);
	struct names *n = lua_newuserdatauv(L, sizeof(*n), 0);
	int err = 0;

	struct file *f = open_or_fail(path, O_RDONLY | O_DIRECTORY, 0);
	if (IS_ERR(f))
		return bind_fail_for(L, PTR_ERR(f), path);
	bind_set_file(slot, f);
	n->ctx = (struct dir_context){.emit = emit_name};
	lua_newtable(L);
	do {
		bind_check_interrupt(L);
		n->used = 0;
		err = file_iterate(f, &n->ctx);
		push_names(L, n);
	} while (err >= 0 && n->used);
	bind_close_file(slot);
	if (err < 0)
		return bind_fail_for(L, err, path);
	bind_set_view(L, "files");
	return 1;
}

/* --- changes --- */

static int path_result(lua_State *L, int err, const char *path)
{
	return err ? bind_fail_for(L, err, path) : bind_ok(L, 0);
}

/* fs.remove(path): a file, a link, or an empty directory */
static int fs_remove(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	bind_require(L, TIER_CONTROL);
	int err = do_unlink(AT_FDCWD, path, false);
	if (err == -EISDIR)
		err = do_unlink(AT_FDCWD, path, true);
	return path_result(L, err, path);
}

/* fs.mkdir(path [, mode]) */
static int fs_mkdir(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	bind_require(L, TIER_CONTROL);
	return path_result(
	    L, do_mkdir(AT_FDCWD, path, (uint32_t)luaL_optinteger(L, 2, 0755) & 07777), path);
}

/* fs.rename(from, to) */
static int fs_rename(lua_State *L)
{
	const char *from = luaL_checkstring(L, 1);

	bind_require(L, TIER_CONTROL);
	return path_result(L, do_rename(AT_FDCWD, from, AT_FDCWD, luaL_checkstring(L, 2), 0), from);
}

/* fs.symlink(target, path) */
static int fs_symlink(lua_State *L)
{
	const char *path = luaL_checkstring(L, 2);

	bind_require(L, TIER_CONTROL);
	return path_result(L, do_symlink(luaL_checkstring(L, 1), AT_FDCWD, path), path);
}

static const luaL_Reg functions[] = {
    {"read", fs_read},
    {"write", fs_write},
    {"append", fs_append},
    {"open", fs_open},
    {"list", fs_list},
    {"stat", fs_stat},
    {"remove", fs_remove},
    {"mkdir", fs_mkdir},
    {"rename", fs_rename},
    {"symlink", fs_symlink},
    {NULL, NULL},
};

int luaopen_fs(lua_State *L)
{
	open_file_type(L);
	luaL_newlib(L, functions);
	return 1;
}
