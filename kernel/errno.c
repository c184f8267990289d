/* Names and meanings of the error numbers. */
#include "base.h"

static const struct {
	const char *name, *message;
} errors[] = {
#define ERRNO(number, name, message) [number] = {#name, message},
#include "abi/errno.tbl"
#undef ERRNO
};

const char *errno_name(int err)
{
	unsigned n = (unsigned)(err < 0 ? -err : err);
	return n < ARRAY_SIZE(errors) ? errors[n].name : NULL;
}

const char *errno_message(int err)
{
	unsigned n = (unsigned)(err < 0 ? -err : err);
	const char *message = n < ARRAY_SIZE(errors) ? errors[n].message : NULL;
	return message ? message : "Unknown error";
}
