/* Threads on CPUs: run queues, switching, sleeping and waking. */
#pragma once

#include "lib/list.h"
#include "lib/pairing_heap.h"
#include "lock.h"

struct thread;
struct space;

/* What the scheduler knows of a thread; embedded in struct thread as `sched`. */
enum sched_state {
	SCHED_NEW,        /* never ran */
	SCHED_RUNNABLE,   /* on a run queue or on a CPU */
	SCHED_SLEEP,      /* only an explicit wake-up ends it */
	SCHED_SLEEP_KILL, /* also a fatal signal */
	SCHED_SLEEP_INTR, /* also any signal that would be delivered */
	SCHED_PARKED, /* job-control or trace stop: see signal/park.c; only unpark and SIGKILL end
			 it */
	SCHED_DEAD,   /* will never run again */
};

/* Scheduling policies, as Linux numbers them (sched(7)). */
enum sched_policy { POLICY_OTHER, POLICY_FIFO, POLICY_RR, POLICY_BATCH, POLICY_IDLE = 5 };
#define SCHED_RESET_ON_FORK 0x40000000

/* All zero is a good start: an ordinary thread of nice 0 that may run anywhere. */
struct sched_entity {
	struct list run_link; /* of a real-time queue, while it waits there (run queue lock) */
	struct heap_node fair_node; /* of the fair queue, while it waits there (run queue lock) */
	enum sched_state
	    state; /* written by the thread itself, or by a waker under the run queue lock */
	/* ON_QUEUE: waits there, or is what its CPU runs; MOVING: on its way to another CPU (run
	 * queue lock) */
	enum { OFF_QUEUE, ON_QUEUE, MOVING } on_queue;
	bool on_cpu;         /* a CPU still uses its stack or registers; cleared last in a switch */
	int cpu;             /* where it runs, or ran last */
	uint64_t affinity;   /* bit mask of the CPUs it may run on; 0: all */
	int8_t nice;         /* -20 .. 19 */
	uint8_t policy;      /* enum sched_policy */
	uint8_t rt_priority; /* 1 .. 99 for FIFO and RR */
	uint8_t boost;       /* real-time priority lent by those who wait for it, or 0 (run queue
				lock) */
	uint64_t vruntime;   /* ns, weighted by nice: the fair queue's key */
	ns_t user_ns, system_ns;           /* CPU time used */
	ns_t told_user_ns, told_system_ns; /* the most that sched_times has given (atomic) */
	ns_t slept_at;      /* how much that was when it last slept (atomic): RLIMIT_RTTIME */
	ns_t stamp;         /* when the last of these two began to count */
	bool in_user;       /* which of the two counts now */
	bool reset_on_fork; /* SCHED_RESET_ON_FORK */
	int preempt_count;  /* > 0: stays on its CPU [its own] */
	ns_t exec_start;    /* up to when its vruntime is counted */
	ns_t slice_end;     /* 0: runs alone, without a slice (run queue lock) */
	ns_t slice_left;    /* POLICY_RR: of its turn, while it waits (run queue lock) */
	ns_t queued_since;  /* when it began to wait for the CPU (run queue lock) */
	ns_t waited_ns;     /* how long it has waited for a CPU in all (run queue lock) */
	uint64_t switches_voluntary, switches_involuntary;
	const char *wait_reason; /* for /proc/PID/wchan and ps: a static string, or NULL */
};

struct timer_queue;

enum cpu_start { CPU_AWAITED, CPU_ARRIVED, CPU_GIVEN_UP };

struct cpu {
	/* read without locks */
	unsigned id;
	uint64_t hw_id; /* hart id, MPIDR, APIC id */
	bool online;
	uint32_t start; /* atomic: enum cpu_start */
	struct thread *idle;
	struct thread *running;
	/* (this CPU, interrupts off) */
	int irq_depth;
	bool need_resched;
	struct spinlock *held[16]; /* debug builds: the locks held, innermost last */
	int held_count;
	ns_t idle_ns;
	ns_t user_ns, nice_ns, system_ns; /* of all threads that ran here */
	uint64_t irq_count, ipi_count, switch_count;
	struct run_queue *rq;
	struct timer_queue *timers;
	struct thread *displaced; /* just switched away from, and not allowed here any more */
	struct thread
	    *dead; /* switched away from for the last time: its reference is dropped soon */
} __attribute__((aligned(CACHE_LINE)));

extern struct cpu cpus[MAX_CPUS];
extern unsigned cpu_count; /* CPUs online, numbered 0 .. cpu_count-1 */

struct cpu *this_cpu(void); /* meaningful while interrupts or preemption are off */

void sched_init(
    void); /* once, on the boot CPU, whose running code becomes its idle-to-be thread 0 */
void sched_init_cpu(struct cpu *c); /* each other CPU, before it takes interrupts */
_Noreturn void sched_idle_loop(void);
/*
 * The first thing a new thread does: the architecture calls it on the new thread's stack,
 * interrupts off, with the thread that ran just before (what arch_switch would have returned).
 * Interrupts are on when it comes back.
 */
void sched_thread_begin(struct thread *prev);

/* Gives up the CPU: to another thread if the current one's state says that it sleeps, else to
 * whoever is due. */
void schedule(void);
/* At the end of an interrupt or trap, interrupts off: switches if need_resched is set and
 * preemption is allowed. */
void sched_preempt(void);
void preempt_disable(void);
void preempt_enable(void);
void sched_tick(
    bool from_user); /* the timer interrupt: accounts, ends slices, runs expired timers */
void sched_yield_now(void);

/* Gives a new thread its parent's policy, nice value and affinity (sched(7), "Fork" and
 * SCHED_RESET_ON_FORK). */
void sched_fork(struct thread *child, const struct thread *parent);
/* Makes a new thread runnable, once. */
void sched_start(struct thread *t);
/* Wakes `t` if its state is one of the bits in `states` (1 << SCHED_…). Returns true if it did. Any
 * context. */
bool sched_wake(struct thread *t, unsigned states);
#define WAKE_ANY_SLEEP (1u << SCHED_SLEEP | 1u << SCHED_SLEEP_KILL | 1u << SCHED_SLEEP_INTR)
#define WAKE_INTR      (1u << SCHED_SLEEP_INTR)
#define WAKE_KILL      (1u << SCHED_SLEEP_INTR | 1u << SCHED_SLEEP_KILL | 1u << SCHED_PARKED)
#define WAKE_PARKED    (1u << SCHED_PARKED)
/* If `t` is running on another CPU, makes that CPU pass through the kernel soon, so that it sees
 * t's new work. */
void sched_kick(struct thread *t);
/* Does `t` sleep, its state saved, and not even wait for a CPU? */
bool sched_is_off(const struct thread *t);
/* Is `t` on a CPU at this moment? */
bool sched_running(const struct thread *t);
/* Another policy, priority or nice value, at once if it runs or waits. Arguments were checked.
 * (task_lock) */
void sched_set_policy(struct thread *t, unsigned policy, int rt_priority, int nice);
/* Lends it this real-time priority, 0: none. (task_lock) */
void sched_set_boost(struct thread *t, int priority);
/* Another set of CPUs (with at least one that is online in it); moves `t` if it is on another. */
void sched_set_affinity(struct thread *t, uint64_t mask);
/* An inter-processor interrupt asked this CPU to look at its queue. Interrupts off. */
void sched_ipi(void);
/* Frees the CPU of a thread that has just set its state to SCHED_DEAD. Drops a reference to it once
 * it is off. */
_Noreturn void sched_exit(void);
/* Waits until no CPU uses t's stack any more; `t` is SCHED_DEAD. */
void sched_wait_off_cpu(struct thread *t);
/* Sleeps for a moment: who has nothing to be woken by looks again after it. */
void sched_pause(const char *reason);
/* Is its policy FIFO or RR? */
bool sched_is_real_time(const struct thread *t);
/* CPU time used by `t` so far, the running slice included. Neither ever goes back. */
void sched_times(struct thread *t, ns_t *user, ns_t *system);
/* Entry from and return to user mode, for the two CPU-time accounts. Interrupts off. */
void sched_account_enter_kernel(void);
void sched_account_leave_kernel(void);

/*
 * Sleeping, the low level (sched/wait.h has the comfortable one): set the state, check the
 * condition, then sleep. A wake-up between the first and the last makes sched_sleep return at once.
 */
void sched_prepare(enum sched_state state);
/* Sleeps until woken or until `deadline` (ns since boot). 0, -ETIMEDOUT, or -EINTR when a signal
 * that counts for the state is pending (then it does not sleep at all). The state is SCHED_RUNNABLE
 * afterwards. */
int sched_sleep(ns_t deadline, const char *reason);
void sched_cancel(void); /* the condition held after all */
