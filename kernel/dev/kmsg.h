/* The kernel log as programs follow it: /dev/kmsg, and what it shares with syslog(2). */
#pragma once

#include "sched/wait.h"

/* Makes /dev/kmsg. */
void kmsg_init(void);

/* Whoever waits for records on `kmsg_news` says so: only then are they looked for. klog, which runs
 * under any lock, cannot wake. */
extern struct wait_queue kmsg_news;
void kmsg_listen(void);
void kmsg_unlisten(void);

/* The actions of syslog(2). */
enum syslog_action {
	SYSLOG_CLOSE,
	SYSLOG_OPEN,
	SYSLOG_READ,
	SYSLOG_READ_ALL,
	SYSLOG_READ_CLEAR,
	SYSLOG_CLEAR,
	SYSLOG_CONSOLE_OFF,
	SYSLOG_CONSOLE_ON,
	SYSLOG_CONSOLE_LEVEL,
	SYSLOG_SIZE_UNREAD,
	SYSLOG_SIZE_BUFFER,
};
/* May the current thread do this? 0 or -EPERM. */
int syslog_permission(int action);
/* The record after the last one when the log was cleared. */
uint64_t syslog_cleared(void);
