/* What the bindings share among themselves: module openers, snapshots of tasks, handles. */
#pragma once

#include "bind.h"
#include "proc/process.h"

struct space;
struct siginfo;

int luaopen_sys(lua_State *L);
int luaopen_proc(lua_State *L);
int luaopen_pgrp(lua_State *L);
int luaopen_pty(lua_State *L);
int luaopen_ptrace(lua_State *L);
int luaopen_signal(lua_State *L);
int luaopen_mem(lua_State *L);
int luaopen_sym(lua_State *L);
int luaopen_cpu(lua_State *L);
int luaopen_irq(lua_State *L);
int luaopen_sched(lua_State *L);
int luaopen_log(lua_State *L);
int luaopen_fs(lua_State *L);
int luaopen_time(lua_State *L);
int luaopen_trace(lua_State *L);
int luaopen_crash(lua_State *L);
int luaopen_fault(lua_State *L);

/* bind.c: the tier in force; it can be lowered only (-EPERM). */
int bind_tier(void);
int bind_tier_by_name(const char *name);
const char *bind_tier_name(void);
int bind_tier_lower(int to);

/*
 * bind_task.c: a process as a snapshot. A handle names a process by pid and start time, so that a
 * recycled pid is never taken for the one it was made for.
 */
struct task_handle {
	int pid;
	ns_t start; /* -1: was dead already when the handle was made */
};

struct task_info {
	int pid, ppid, pgid, sid, tracer, thread_count, child_count;
	uint32_t uid, gid;
	char state; /* as ps shows it */
	char comm[16];
	bool kernel;
	int cpu;
	const char *wait_reason; /* static string or NULL */
	ns_t start;
	struct rusage_ns usage;
};

/* The process behind a handle, or NULL. (task_lock) */
struct process *task_find(const struct task_handle *h);
int task_snapshot(const struct task_handle *h, struct task_info *out); /* 0 or -ESRCH */
/* All processes, or those that `want` takes (called under task_lock). Leaves the scratch memory on
 * the stack. */
typedef bool (*task_filter)(const struct process *p, const void *ctx);
struct task_info *task_list(lua_State *L, unsigned *count, task_filter want, const void *ctx);
/* Keeps the number from being reused while a call by number is made. 0 or -ESRCH; pid_put
 * afterwards. */
int task_pin(const struct task_handle *h, struct pid **out);
/* The user memory of a process, with a reference: 0, -ESRCH when it is gone, -EINVAL for a kernel
 * task. */
int task_space(const struct task_handle *h, struct space **out);
/* The thread `tid` of the process (0: the leader), with a reference. 0 or -ESRCH. */
int task_thread(const struct task_handle *h, int tid, struct thread **out);

void open_process_type(lua_State *L); /* bind_proc_object.c */
/* A path as the shell sees it, in buf; NULL if it has none. */
struct path;
const char *path_of(const struct path *p, char *buf, size_t size);
/* Pushes the handle of a process just seen. */
void push_process_handle(lua_State *L, const struct task_handle *h);
struct task_handle *check_process(lua_State *L, int arg); /* a P; raises */
struct task_handle *test_process(lua_State *L, int arg);  /* NULL: no P */
/* A P or a pid as a handle of what has this pid now. */
struct task_handle check_task(lua_State *L, int arg);
void push_usage(lua_State *L, const struct rusage_ns *u);

/* Methods of P by file: bind_wait.c, bind_proc_memory.c, bind_signal.c */
int process_wait(lua_State *L);
int process_maps(lua_State *L);
int process_fds(lua_State *L);
int process_regs(lua_State *L);
int process_stack(lua_State *L);
int process_read(lua_State *L);
int process_write(lua_State *L);
int process_signals(lua_State *L);
int proc_spawn(lua_State *L);
int proc_wait(lua_State *L);

/* bind_wait.c: waits for a child as do_wait, in slices. Result as do_wait; -EINTR is raised. */
int wait_for_child(lua_State *L, struct wait_request *r, ns_t deadline, struct wait_result *out);
int push_wait_result(lua_State *L, const struct wait_result *r);
/* A reference on a number, held by a Lua value so that an error on the way does not lose it. */
struct pid **new_pid_ref(lua_State *L);
int hold_pid(int nr, struct pid **ref); /* 0 or -ESRCH */
void release_pid(struct pid **ref);

/* bind_regs.c: a record of general registers by name, its array part the names in the table's
 * order. */
void push_registers(lua_State *L, const struct arch_frame *f);
const struct arch_reg *find_register(const char *name); /* NULL: there is none */
/* bind_signal.c */
void set_signal_list(lua_State *L, const char *field, sigset_t set); /* {"SIGINT", …} */
void push_siginfo(lua_State *L, const struct siginfo *info);
void push_signal_name(lua_State *L, int sig);    /* "SIGTERM" */
const char *signal_code_name(int sig, int code); /* "SEGV_MAPERR", or NULL */
struct pty;
struct pty *bind_test_pty(lua_State *L, int arg); /* bind_pty.c: NULL: no pty, or a closed one */
void open_file_type(lua_State *L);                /* bind_file.c */
/* Bytes that may be waited for: as read(2), -ETIMEDOUT; raises on Ctrl-C. */
int64_t file_read_waiting(lua_State *L, struct file *f, void *buf, size_t n, ns_t deadline);

/* bind_strace.c: a recorded system call as text, "openat(AT_FDCWD, \"/x\", O_RDONLY, 0)". May
 * sleep. */
struct syscall_desc;
struct trace_event;
const char *trace_kind_name(unsigned kind); /* bind_trace.c: "sent", "switch" …, "unknown" */
#define STRACE_ARGS 4                       /* a record has room for so many */
const struct syscall_desc *strace_describe(uint64_t number); /* NULL: no such call */
void strace_format(const struct trace_event *e, char *buf, size_t size);
