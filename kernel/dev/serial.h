/* The serial drivers that this kernel has. */
#pragma once

/* Finds the serial line that firmware told of, and makes it the console. 0; -ENODEV: none known;
 * -ENOMEM. */
int serial_init(void);
