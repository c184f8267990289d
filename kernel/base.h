/* What every kernel file may assume: sized types, errno numbers, and a few helpers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "abi/errno.h"

typedef uint64_t paddr_t; /* physical address */
typedef uint64_t
    uaddr_t; /* address in the current user space: never dereferenced, see arch/uaccess.h */
typedef int64_t ns_t; /* nanoseconds; a deadline of NS_NEVER does not expire */
#define NS_NEVER INT64_MAX
#define NS_PER_S 1000000000LL

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define MAX_CPUS   8
#define CACHE_LINE 64

#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, a)                  (((x) + ((a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a)                ((x) & ~((__typeof__(x))(a) - 1))
#define MIN(a, b)                       ((a) < (b) ? (a) : (b))
#define MAX(a, b)                       ((a) > (b) ? (a) : (b))
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#define likely(x)         __builtin_expect(!!(x), 1)
#define unlikely(x)       __builtin_expect(!!(x), 0)
#define must_check        __attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

/* A pointer result that carries -errno in its last 4095 values. */
#define ERR_PTR(err) ((void *)(intptr_t)(err))
#define PTR_ERR(p)   ((int)(intptr_t)(p))
#define IS_ERR(p)    ((uintptr_t)(p) >= (uintptr_t)-4095)

/* Always checked: a kernel that goes on past a broken invariant corrupts its user's data. */
_Noreturn void panic(const char *fmt, ...) printf_like(1, 2);
#define BUG_ON(cond)                                                                               \
	do {                                                                                       \
		if (unlikely(cond))                                                                \
			panic("%s:%d: %s", __FILE__, __LINE__, #cond);                             \
	} while (0)

/* Checked in debug builds only. */
#ifdef PERILUNE_DEBUG
#define ASSERT(cond) BUG_ON(!(cond))
#else
#define ASSERT(cond) ((void)sizeof(cond))
#endif

/*
 * A place where another CPU could see a step: lock, wake, queue, dequeue, park, unpark, reap, exec
 * stages, allocation. Empty in a release build; the schedule explorer hangs on it. `id` is a string
 * literal such as "signal.queue", `object` the thing acted on. May be called with any lock held.
 */
#ifdef PERILUNE_DEBUG
extern void (*sched_point_hook)(const char *id, const void *object);
#define sched_point(id, object)                                                                    \
	do {                                                                                       \
		if (unlikely(sched_point_hook))                                                    \
			sched_point_hook(id, object);                                              \
	} while (0)
#else
#define sched_point(id, object) ((void)0)
#endif
