/* The random number generator: one ChaCha20 stream (RFC 8439), its key replaced after every use. */
#include "random.h"

#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "lock.h"

static struct spinlock random_lock = SPINLOCK_INIT("random", RANK_HEAP);
static uint32_t key[8];      /* (random_lock) */
static uint64_t block_count; /* (random_lock) */

static uint32_t rotate(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static void quarter_round(uint32_t *x, int a, int b, int c, int d)
{
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 7);
}

/* One block of the stream (RFC 8439, section 2.3). */
static void chacha_block(uint32_t out[16])
{
	uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
	uint32_t x[16];

	memcpy(start + 4, key, sizeof(key));
	start[12] = (uint32_t)block_count;
	start[13] = (uint32_t)(block_count >> 32);
	block_count++;
	memcpy(x, start, sizeof(x));
	for (int i = 0; i < 10; i++) {
		quarter_round(x, 0, 4, 8, 12);
		quarter_round(x, 1, 5, 9, 13);
		quarter_round(x, 2, 6, 10, 14);
		quarter_round(x, 3, 7, 11, 15);
		quarter_round(x, 0, 5, 10, 15);
		quarter_round(x, 1, 6, 11, 12);
		quarter_round(x, 2, 7, 8, 13);
		quarter_round(x, 3, 4, 9, 14);
	}
	for (int i = 0; i < 16; i++)
		out[i] = x[i] + start[i];
}

/* The first half of a block becomes the next key, the second is given out: what was given cannot be
 * computed back. */
static void next_bytes(uint32_t out[8])
{
	uint32_t block[16];

	chacha_block(block);
	memcpy(key, block, sizeof(key));
	memcpy(out, block + 8, 32);
}

void random_fill(void *buf, size_t n)
{
	uint8_t *to = buf;
	uint32_t bytes[8];

	while (n) {
		size_t part = MIN(n, sizeof(bytes));
		irqflags_t flags = spin_lock(&random_lock);

		next_bytes(bytes);
		spin_unlock(&random_lock, flags);
		memcpy(to, bytes, part);
		to += part;
		n -= part;
	}
}

uint64_t random_u64(void)
{
	uint64_t v;

	random_fill(&v, sizeof(v));
	return v;
}

uint64_t random_below(uint64_t limit)
{
	return (uint64_t)((unsigned __int128)random_u64() * limit >> 64);
}

void random_mix(const void *buf, size_t n)
{
	const uint8_t *from = buf;
	irqflags_t flags = spin_lock(&random_lock);
	uint32_t bytes[8];

	for (size_t i = 0; i < n; i++) {
		((uint8_t *)key)[i % sizeof(key)] ^= from[i];
		if (i % sizeof(key) == sizeof(key) - 1)
			next_bytes(bytes);
	}
	next_bytes(bytes);
	spin_unlock(&random_lock, flags);
}

void random_init(void)
{
	ns_t now = arch_now();

	random_mix(boot_info.rng_seed, sizeof(boot_info.rng_seed));
	random_mix(&now, sizeof(now));
}
