/* SYS_name for every row of syscall.tbl. */
#pragma once

#define CALL(number, name, ...) SYS_##name = number,
#define MISSING                 CALL
enum syscall_number {
#include "syscall/syscall.tbl"
};
#undef CALL
#undef MISSING
