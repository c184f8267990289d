/* The Lua files linked into the kernel; the table is made by cmake/embed.sh. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct embedded_file {
	const char *name; /* path from the root of the source tree */
	const char *data; /* a 0 follows it */
	size_t len;
};
extern const struct embedded_file embedded_files[];
extern const uint32_t embedded_file_count;
