/* cpu, irq, sched: processors, interrupt sources, run queues. */
#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "debug/stress.h"
#include "modules.h"
#include "sched/timer.h"

/* --- cpu --- */

struct cpu_info {
	int pid, tid;
	char comm[16];
	bool idle, user;
	uaddr_t pc;
	struct arch_frame frame;
};

/* What CPU `id` runs. Its user registers are those of its last entry into the kernel. */
static void snapshot_cpu(unsigned id, struct cpu_info *out)
{
	struct thread *t;

	memset(out, 0, sizeof(*out));
	out->idle = true;
	irqflags_t flags = spin_lock(&task_lock);
	struct process *p;
	list_for_each (p, &all_processes, all_link) {
		list_for_each (t, &p->threads, process_link) {
			if (t->sched.cpu != (int)id || !sched_running(t))
				continue;
			out->idle = false;
			out->pid = p->pid->nr;
			out->tid = t->tid ? t->tid->nr : 0;
			memcpy(out->comm, t->comm, sizeof(out->comm));
			out->comm[sizeof(out->comm) - 1] = 0;
			if (!t->kernel) {
				out->user = true;
				out->frame = *arch_user_frame(t);
				out->pc = arch_frame_pc(&out->frame);
			}
		}
	}
	spin_unlock(&task_lock, flags);
}

static void push_cpu(lua_State *L, unsigned id, const struct cpu_info *i)
{
	const struct cpu *c = &cpus[id];

	lua_createtable(L, 0, 10);
	bind_set_int(L, "id", id);
	bind_set_int(L, "hw_id", (int64_t)c->hw_id);
	bind_set_string(L, "state", !c->online ? "offline" : i->idle ? "idle" : "running");
	if (!i->idle) {
		bind_set_int(L, "pid", i->pid);
		bind_set_int(L, "tid", i->tid);
		bind_set_string(L, "comm", i->comm);
	}
	if (i->user)
		bind_set_int(L, "pc", (int64_t)i->pc);
	bind_set_number(L, "idle_time", (double)c->idle_ns / 1e9);
	bind_set_int(L, "switches", (int64_t)c->switch_count);
	bind_set_int(L, "interrupts", (int64_t)c->irq_count);
	bind_set_int(L, "ipis", (int64_t)c->ipi_count);
}

/* cpu.list() */
static int cpu_list(lua_State *L)
{
	struct cpu_info *info = lua_newuserdatauv(L, sizeof(*info), 0);

	lua_createtable(L, (int)cpu_count, 0);
	for (unsigned i = 0; i < cpu_count; i++) {
		snapshot_cpu(i, info);
		push_cpu(L, i, info);
		lua_rawseti(L, -2, i + 1);
	}
	bind_set_view(L, "cpus");
	return 1;
}

/* cpu.regs(id): the user registers of the program that it runs */
static int cpu_regs(lua_State *L)
{
	lua_Integer id = luaL_checkinteger(L, 1);
	struct cpu_info *info = lua_newuserdatauv(L, sizeof(*info), 0);

	if (id < 0 || id >= (lua_Integer)cpu_count)
		return bind_fail_text(L, ENODEV, "no such CPU");
	snapshot_cpu((unsigned)id, info);
	if (!info->user)
		return bind_fail_text(
		    L, ESRCH, info->idle ? "the CPU is idle" : "the CPU runs a kernel task");
	push_registers(L, &info->frame);
	return 1;
}

static const luaL_Reg cpu_functions[] = {{"list", cpu_list}, {"regs", cpu_regs}, {NULL, NULL}};

int luaopen_cpu(lua_State *L)
{
	luaL_newlib(L, cpu_functions);
	return 1;
}

/* --- irq --- */

/* irq.list(): those that somebody serves */
static int irq_list(lua_State *L)
{
	struct irq_info info;
	lua_Integer n = 0;

	lua_newtable(L);
	for (unsigned irq = 0; arch_irq_info(irq, &info); irq++) {
		if (!info.name)
			continue;
		lua_createtable(L, 0, 3);
		bind_set_int(L, "irq", irq);
		bind_set_string(L, "name", info.name);
		bind_set_int(L, "count", (int64_t)info.count);
		lua_rawseti(L, -2, ++n);
	}
	bind_set_view(L, "irqs");
	return 1;
}

static const luaL_Reg irq_functions[] = {{"list", irq_list}, {NULL, NULL}};

int luaopen_irq(lua_State *L)
{
	luaL_newlib(L, irq_functions);
	return 1;
}

/* --- sched --- */

struct queued {
	int cpu, pid, tid;
	char comm[16];
	bool running;
	int nice;
	uint64_t vruntime;
};

static unsigned snapshot_runq(struct queued *list, unsigned room)
{
	struct process *p;
	struct thread *t;
	unsigned n = 0;

	irqflags_t flags = spin_lock(&task_lock);
	list_for_each (p, &all_processes, all_link) {
		list_for_each (t, &p->threads, process_link) {
			if (t->sched.state != SCHED_RUNNABLE)
				continue;
			if (n < room) {
				struct queued *q = &list[n];
				*q = (struct queued){
				    .cpu = t->sched.cpu, .pid = p->pid->nr, .nice = t->sched.nice};
				q->tid = t->tid ? t->tid->nr : 0;
				memcpy(q->comm, t->comm, sizeof(q->comm));
				q->comm[sizeof(q->comm) - 1] = 0;
				q->running = sched_running(t);
				q->vruntime = t->sched.vruntime;
			}
			n++;
		}
	}
	spin_unlock(&task_lock, flags);
	return n;
}

/* sched.runq(): every thread that runs or waits for a CPU */
static int sched_runq(lua_State *L)
{
	const unsigned room = 256;
	struct queued *list = lua_newuserdatauv(L, room * sizeof(*list), 0);
	unsigned n = MIN(snapshot_runq(list, room), room);

	lua_createtable(L, (int)n, 0);
	for (unsigned i = 0; i < n; i++) {
		lua_createtable(L, 0, 7);
		bind_set_int(L, "cpu", list[i].cpu);
		bind_set_int(L, "pid", list[i].pid);
		bind_set_int(L, "tid", list[i].tid);
		bind_set_string(L, "comm", list[i].comm);
		bind_set_bool(L, "running", list[i].running);
		bind_set_int(L, "nice", list[i].nice);
		bind_set_int(L, "vruntime", (int64_t)list[i].vruntime);
		lua_rawseti(L, -2, i + 1);
	}
	bind_set_view(L, "runq");
	return 1;
}

static lua_Integer stress_number(lua_State *L, const char *field, lua_Integer usual)
{
	lua_Integer n;

	lua_getfield(L, 1, field);
	n = luaL_optinteger(L, -1, usual);
	luaL_argcheck(L, n > 0 && n <= INT32_MAX, 1, "every and delay must be positive");
	return n;
}

/* sched.stress([{seed=, every=, delay=, points=}]): random preemption from now on; without a table
 * none */
static int sched_stress(lua_State *L)
{
	struct stress s = {.delay = 1};

	bind_require(L, TIER_FULL);
	if (!lua_isnoneornil(L, 1)) {
		luaL_checktype(L, 1, LUA_TTABLE);
		lua_getfield(L, 1, "seed");
		s.seed = (uint64_t)luaL_optinteger(L, -1, 1);
		s.every = (unsigned)stress_number(L, "every", 20);
		s.delay = stress_number(L, "delay", 20000);
		lua_getfield(L, 1, "points");
		s.points = luaL_optstring(L, -1, NULL);
	}
	return bind_ok(L, stress_start(&s));
}

static const luaL_Reg sched_functions[] = {
    {"runq", sched_runq}, {"stress", sched_stress}, {NULL, NULL}};

int luaopen_sched(lua_State *L)
{
	luaL_newlib(L, sched_functions);
	return 1;
}
