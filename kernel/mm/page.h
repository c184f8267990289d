/*
 * Physical pages: buddy allocator, reference counts. Locks: one page lock (RANK_PAGES) over the
 * buddy lists; in front of it, for each CPU, a cache of single pages that only interrupts-off
 * guards.
 */
#pragma once

#include "lib/list.h"
#include "lock.h"

struct mapping;

struct page {
	int32_t refs;  /* 0: free. Atomic. Each page-table entry of a user space, and each mapping,
			  holds one */
	uint8_t order; /* of the block this page heads (free, or allocated) */
	uint8_t slab_class; /* kmalloc's: which size class */
	uint16_t flags;     /* PAGE_… */
	union {
		struct list free_link; /* (page lock) while free */
		struct list slab_link; /* kmalloc: of its class's slabs with a free object */
		struct {
			struct mapping
			    *mapping;   /* page cache: whose page it is, NULL once truncated */
			uint64_t index; /* its page number there */
		};
	};
	uint32_t slab_used; /* kmalloc: objects in use */
	uint32_t slab_free; /* and where in the slab the first free one is, bytes; SLAB_FULL: there
			       is none */
};
_Static_assert(sizeof(struct page) == 32, "a page costs 32 bytes of every 4096");
#define SLAB_FULL UINT32_MAX

enum {
	PAGE_RESERVED = 1, /* never allocated or freed: firmware, the kernel image, the zero page;
			      get and put do nothing */
	PAGE_SLAB = 2,
	PAGE_LARGE = 4, /* a kmalloc block of its own */
	PAGE_DIRTY = 8,
	PAGE_FREE = 16,  /* heads a free block of the buddy lists (page lock) */
	PAGE_ANON = 32,  /* anonymous user memory: counted as PAGE_USE_USER until it is freed */
	PAGE_CACHE = 64, /* a file's page: counted as PAGE_USE_CACHE until it is freed */
	PAGE_FILLED =
	    256, /* with PAGE_CACHE: made from what a file had before; counted as PAGE_USE_FILLED */
	PAGE_UNWRITTEN = 512, /* room in a file that was set aside, and nothing else yet (its
				 mapping's lock) */
	PAGE_POISONED = 128   /* debug: its first words hold the poison of free pages */
};

/* Before pages_init only: the physical address of a page that is the caller's for ever. Panics when
 * there is none. */
paddr_t boot_alloc_page(void);
void pages_init(void); /* from boot_info: after this page_alloc and kmalloc work */
/* Hands memory of the initramfs to the allocator: what is reserved of the whole pages within [base,
 * base + size). */
void pages_release(paddr_t base, uint64_t size);

/* PAGE_USER: memory that a program asked for; refused while only the kernel's reserve is left
 * (pages_low). */
enum page_flags { PAGE_ZERO = 1, PAGE_USER = 2 };
/* 2^order pages in a row with one reference on the first, or NULL. Any context. */
struct page *page_alloc_order(unsigned order, unsigned flags) must_check;
#define page_alloc(flags) page_alloc_order(0, flags)
void page_get(struct page *p);
void page_put(struct page *p); /* frees the block with the last reference */

/* Only the kernel's reserve is left: calls on behalf of a program should fail with -ENOMEM. */
bool pages_low(void);
/* Not much more is left: no time to fork. Processes that exist should get what there is. */
bool pages_scarce(void);
/* Even that is half gone: refuse, too, what takes page tables only. */
bool pages_critical(void);
uint64_t pages_total(void); /* pages of memory, the reserved included */
/* Pages of files that some program has mapped: looks at every page. */
uint64_t pages_mapped_of_files(void);
/* MemTotal: all that the allocator has or has given out, and the initramfs. */
uint64_t pages_usable(void);
/* Gives this CPU's cache of free pages back to the buddy lists. Returns how many. */
unsigned pages_drain_cache(void);
/* The page at an address of the initramfs, which from now on is like one of page_alloc: with one
 * reference, and free after the last. NULL if it is not the initramfs's any more. */
struct page *page_adopt(const void *va) must_check;
extern struct page
    *zero_page; /* PAGE_RESERVED, all 0: what reads of untouched anonymous memory see */

struct page *page_of(paddr_t pa); /* NULL if there is no memory at `pa` */
paddr_t page_addr(const struct page *p);
void *page_virt(const struct page *p);
struct page *virt_page(const void *va); /* of an address in the direct map */

struct page_stats {
	uint64_t total, free, reserved; /* pages */
	uint64_t initramfs;             /* of the reserved: what is left of the archive */
	uint64_t slab, user, cache, filled, page_table, kstack;
};
void page_stats(struct page_stats *out);
/* Who uses pages, for mem.info() and the leak check: add or subtract from one count of page_stats.
 */
enum page_use {
	PAGE_USE_SLAB,
	PAGE_USE_USER,
	PAGE_USE_CACHE,
	PAGE_USE_FILLED,
	PAGE_USE_TABLE,
	PAGE_USE_KSTACK,
	PAGE_USE_COUNT
};
void page_account(enum page_use use, int64_t pages);
