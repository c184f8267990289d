/* The kernel's own symbols, from a table that the build appends to the image. */
#pragma once

#include "base.h"

struct symbol {
	uintptr_t addr;
	size_t size;
	const char *name;
};
/* The function or object that holds `addr`. False if none. */
bool symbol_at(uintptr_t addr, struct symbol *out);
bool symbol_find(const char *name, struct symbol *out);
/* The n-th symbol in order of address; false past the end. */
bool symbol_nth(unsigned n, struct symbol *out);
/* "function+0x1c" */
void symbol_format(uintptr_t addr, char *buf, size_t size);
