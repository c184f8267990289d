/* Boot arguments: the command line that firmware hands over. */
#include "boot/boot_info.h"
#include "printk.h"

/* Every argument that somebody reads; a name that ends in '.' stands for all that begin with it. */
static const char *const known[] = {
    "cpus",
    "loglevel",
    "norandmaps",
    "plain",
    "script",
    "serial.polled",
    "shell",
    "test",
    "test.",
};

/* One argument, quotes taken away where they stood. */
struct arg {
	char name[64];
	char value[1024];
	bool has_value;
};

static void append(char *buf, size_t size, size_t *len, char c)
{
	if (*len + 1 < size)
		buf[(*len)++] = c;
	buf[*len] = 0;
}

/* Reads the argument at `s` into `out`. Returns where the next begins, or NULL at the end. */
static const char *next_arg(const char *s, struct arg *out)
{
	size_t name = 0, value = 0;
	bool quoted = false;
	*out = (struct arg){0};
	while (*s == ' ' || *s == '\t' || *s == '\n')
		s++;
	if (!*s)
		return NULL;
	for (; *s && (quoted || (*s != ' ' && *s != '\t' && *s != '\n')); s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (*s == '=' && !out->has_value && !quoted)
			out->has_value = true;
		else if (out->has_value)
			append(out->value, sizeof(out->value), &value, *s);
		else
			append(out->name, sizeof(out->name), &name, *s);
	}
	return s;
}

const char *boot_arg(const char *name, char *buf, size_t size)
{
	struct arg arg;
	bool found = false;
	for (const char *s = boot_info.cmdline; (s = next_arg(s, &arg));) {
		if (strcmp(arg.name, name))
			continue;
		size_t n = size ? MIN(strlen(arg.value), size - 1) : 0;
		found = true;
		if (size) {
			memcpy(buf, arg.value, n);
			buf[n] = 0;
		}
	}
	return found ? buf : NULL;
}

/* "name", or "name=1"; not "name=0". */
bool boot_arg_flag(const char *name)
{
	char value[8];
	return boot_arg(name, value, sizeof(value)) && strcmp(value, "0");
}

void boot_args_limit_cpus(void)
{
	char value[8];
	unsigned n = 0;
	if (!boot_arg("cpus", value, sizeof(value)))
		return;
	for (const char *c = value; *c >= '0' && *c <= '9'; c++)
		n = n * 10 + (unsigned)(*c - '0');
	boot_info.cpu_count = MIN(boot_info.cpu_count, MAX(n, 1));
}

static bool is_known(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
		size_t n = strlen(known[i]);
		if (!strcmp(name, known[i]) ||
		    (known[i][n - 1] == '.' && !strncmp(name, known[i], n)))
			return true;
	}
	return false;
}

void boot_args_check(void)
{
	struct arg arg;
	for (const char *s = boot_info.cmdline; (s = next_arg(s, &arg));)
		if (!is_known(arg.name))
			log_warn("unknown boot argument \"%s\"", arg.name);
}
