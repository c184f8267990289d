/* Finding a Lua file that is linked into the kernel. */
#include "embedded.h"

#include <string.h>

#include "port.h"

const char *lua_embedded(const char *name, size_t *len)
{
	for (uint32_t i = 0; i < embedded_file_count; i++) {
		if (strcmp(embedded_files[i].name, name))
			continue;
		*len = embedded_files[i].len;
		return embedded_files[i].data;
	}
	return NULL;
}
