/* Random bytes for getrandom(2), /dev/urandom, AT_RANDOM and address-space layout: ChaCha20 (RFC
 * 8439) keyed at boot. */
#pragma once

#include "base.h"

void random_init(void); /* keys the generator from the firmware's seed and the clock */
void random_fill(void *buf, size_t n); /* any context */
uint64_t random_u64(void);
/* 0 .. limit-1; limit > 0. */
uint64_t random_below(uint64_t limit);
/* Stirs in what a user writes to /dev/urandom. */
void random_mix(const void *buf, size_t n);
