/* Lua's files: reading them, loading them, and require() over the file system and what the kernel
 * carries in itself. */
#include "bind.h"
#include "fs/vfs.h"
#include "mm/heap.h"
#include "port_internal.h"
#include "printk.h"

#define LARGEST_FILE (16L << 20)

/* --- files --- */

/* Makes room for `want` bytes and a 0 in *text of *room bytes. */
static int grow(char **text, size_t *room, size_t want)
{
	if (want < *room)
		return 0;
	if (want > LARGEST_FILE)
		return -EFBIG;
	size_t new_room = MAX(want + 1, *room * 2);
	char *new = krealloc(*text, new_room);
	if (!new)
		return -ENOMEM;
	*text = new;
	*room = new_room;
	return 0;
}

static int64_t read_all(struct file *f, char **text)
{
	size_t room = 0, len = 0;
	uint64_t pos = 0;

	for (;;) {
		int r = grow(text, &room, len + PAGE_SIZE);
		if (r)
			return r;
		int64_t n = file_read(f, *text + len, room - 1 - len, &pos);
		if (n < 0)
			return n;
		if (!n)
			break;
		len += (size_t)n;
	}
	(*text)[len] = 0;
	return (int64_t)len;
}

int64_t lua_port_read_file(const char *path, char **text)
{
	*text = NULL;
	struct file *f = do_open(AT_FDCWD, path, O_RDONLY, 0);
	if (IS_ERR(f))
		return PTR_ERR(f);
	int64_t len = S_ISREG(f->inode->mode) ? read_all(f, text) : -EISDIR;
	file_put(f);
	if (len < 0) {
		kfree(*text);
		*text = NULL;
	}
	return len;
}

/* Leaves out a first line "#!…", but not its end, so that line numbers stay right. */
static const char *skip_shebang(const char *text, size_t *len)
{
	if (*len && text[0] == '#') {
		const char *end = memchr(text, '\n', *len);
		size_t skip = end ? (size_t)(end - text) : *len;
		*len -= skip;
		return text + skip;
	}
	return text;
}

int lua_port_load_file(lua_State *L, const char *path)
{
	char *text;
	int64_t n = lua_port_read_file(path, &text);

	if (n < 0) {
		lua_pushfstring(L, "cannot read %s: %s", path, errno_message((int)n));
		return LUA_ERRFILE;
	}
	size_t len = (size_t)n;
	const char *code = skip_shebang(text, &len);
	char name[PATH_MAX / 8];
	fmt_string(name, sizeof(name), "@%s", path);
	/* Loading is protected by itself: the text is freed whatever comes of it. */
	int status = lua_port_load(L, code, len, name);
	kfree(text);
	return status;
}

/* --- require --- */

/* Where modules lie in the file system, after the script's own folder, and in the kernel. */
static const char *const file_places[] = {"/tests/lua/lib/%s.lua", "/lib/lua/%s.lua"};
static const char *const embedded_places[] = {"tests/lua/lib/%s.lua", "shell/%s.lua"};

static bool is_file(const char *path)
{
	struct linux_stat st;
	return !do_stat(AT_FDCWD, path, 0, &st) && S_ISREG(st.st_mode);
}

/* Loads the module's file and pushes its function, then where it came from. False: it is not in the
 * file system. */
static bool load_from_file(lua_State *L, const char *path)
{
	if (!is_file(path))
		return false;
	if (lua_port_load_file(L, path) != LUA_OK)
		lua_error(L);
	lua_pushstring(L, path);
	return true;
}

static bool load_embedded(lua_State *L, const char *name)
{
	size_t len;
	const char *text = lua_embedded(name, &len);

	if (!text)
		return false;
	lua_pushfstring(L, "@%s", name);
	if (lua_port_load(L, text, len, lua_tostring(L, -1)) != LUA_OK)
		lua_error(L);
	lua_remove(L, -2);
	lua_pushstring(L, name);
	return true;
}

/* "a.b" lies in a/b.lua; nothing that climbs out of the folders is a module's name. */
static void file_name(lua_State *L, const char *module, char *out, size_t size)
{
	luaL_argcheck(
	    L, *module && strlen(module) < size && !strstr(module, ".."), 1, "no module name");
	for (; *module; module++)
		*out++ = *module == '.' ? '/' : *module;
	*out = 0;
}

static bool load_module(lua_State *L, const char *module)
{
	char base[128], path[512];
	const struct port *p = port_of(L);

	file_name(L, module, base, sizeof(base));
	if (p->script_dir[0]) {
		fmt_string(path, sizeof(path), "%s/%s.lua", p->script_dir, base);
		if (load_from_file(L, path))
			return true;
		fmt_string(path, sizeof(path), "%s/lib/%s.lua", p->script_dir, base);
		if (load_from_file(L, path))
			return true;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(file_places); i++) {
		lua_pushfstring(L, file_places[i], base);
		fmt_string(path, sizeof(path), "%s", lua_tostring(L, -1));
		lua_pop(L, 1);
		if (load_from_file(L, path))
			return true;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(embedded_places); i++) {
		lua_pushfstring(L, embedded_places[i], base);
		fmt_string(path, sizeof(path), "%s", lua_tostring(L, -1));
		lua_pop(L, 1);
		if (load_embedded(L, path))
			return true;
	}
	return false;
}

/* require(name) → the module, where it was found */
int port_require(lua_State *L)
{
	const char *module = luaL_checkstring(L, 1);

	lua_settop(L, 1);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE); /* at 2 */
	if (lua_getfield(L, 2, module) != LUA_TNIL)
		return 1;
	lua_pop(L, 1);
	if (!load_module(L, module))
		return luaL_error(L,
		    "module '%s' not found: neither beside the script, nor in /tests/lua/lib "
		    "or /lib/lua, nor in the kernel",
		    module);
	lua_pushstring(L, module); /* function at 3, place at 4 */
	lua_insert(L, 4);
	lua_pushvalue(L, 3);
	lua_pushvalue(L, 4);
	lua_pushvalue(L, 5);
	lua_call(L, 2, 1);
	if (lua_isnil(L, -1)) {
		lua_pop(L, 1);
		lua_pushboolean(L, 1);
	}
	lua_pushvalue(L, -1);
	lua_setfield(L, 2, module);
	lua_pushvalue(L, 5);
	return 2;
}

void lua_port_set_script(lua_State *L, const char *path)
{
	struct port *p = port_of(L);
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (len >= sizeof(p->script_dir))
		len = 0;
	memcpy(p->script_dir, path, len);
	p->script_dir[len] = 0;
}
