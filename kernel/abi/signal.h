/* Signal numbers and layouts as Linux's generic architectures have them (signal(7), sigaction(2)).
 */
#pragma once

#include <stdint.h>

#define NSIG     65 /* signals 1 .. 64 */
#define SIGRTMIN 32
#define SIGRTMAX 64

enum {
	SIGHUP = 1,
	SIGINT,
	SIGQUIT,
	SIGILL,
	SIGTRAP,
	SIGABRT,
	SIGBUS,
	SIGFPE,
	SIGKILL,
	SIGUSR1,
	SIGSEGV,
	SIGUSR2,
	SIGPIPE,
	SIGALRM,
	SIGTERM,
	SIGSTKFLT,
	SIGCHLD,
	SIGCONT,
	SIGSTOP,
	SIGTSTP,
	SIGTTIN,
	SIGTTOU,
	SIGURG,
	SIGXCPU,
	SIGXFSZ,
	SIGVTALRM,
	SIGPROF,
	SIGWINCH,
	SIGIO,
	SIGPWR,
	SIGSYS,
};

#define SIG_DFL 0
#define SIG_IGN 1

#define SA_NOCLDSTOP      0x00000001UL
#define SA_NOCLDWAIT      0x00000002UL
#define SA_SIGINFO        0x00000004UL
#define SA_UNSUPPORTED    0x00000400UL
#define SA_EXPOSE_TAGBITS 0x00000800UL
#define SA_IMMUTABLE      0x00800000UL /* the kernel's own: decided, nobody is asked */
#define SA_ONSTACK        0x08000000UL
#define SA_RESTART        0x10000000UL
#define SA_NODEFER        0x40000000UL
#define SA_RESETHAND      0x80000000UL
/* What is kept of a program's flags: what is not there shows it what the kernel does not know. */
#define SA_KNOWN                                                                                   \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE_TAGBITS | SA_ONSTACK | SA_RESTART |  \
	    SA_NODEFER | SA_RESETHAND)

#define SS_ONSTACK    1
#define SS_DISABLE    2
#define SS_AUTODISARM (1U << 31)

/* si_code */
#define SI_USER           0
#define SI_KERNEL         0x80
#define SI_QUEUE          -1
#define SI_TIMER          -2
#define SI_MESGQ          -3
#define SI_ASYNCIO        -4
#define SI_SIGIO          -5
#define SI_TKILL          -6
#define SI_DETHREAD       -7
#define SI_ASYNCNL        -60
#define ILL_ILLOPC        1
#define FPE_INTDIV        1
#define SEGV_MAPERR       1
#define SEGV_ACCERR       2
#define BUS_ADRALN        1
#define BUS_ADRERR        2
#define BUS_OBJERR        3
#define TRAP_BRKPT        1
#define TRAP_TRACE        2
#define TRAP_HWBKPT       4
#define CLD_EXITED        1
#define CLD_KILLED        2
#define CLD_DUMPED        3
#define CLD_TRAPPED       4
#define CLD_STOPPED       5
#define CLD_CONTINUED     6
#define POLL_IN           1
#define POLL_OUT          2
#define POLL_MSG          3
#define POLL_ERR          4
#define POLL_PRI          5
#define POLL_HUP          6
#define SYS_SECCOMP       1
#define SYS_USER_DISPATCH 2

/* siginfo_t: 128 bytes. */
struct siginfo {
	int32_t si_signo, si_errno, si_code, pad_;
	union {
		struct {
			int32_t pid;
			uint32_t uid;
			uint64_t value; /* sigval */
		} rt;                   /* kill uses pid and uid */
		struct {
			int32_t timerid, overrun;
			uint64_t value;
			int32_t sys_private;
		} timer;
		struct {
			int32_t pid;
			uint32_t uid;
			int32_t status;
			int64_t utime, stime; /* clock ticks */
		} child;
		struct {
			uint64_t addr;
			int16_t addr_lsb;
			uint64_t lower, upper;
		} fault;
		struct {
			int64_t band;
			int32_t fd;
		} poll;
		struct {
			uint64_t call_addr;
			int32_t syscall;
			uint32_t arch;
		} sys;
		uint8_t bytes[112];
	};
};
_Static_assert(sizeof(struct siginfo) == 128, "siginfo_t is 128 bytes");
