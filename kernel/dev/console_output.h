/* What the two halves of the console share: the lock, the driver, and who is told of what. For
 * console*.c only. */
#pragma once

#include "dev/console.h"
#include "lock.h"

struct thread;

extern struct spinlock console_lock;           /* RANK_CONSOLE: both halves */
const struct serial_ops *console_serial(void); /* NULL before console_attach */
bool console_is_polled(void);                  /* console_panic_mode was called */
bool console_is_shell(const struct thread *t);
void console_output_interrupted(void); /* Ctrl-C: a shell that waits for room gives up */
void console_input_init(void);
