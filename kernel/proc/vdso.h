/* The vDSO of every program, and the data page that it reads (vdso(7)). */
#pragma once

#include "base.h"

struct page;
struct space;

/* Once, when the clock runs. */
void vdso_init(void);
/* The wall clock was set: real time less time since boot. Callers exclude each other. Any context.
 */
void vdso_set_realtime(ns_t offset);
/* Maps data page and vDSO into a new space. 0 or -errno. */
int space_map_vdso(struct space *s) must_check;
/* The page at `offset` of the vDSO, or of its data; NULL past its end. */
struct page *vdso_page(uint64_t offset);
struct page *vdso_data_page(uint64_t offset);
