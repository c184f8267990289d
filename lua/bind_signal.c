/* signal: sending, what is pending, blocked and caught, and the history from the flight recorder.
 */
#include "abi/signal.h"
#include "modules.h"
#include "printk.h"
#include "trace.h"

void push_signal_name(lua_State *L, int sig)
{
	char buf[16];

	lua_pushfstring(L, "SIG%s", signal_name(sig, buf));
}

static const struct {
	int sig, code;
	const char *name;
} code_names[] = {
    {SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR"},
    {SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR"},
    {SIGBUS, BUS_ADRALN, "BUS_ADRALN"},
    {SIGBUS, BUS_ADRERR, "BUS_ADRERR"},
    {SIGBUS, BUS_OBJERR, "BUS_OBJERR"},
    {SIGILL, ILL_ILLOPC, "ILL_ILLOPC"},
    {SIGFPE, FPE_INTDIV, "FPE_INTDIV"},
    {SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT"},
    {SIGTRAP, TRAP_TRACE, "TRAP_TRACE"},
    {SIGCHLD, CLD_EXITED, "CLD_EXITED"},
    {SIGCHLD, CLD_KILLED, "CLD_KILLED"},
    {SIGCHLD, CLD_DUMPED, "CLD_DUMPED"},
    {SIGCHLD, CLD_STOPPED, "CLD_STOPPED"},
    {SIGCHLD, CLD_TRAPPED, "CLD_TRAPPED"},
    {SIGTRAP, TRAP_HWBKPT, "TRAP_HWBKPT"},
    {SIGCHLD, CLD_CONTINUED, "CLD_CONTINUED"},
    {0, SI_USER, "SI_USER"},
    {0, SI_KERNEL, "SI_KERNEL"},
    {0, SI_QUEUE, "SI_QUEUE"},
    {0, SI_TIMER, "SI_TIMER"},
    {0, SI_TKILL, "SI_TKILL"},
};

const char *signal_code_name(int sig, int code)
{
	for (unsigned i = 0; i < ARRAY_SIZE(code_names); i++)
		if ((!code_names[i].sig || code_names[i].sig == sig) && code_names[i].code == code)
			return code_names[i].name;
	return NULL;
}

/* --- sending --- */

/* signal.kill(pid, sig): pid as kill(2) takes it */
static int signal_kill(lua_State *L)
{
	int pid = bind_check_pid(L, 1);
	int sig = bind_check_signal(L, 2, SIGTERM);

	bind_require(L, TIER_CONTROL);
	return bind_ok(L, do_kill(pid, sig));
}

/* signal.killpg(pgid, sig) */
static int signal_killpg(lua_State *L)
{
	lua_Integer pgid = luaL_checkinteger(L, 1);
	int sig = bind_check_signal(L, 2, SIGTERM);

	bind_require(L, TIER_CONTROL);
	if (pgid <= 1 || pgid > INT32_MAX)
		return bind_fail(L, pgid < 0 ? EINVAL : ESRCH);
	return bind_ok(L, do_kill((int)-pgid, sig));
}

/* signal.tgkill(tgid, tid, sig) */
static int signal_tgkill(lua_State *L)
{
	int tgid = bind_check_pid(L, 1);
	int tid = bind_check_pid(L, 2);
	int sig = bind_check_signal(L, 3, SIGTERM);

	bind_require(L, TIER_CONTROL);
	if (tgid <= 0 || tid <= 0)
		return bind_fail(L, EINVAL);
	return bind_ok(L, do_tgkill(tgid, tid, sig));
}

/* signal.queue(pid, sig, value) */
static int signal_queue(lua_State *L)
{
	int pid = bind_check_pid(L, 1);
	int sig = bind_check_signal(L, 2, 0);
	struct siginfo info = {.si_signo = sig, .si_code = SI_QUEUE};

	bind_require(L, TIER_CONTROL);
	info.rt.value = (uint64_t)luaL_optinteger(L, 3, 0);
	info.rt.pid = current->process->pid->nr;
	info.rt.uid = current->cred->uid;
	return bind_ok(L, do_sigqueue(pid, sig, &info));
}

/* --- state --- */

/* One queued signal; tid 0: in the process's queue. */
struct queued_signal {
	int tid;
	struct siginfo info;
};

struct thread_signals {
	int tid;
	sigset_t pending, blocked;
};

#define MAX_QUEUED  512
#define MAX_THREADS 256

struct signal_state {
	sigset_t shared, ignored, caught;
	unsigned queued, threads, missed; /* missed: entries and threads that had no room */
	struct thread_signals thread[MAX_THREADS]; /* the leader first */
	struct queued_signal queue[MAX_QUEUED];
};

static void copy_queue(struct signal_state *s, const struct pending *p, int tid)
{
	struct sigqueue_entry *e;

	list_for_each (e, &p->queue, link) {
		if (s->queued < MAX_QUEUED)
			s->queue[s->queued++] = (struct queued_signal){tid, e->info};
		else
			s->missed++;
	}
}

static void copy_thread(struct signal_state *s, const struct thread *t)
{
	int tid = t->tid->nr;

	if (s->threads == MAX_THREADS) {
		s->missed++;
		return;
	}
	s->thread[s->threads++] = (struct thread_signals){tid, t->pending.set, t->blocked};
	copy_queue(s, &t->pending, tid);
}

static void copy_process(struct signal_state *s, const struct process *p)
{
	const struct thread *t;

	s->shared = p->pending.set;
	list_for_each (t, &p->threads, process_link)
		copy_thread(s, t);
	copy_queue(s, &p->pending, 0);
	for (int sig = 1; sig < NSIG && p->actions; sig++) {
		uaddr_t handler = p->actions->action[sig].handler;

		if (handler == SIG_IGN)
			s->ignored |= SIG_BIT(sig);
		else if (handler != SIG_DFL)
			s->caught |= SIG_BIT(sig);
	}
}

static int snapshot_signals(const struct task_handle *h, struct signal_state *out)
{
	memset(out, 0, sizeof(*out));
	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = task_find(h);
	if (p)
		copy_process(out, p);
	spin_unlock(&task_lock, flags);
	return p ? 0 : -ESRCH;
}

void set_signal_list(lua_State *L, const char *field, sigset_t set)
{
	lua_Integer n = 0;

	lua_newtable(L);
	for (int sig = 1; sig < NSIG; sig++) {
		if (!(set & SIG_BIT(sig)))
			continue;
		push_signal_name(L, sig);
		lua_rawseti(L, -2, ++n);
	}
	lua_setfield(L, -2, field);
}

void push_siginfo(lua_State *L, const struct siginfo *i)
{
	const char *code = signal_code_name(i->si_signo, i->si_code);

	lua_createtable(L, 0, 8);
	bind_set_int(L, "signal", i->si_signo);
	push_signal_name(L, i->si_signo);
	lua_setfield(L, -2, "signame");
	bind_set_int(L, "code", i->si_code);
	if (code)
		bind_set_string(L, "codename", code);
	if (i->si_code <= 0) {
		bind_set_int(L, "pid", i->rt.pid);
		bind_set_int(L, "uid", i->rt.uid);
		if (i->si_code != SI_USER && i->si_code != SI_TKILL)
			bind_set_int(L, "value", (int64_t)i->rt.value);
	} else if (i->si_signo == SIGCHLD) {
		bind_set_int(L, "pid", i->child.pid);
		bind_set_int(L, "uid", i->child.uid);
		bind_set_int(L, "status", i->child.status);
	} else if (i->si_code != SI_KERNEL) {
		bind_set_int(L, "addr", (int64_t)i->fault.addr);
	}
	bind_set_view(L, "siginfo");
}

static void push_queue(lua_State *L, const struct signal_state *s)
{
	lua_createtable(L, (int)s->queued, 0);
	for (unsigned i = 0; i < s->queued; i++) {
		push_siginfo(L, &s->queue[i].info);
		if (s->queue[i].tid)
			bind_set_int(L, "tid", s->queue[i].tid);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "queue");
}

static void push_thread_signals(lua_State *L, const struct signal_state *s)
{
	lua_createtable(L, (int)s->threads, 0);
	for (unsigned i = 0; i < s->threads; i++) {
		lua_createtable(L, 0, 3);
		bind_set_int(L, "tid", s->thread[i].tid);
		set_signal_list(L, "pending", s->thread[i].pending);
		set_signal_list(L, "blocked", s->thread[i].blocked);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "threads");
}

static int push_signal_state(lua_State *L, const struct task_handle *h)
{
	struct signal_state *s = lua_newuserdatauv(L, sizeof(*s), 0);
	int err = snapshot_signals(h, s);

	if (err)
		return bind_fail(L, err);
	lua_createtable(L, 0, 8);
	set_signal_list(L, "pending", s->thread[0].pending);
	set_signal_list(L, "shared", s->shared);
	set_signal_list(L, "blocked", s->thread[0].blocked);
	set_signal_list(L, "ignored", s->ignored);
	set_signal_list(L, "caught", s->caught);
	push_thread_signals(L, s);
	push_queue(L, s);
	if (s->missed)
		bind_set_int(L, "missed", s->missed);
	bind_set_view(L, "signals");
	return 1;
}

/* signal.state(pid) */
static int signal_state(lua_State *L)
{
	struct task_handle h = check_task(L, 1);
	return push_signal_state(L, &h);
}

/* P:signals() */
int process_signals(lua_State *L)
{
	return push_signal_state(L, check_process(L, 1));
}

/* --- history --- */

static bool about_signals(unsigned kind)
{
	return kind >= TRACE_SIGNAL_SENT && kind <= TRACE_CONTINUED;
}

static const char *drop_reason(uint64_t why)
{
	static const char *const reasons[] = {[DROP_IGNORED] = "ignored",
	    [DROP_PENDING] = "already pending",
	    [DROP_EXITING] = "exiting",
	    [DROP_LIMIT] = "queue limit"};

	return why < ARRAY_SIZE(reasons) ? reasons[why] : NULL;
}

/* Events that somebody caused to happen to another: b and e name that one. */
static bool to_another(const struct trace_event *e)
{
	return e->kind == TRACE_SIGNAL_SENT || e->kind == TRACE_SIGNAL_DROPPED ||
	       e->kind == TRACE_CONTINUED;
}

static void push_history_event(lua_State *L, const struct trace_event *e, const char *what)
{
	const char *detail = NULL;

	lua_createtable(L, 0, 8);
	bind_set_number(L, "time", (double)e->time / 1e9);
	bind_set_int(L, "cpu", e->cpu);
	bind_set_string(L, "what", what);
	if (e->a) {
		bind_set_int(L, "signal", (int64_t)e->a);
		push_signal_name(L, (int)e->a);
		lua_setfield(L, -2, "signame");
	}
	bind_set_int(L, "from", e->tid);
	bind_set_int(L, "to", to_another(e) ? (int64_t)e->b : e->tid);
	if (e->kind == TRACE_SIGNAL_DROPPED)
		detail = drop_reason(e->c);
	else if (e->kind == TRACE_SIGNAL_SENT)
		detail = signal_code_name((int)e->a, (int)e->c);
	if (detail)
		bind_set_string(L, "detail", detail);
}

/* signal.history([pid]) */
static int signal_history(lua_State *L)
{
	int pid = lua_isnoneornil(L, 1) ? 0 : bind_check_pid(L, 1);
	struct trace_event e;
	uint64_t seq = 1;
	lua_Integer n = 0;

	lua_newtable(L);
	while (!trace_next(&seq, &e)) {
		bool about = e.pid == pid || e.tid == pid ||
			     (to_another(&e) && ((int)e.b == pid || (int)e.e == pid));

		if (!about_signals(e.kind) || (pid && !about))
			continue;
		push_history_event(L, &e, trace_kind_name(e.kind));
		lua_rawseti(L, -2, ++n);
	}
	bind_set_view(L, "history");
	return 1;
}

/* signal.name(sig), signal.number(name) */
static int signal_name_of(lua_State *L)
{
	push_signal_name(L, bind_check_signal(L, 1, 0));
	return 1;
}

static int signal_number_of(lua_State *L)
{
	lua_pushinteger(L, bind_check_signal(L, 1, 0));
	return 1;
}

static const luaL_Reg functions[] = {
    {"kill", signal_kill},
    {"killpg", signal_killpg},
    {"tgkill", signal_tgkill},
    {"queue", signal_queue},
    {"state", signal_state},
    {"history", signal_history},
    {"name", signal_name_of},
    {"number", signal_number_of},
    {NULL, NULL},
};

int luaopen_signal(lua_State *L)
{
	char name[32], buf[16];

	luaL_newlib(L, functions);
	for (int sig = 1; sig < SIGRTMIN; sig++) {
		fmt_string(name, sizeof(name), "SIG%s", signal_name(sig, buf));
		bind_set_int(L, name, sig);
	}
	bind_set_int(L, "SIGRTMIN", SIGRTMIN);
	bind_set_int(L, "SIGRTMAX", SIGRTMAX);
	return 1;
}
