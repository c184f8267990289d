/* membarrier(2): memory barriers on other CPUs. */
#pragma once

/* The other CPUs' part, in their inter-processor interrupt. */
void membarrier_ipi(void);
