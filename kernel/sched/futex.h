/* Futexes (futex(2)): sleeping on a word of user memory. */
#pragma once

#include "base.h"

struct space;
struct thread;

/* Wakes up to `n` sleepers on the word at `addr` of `s`, private and shared ones, as the kernel does for
 * clear_child_tid. Returns how many. May sleep. */
int futex_wake(struct space *s, uaddr_t addr, int n);
/* The current thread ends: marks the robust futexes it holds as orphaned and wakes one waiter each
 * (set_robust_list(2)). Its space is still in place. May sleep. */
void futex_exit_robust(struct thread *t);
void futex_init(void);
