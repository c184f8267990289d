/* Editing of the line that canonical mode collects (tty->lock). For ldisc.c. */
#pragma once

#include "dev/ldisc.h"

/* VERASE, VWERASE or VKILL, whichever `c` is. */
void edit_erase(struct tty *t, uint8_t c);
/* VREPRINT: shows the line again. */
void edit_reprint(struct tty *t, uint8_t c);
/* ECHOPRT: closes the "\…/" of characters erased. */
void edit_finish_erasing(struct tty *t);
