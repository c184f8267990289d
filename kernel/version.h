/* What this kernel calls itself, and which Linux it speaks like. */
#pragma once

#define PERILUNE_VERSION "0.1"
/* uname -r and -v: programs look for features by the number of the Linux whose behaviour we follow.
 */
#define LINUX_RELEASE "6.12.0-perilune"
#define LINUX_VERSION "#1 SMP PREEMPT Perilune " PERILUNE_VERSION
