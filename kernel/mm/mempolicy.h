/* NUMA memory policies (set_mempolicy(2)). There is one node, so that they decide nothing, but they
 * are checked, kept and shown. */
#pragma once

#include "base.h"

#define MPOL_DEFAULT          0
#define MPOL_PREFERRED        1
#define MPOL_BIND             2
#define MPOL_INTERLEAVE       3
#define MPOL_LOCAL            4
#define MPOL_PREFERRED_MANY   5
#define MPOL_WEIGHTED         6
#define MPOL_MAX              7
#define MPOL_F_NUMA_BALANCING (1 << 13)
#define MPOL_F_RELATIVE_NODES (1 << 14)
#define MPOL_F_STATIC_NODES   (1 << 15)
#define MPOL_MODE_FLAGS       (MPOL_F_NUMA_BALANCING | MPOL_F_RELATIVE_NODES | MPOL_F_STATIC_NODES)

struct mem_policy {
	uint16_t mode; /* MPOL_… with flags; all 0: the default */
	uint8_t nodes; /* as it is shown */
};
static inline bool mem_policy_same(struct mem_policy a, struct mem_policy b)
{
	return a.mode == b.mode && a.nodes == b.nodes;
}
struct proc_text;
void mem_policy_show(struct proc_text *t, struct mem_policy p); /* as in numa_maps */
