/* The dispatch array, from syscall.tbl. */
#include "syscall/syscall.h"

/* Every implemented call is a function of one shape. */
#define CALL(number, name, ...) int64_t sys_##name(const uint64_t a[6]);
#define MISSING(number, name, ...)
#include "syscall/syscall.tbl"
#undef CALL
#undef MISSING

#define TYPES_0(...)
#define TYPES_1(a)                ARG_##a
#define TYPES_2(a, b)             ARG_##a, ARG_##b
#define TYPES_3(a, b, c)          TYPES_2(a, b), ARG_##c
#define TYPES_4(a, b, c, d)       TYPES_3(a, b, c), ARG_##d
#define TYPES_5(a, b, c, d, e)    TYPES_4(a, b, c, d), ARG_##e
#define TYPES_6(a, b, c, d, e, f) TYPES_5(a, b, c, d, e), ARG_##f

/* shmat, brk, mremap, mmap */
#define RETURNS_POINTER(number)                                                                    \
	((number) == 196 || (number) == 214 || (number) == 216 || (number) == 222)

#define ROW(number, call, function, count, ...)                                                    \
	[number] = {.name = #call,                                                                 \
	    .fn = function,                                                                        \
	    .nargs = count,                                                                        \
	    .args = {TYPES_##count(__VA_ARGS__)},                                                  \
	    .returns_pointer = RETURNS_POINTER(number)},
#define CALL(number, name, count, ...)    ROW(number, name, sys_##name, count, ##__VA_ARGS__)
#define MISSING(number, name, count, ...) ROW(number, name, NULL, count, ##__VA_ARGS__)

const struct syscall_desc syscall_table[] = {
#include "syscall/syscall.tbl"
};

const unsigned syscall_count = ARRAY_SIZE(syscall_table);

int syscall_by_name(const char *name)
{
	for (unsigned i = 0; i < syscall_count; i++) {
		if (syscall_table[i].name && !strcmp(syscall_table[i].name, name))
			return (int)i;
	}
	return -ENOENT;
}
