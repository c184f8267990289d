/* mem: kernel memory by address, how memory is used, translations. A bad address gives nil,
 * "address not mapped", EFAULT. */
#include "arch/mmu.h"
#include "arch/uaccess.h"
#include "boot/boot_info.h"
#include "mm/heap.h"
#include "mm/page.h"
#include "mm/space.h"
#include "modules.h"
#include "port.h"
#include "printk.h"

#define MAX_READ (1 << 20)

static int fail_address(lua_State *L)
{
	return bind_fail_text(L, EFAULT, "address not mapped");
}

static uintptr_t check_address(lua_State *L, int arg)
{
	return (uintptr_t)luaL_checkinteger(L, arg);
}

/* mem.read(addr, n) */
static int mem_read(lua_State *L)
{
	uintptr_t addr = check_address(L, 1);
	lua_Integer n = luaL_checkinteger(L, 2);
	luaL_Buffer b;

	luaL_argcheck(L, n >= 0 && n <= MAX_READ, 2, "0 bytes to 1 MiB");
	char *room = luaL_buffinitsize(L, &b, (size_t)n + 1);
	if (n && arch_kernel_peek(room, addr, (size_t)n))
		return fail_address(L);
	luaL_pushresultsize(&b, (size_t)n);
	return 1;
}

/* mem.u8(addr [, value]) and its wider sisters: little-endian as the machine has it, unsigned */
static int access_word(lua_State *L, size_t size)
{
	uintptr_t addr = check_address(L, 1);
	uint64_t v = 0;

	if (lua_isnoneornil(L, 2)) {
		if (arch_kernel_peek(&v, addr, size))
			return fail_address(L);
		lua_pushinteger(L, (lua_Integer)v);
		return 1;
	}
	bind_require(L, TIER_FULL);
	v = (uint64_t)luaL_checkinteger(L, 2);
	luaL_argcheck(L, size == 8 || v >> (8 * size) == 0, 2, "the value does not fit");
	if (arch_kernel_poke(addr, &v, size))
		return fail_address(L);
	lua_pushboolean(L, 1);
	return 1;
}

static int mem_u8(lua_State *L)
{
	return access_word(L, 1);
}

static int mem_u16(lua_State *L)
{
	return access_word(L, 2);
}

static int mem_u32(lua_State *L)
{
	return access_word(L, 4);
}

static int mem_u64(lua_State *L)
{
	return access_word(L, 8);
}

/* mem.cstring(addr [, max]): up to its 0 */
static int mem_cstring(lua_State *L)
{
	uintptr_t addr = check_address(L, 1);
	lua_Integer max = luaL_optinteger(L, 2, 4096);
	luaL_Buffer b;
	char c;

	luaL_argcheck(L, max >= 0 && max <= MAX_READ, 2, "0 bytes to 1 MiB");
	luaL_buffinit(L, &b);
	for (lua_Integer i = 0; i < max; i++) {
		if (arch_kernel_peek(&c, addr + (uintptr_t)i, 1))
			return fail_address(L);
		if (!c)
			break;
		luaL_addchar(&b, c);
	}
	luaL_pushresult(&b);
	return 1;
}

static void add_hex_line(luaL_Buffer *b, uintptr_t addr, const uint8_t *bytes, size_t n)
{
	char cell[32];
	size_t len;

	len = (size_t)fmt_string(cell, sizeof(cell), "%016llx ", (unsigned long long)addr);
	luaL_addlstring(b, cell, len);
	for (size_t i = 0; i < 16; i++) {
		if (i < n)
			fmt_string(cell, sizeof(cell), i == 8 ? "  %02x" : " %02x", bytes[i]);
		else
			strlcpy(cell, i == 8 ? "    " : "   ", sizeof(cell));
		luaL_addstring(b, cell);
	}
	luaL_addstring(b, "  |");
	for (size_t i = 0; i < n; i++)
		luaL_addchar(b, bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.');
	luaL_addstring(b, "|\n");
}

/* mem.hexdump(addr, n) or mem.hexdump(string): text */
static int mem_hexdump(lua_State *L)
{
	bool given = lua_type(L, 1) == LUA_TSTRING && !lua_isinteger(L, 1);
	uintptr_t addr = given ? 0 : check_address(L, 1);
	size_t n = 0;
	const char *s = given ? lua_tolstring(L, 1, &n) : NULL;
	uint8_t line[16];
	luaL_Buffer b;

	if (!given) {
		lua_Integer want = luaL_optinteger(L, 2, 64);
		luaL_argcheck(L, want >= 0 && want <= 65536, 2, "0 bytes to 64 KiB");
		n = (size_t)want;
	}
	luaL_buffinit(L, &b);
	for (size_t at = 0; at < n; at += 16) {
		size_t part = MIN(n - at, (size_t)16);
		if (given)
			memcpy(line, s + at, part);
		else if (arch_kernel_peek(line, addr + at, part))
			return fail_address(L);
		add_hex_line(&b, addr + at, line, part);
	}
	luaL_pushresult(&b);
	return 1;
}

/* mem.info(): pages by use, live heap objects, what Lua itself holds */
static int mem_info(lua_State *L)
{
	struct page_stats p;
	struct heap_stats h;
	uint64_t objects, bytes, initramfs;

	page_stats(&p);
	initramfs = p.initramfs;
	heap_stats(&h);
	lua_port_usage(L, &objects, &bytes);
	lua_createtable(L, 0, 18);
	bind_set_int(L, "page_size", PAGE_SIZE);
	bind_set_int(L, "total", (int64_t)p.total);
	bind_set_int(L, "free", (int64_t)p.free);
	bind_set_int(L, "used", (int64_t)(p.total - p.free - initramfs));
	bind_set_int(L, "initramfs", (int64_t)initramfs);
	bind_set_int(L, "reserved", (int64_t)(p.reserved - initramfs));
	bind_set_int(L, "slab", (int64_t)p.slab);
	bind_set_int(L, "user", (int64_t)p.user);
	bind_set_int(L, "cache", (int64_t)p.cache);
	bind_set_int(L, "filled", (int64_t)p.filled);
	bind_set_int(L, "page_table", (int64_t)p.page_table);
	bind_set_int(L, "kstack", (int64_t)p.kstack);
	bind_set_int(L, "heap_objects", (int64_t)h.objects);
	bind_set_int(L, "heap_bytes", (int64_t)h.bytes);
	bind_set_int(L, "lua_objects", (int64_t)objects);
	bind_set_int(L, "lua_bytes", (int64_t)bytes);
	bind_set_int(L, "kernel_objects", (int64_t)(h.objects - objects));
	bind_set_int(L, "kernel_bytes", (int64_t)(h.bytes - bytes));
	bind_set_int(L, "handles", bind_open_files());
	bind_set_view(L, "memory");
	return 1;
}

/* mem.heap(): size classes */
static int mem_heap(lua_State *L)
{
	struct heap_stats h;

	heap_stats(&h);
	lua_createtable(L, (int)h.class_count, 4);
	for (unsigned i = 0; i < h.class_count; i++) {
		lua_createtable(L, 0, 3);
		bind_set_int(L, "size", (int64_t)h.classes[i].size);
		bind_set_int(L, "used", (int64_t)h.classes[i].used);
		bind_set_int(L, "total", (int64_t)h.classes[i].total);
		lua_rawseti(L, -2, i + 1);
	}
	bind_set_int(L, "objects", (int64_t)h.objects);
	bind_set_int(L, "bytes", (int64_t)h.bytes);
	bind_set_int(L, "large_objects", (int64_t)h.large_objects);
	bind_set_int(L, "large_bytes", (int64_t)h.large_bytes);
	bind_set_view(L, "heap");
	return 1;
}

static bool query_user(struct space *s, uaddr_t va, paddr_t *pa, unsigned *flags)
{
	mutex_lock(&s->lock);
	bool mapped = va < ARCH_USER_TOP && arch_pt_query(&s->arch, va, pa, flags);
	mutex_unlock(&s->lock);
	return mapped;
}

/* mem.translate(pid, va): pid 0 for the kernel's own half */
static int mem_translate(lua_State *L)
{
	struct task_handle h = {0};
	uintptr_t va = check_address(L, 2);
	struct space *s;
	unsigned flags = 0;
	paddr_t pa = 0;
	bool mapped;

	if (lua_isinteger(L, 1) && lua_tointeger(L, 1) == 0) {
		mapped = arch_kernel_query(va, &pa, &flags);
	} else {
		h = check_task(L, 1);
		int err = task_space(&h, &s);
		if (err)
			return bind_fail(L, err);
		mapped = query_user(s, va, &pa, &flags);
		space_put(s);
	}
	if (!mapped)
		return fail_address(L);
	char perms[5] = {flags & PT_READ ? 'r' : '-', flags & PT_WRITE ? 'w' : '-',
	    flags & PT_EXEC ? 'x' : '-', flags & PT_USER ? 'u' : 'k', 0};
	lua_createtable(L, 0, 4);
	bind_set_int(L, "va", (int64_t)va);
	bind_set_int(L, "pa", (int64_t)pa);
	bind_set_string(L, "perms", perms);
	bind_set_bool(L, "dirty", flags & PT_DIRTY);
	bind_set_bool(L, "accessed", flags & PT_ACCESSED);
	bind_set_view(L, "translation");
	return 1;
}

static const luaL_Reg functions[] = {
    {"read", mem_read},
    {"u8", mem_u8},
    {"u16", mem_u16},
    {"u32", mem_u32},
    {"u64", mem_u64},
    {"cstring", mem_cstring},
    {"hexdump", mem_hexdump},
    {"info", mem_info},
    {"heap", mem_heap},
    {"translate", mem_translate},
    {NULL, NULL},
};

int luaopen_mem(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
