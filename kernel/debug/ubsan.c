/*
 * What debug builds call when they meet undefined behaviour (clang's -fsanitize=undefined): one
 * panic with the place and the kind. The layouts are those that the compiler emits, see
 * UndefinedBehaviorSanitizer in clang's manual.
 */
#include "base.h"

struct source_location {
	const char *file;
	uint32_t line, column;
};

struct type_descriptor {
	uint16_t kind;  /* 0: an integer */
	uint16_t width; /* of an integer: lowest bit signed, then the logarithm of its bits */
	char name[];
};

/* Every kind's data begins with the place, but for nonnull_return's, whose place is an argument of
 * its own. */
struct typed_data {
	struct source_location at;
	const struct type_descriptor *type;
};

struct mismatch_data {
	struct source_location at;
	const struct type_descriptor *type;
	uint8_t log_alignment;
	uint8_t check; /* what was done with the pointer: load, store, member access … */
};

static _Noreturn void report(const struct source_location *at, const char *what)
{
	panic("undefined behaviour: %s at %s:%u:%u", what, at->file, at->line, at->column);
}

/* A handler that says what happened and where; `_abort` variants are what -fno-sanitize-recover
 * calls. */
#define HANDLER(name, what, ...)                                                                   \
	void __ubsan_handle_##name(const struct source_location *at, ##__VA_ARGS__);               \
	void __ubsan_handle_##name(const struct source_location *at, ##__VA_ARGS__)                \
	{                                                                                          \
		report(at, what);                                                                  \
	}                                                                                          \
	void __ubsan_handle_##name##_abort(const struct source_location *at, ##__VA_ARGS__);       \
	void __ubsan_handle_##name##_abort(const struct source_location *at, ##__VA_ARGS__)        \
	{                                                                                          \
		report(at, what);                                                                  \
	}

HANDLER(add_overflow, "signed addition overflows", uintptr_t a, uintptr_t b)
HANDLER(sub_overflow, "signed subtraction overflows", uintptr_t a, uintptr_t b)
HANDLER(mul_overflow, "signed multiplication overflows", uintptr_t a, uintptr_t b)
HANDLER(negate_overflow, "negation overflows", uintptr_t v)
HANDLER(divrem_overflow, "division by zero, or overflow", uintptr_t a, uintptr_t b)
HANDLER(shift_out_of_bounds, "shift count or shifted value out of range", uintptr_t a, uintptr_t b)
HANDLER(out_of_bounds, "array index out of bounds", uintptr_t index)
HANDLER(builtin_unreachable, "unreachable code is reached")
HANDLER(missing_return, "a function ends without its result")
HANDLER(vla_bound_not_positive, "array length is not positive", uintptr_t bound)
HANDLER(load_invalid_value, "a bool or enum has a value of no such", uintptr_t v)
HANDLER(invalid_builtin, "builtin called with 0")
HANDLER(nonnull_arg, "NULL for a parameter that excludes it")
HANDLER(pointer_overflow, "pointer arithmetic overflows", uintptr_t base, uintptr_t result)
HANDLER(float_cast_overflow, "floating-point value does not fit", uintptr_t v)
HANDLER(function_type_mismatch, "call through a pointer of another type", uintptr_t f)

static _Noreturn void report_mismatch(const struct mismatch_data *d, uintptr_t pointer)
{
	uintptr_t alignment = 1UL << d->log_alignment;
	if (!pointer)
		panic("undefined behaviour: NULL pointer to %s is used at %s:%u:%u", d->type->name,
		    d->at.file, d->at.line, d->at.column);
	if (pointer & (alignment - 1))
		panic("undefined behaviour: misaligned pointer 0x%lx to %s at %s:%u:%u",
		    (unsigned long)pointer, d->type->name, d->at.file, d->at.line, d->at.column);
	panic("undefined behaviour: 0x%lx has no room for %s at %s:%u:%u", (unsigned long)pointer,
	    d->type->name, d->at.file, d->at.line, d->at.column);
}

void __ubsan_handle_type_mismatch_v1(const struct mismatch_data *d, uintptr_t pointer);
void __ubsan_handle_type_mismatch_v1(const struct mismatch_data *d, uintptr_t pointer)
{
	report_mismatch(d, pointer);
}

void __ubsan_handle_type_mismatch_v1_abort(const struct mismatch_data *d, uintptr_t pointer);
void __ubsan_handle_type_mismatch_v1_abort(const struct mismatch_data *d, uintptr_t pointer)
{
	report_mismatch(d, pointer);
}

void __ubsan_handle_nonnull_return_v1(const void *data, const struct source_location *at);
void __ubsan_handle_nonnull_return_v1(const void *data, const struct source_location *at)
{
	report(at, "NULL returned where that is excluded");
}

void __ubsan_handle_nonnull_return_v1_abort(const void *data, const struct source_location *at);
void __ubsan_handle_nonnull_return_v1_abort(const void *data, const struct source_location *at)
{
	report(at, "NULL returned where that is excluded");
}
