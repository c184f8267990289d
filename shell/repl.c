/* The shell's thread: a script, or the prompt, or plain lines of input. */
#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/thread.h"
#include "boot/boot_info.h"
#include "dev/console.h"
#include "line.h"
#include "lua/modules.h"
#include "mm/heap.h"
#include "mm/page.h"
#include "printk.h"
#include "sched/sched.h"
#include "shell.h"

/*
 * Lua's stack: 200 nested C calls (LUAI_MAXCCALLS), of which the largest, a gsub that calls back,
 * takes about 2.5 KiB with what lies between; then what the kernel's own functions take.
 */
#define LUA_STACK_SIZE (640 * 1024UL)

/* --- input that grows line by line until it is a whole chunk --- */

struct chunk {
	char *text;
	size_t len;
};

static void chunk_clear(struct chunk *c)
{
	kfree(c->text);
	*c = (struct chunk){0};
}

/* -ENOMEM leaves the chunk as it was. */
static int chunk_append(struct chunk *c, const char *s, size_t n)
{
	char *text = krealloc(c->text, c->len + n + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text + c->len, s, n);
	c->text = text;
	c->len += n;
	text[c->len] = 0;
	return 0;
}

static int chunk_add_line(struct chunk *c, const char *line, size_t n)
{
	int r = c->len ? chunk_append(c, "\n", 1) : 0;
	return r ? r : chunk_append(c, line, n);
}

static void say(const char *s)
{
	console_write(s, strlen(s), true);
}

/* Runs the chunk if it is whole. True: it is done with, and cleared. */
static bool chunk_eval(lua_State *L, struct chunk *c, bool more, bool *failed)
{
	enum eval_result r = shell_eval(L, c->text, c->len, more);
	if (r == EVAL_INCOMPLETE)
		return false;
	*failed |= r == EVAL_FAILED;
	chunk_clear(c);
	return true;
}

/* --- the prompt --- */

/* Ctrl-D on an empty line. */
static bool confirm_poweroff(void)
{
	say("Power off? (y/N) ");
	int key = line_read_key();
	bool yes = key == 'y' || key == 'Y';
	say(yes ? "y\n" : "n\n");
	return yes;
}

static void take_line(lua_State *L, struct chunk *c, const char *line, size_t n)
{
	bool failed = false;

	if (chunk_add_line(c, line, n)) {
		say("no memory for so long a chunk\n");
		chunk_clear(c);
		return;
	}
	pager_begin(L);
	chunk_eval(L, c, true, &failed);
	pager_end(L);
}

int repl_interactive(lua_State *L)
{
	struct chunk chunk = {0};
	struct line_options options = {.history = true, .complete = shell_complete, .ctx = L};

	for (;;) {
		char *line;
		options.prompt = chunk.text ? ">> " : "> ";
		int64_t n = line_read(&options, &line);
		if (n >= 0) {
			take_line(L, &chunk, line, (size_t)n);
			kfree(line);
			continue;
		}
		bool empty = !chunk.text;
		chunk_clear(&chunk);
		shell_clear_interrupt();
		if (n == -ENODATA && empty && confirm_poweroff())
			return 0;
		if (n == -EIO) {
			log_error("shell: there is no serial line to read from");
			return 1;
		}
		if (n == -ENOMEM)
			say("no memory for so long a line\n");
	}
}

/* --- plain lines --- */

#define END_OF_INPUT 0x04 /* Ctrl-D: what the host sends at the end of its input */

/* Reads one line, its end left out. False at the end of input. -EINTR in *error: Ctrl-C; -ENOMEM.
 */
static bool read_plain_line(struct chunk *line, int *error)
{
	char part[256];
	size_t n = 0;

	*error = 0;
	for (;;) {
		int ch = console_getc(NS_NEVER);
		bool end = ch == END_OF_INPUT || (ch < 0 && ch != -EINTR);
		if (ch == -EINTR) {
			*error = -EINTR;
			return true;
		}
		if (!end && ch != '\n')
			part[n++] = (char)ch;
		if (end || ch == '\n' || n == sizeof(part)) {
			*error = chunk_append(line, part, n);
			n = 0;
		}
		if (end || ch == '\n' || *error)
			return !end;
	}
}

int repl_plain(lua_State *L)
{
	struct chunk chunk = {0}, line = {0};
	bool failed = false, more = true;
	int error;

	while (more) {
		more = read_plain_line(&line, &error);
		size_t n = line.len;
		if (n && line.text[n - 1] == '\r')
			n--;
		if (!error && (more || n))
			error = chunk_add_line(&chunk, line.text, n);
		chunk_clear(&line);
		if (error) {
			shell_clear_interrupt();
			chunk_clear(&chunk);
			failed = true;
		}
		if (chunk.text)
			chunk_eval(L, &chunk, more, &failed);
	}
	if (chunk.text)
		chunk_eval(L, &chunk, false, &failed);
	return failed;
}

/* --- the thread --- */

static void sleep_for_ever(void)
{
	for (;;) {
		sched_prepare(SCHED_SLEEP);
		sched_sleep(NS_NEVER, "shell off");
	}
}

static void greet(void)
{
	say("Lua 5.4 inside the kernel. help() tells what there is, :help the short commands.\n");
}

/* What the boot arguments ask for. Returns the exit code. */
static int serve(lua_State *L)
{
	char path[256];

	if (!boot_arg("script", path, sizeof(path))) {
		char pattern[64];
		bool test = boot_arg("test", pattern, sizeof(pattern));
		fmt_string(path, sizeof(path), "%s", test ? "/tests/lua/run.lua" : "");
	}
	if (path[0])
		return autorun_script(L, path);
	if (bind_tier() == TIER_OFF) {
		log_info("shell=off: no prompt");
		sleep_for_ever();
	}
	if (boot_arg_flag("plain"))
		return repl_plain(L);
	greet();
	return repl_interactive(L);
}

static void shell_body(void *arg)
{
	console_shell_attach();
	lua_port_plain(boot_arg_flag("plain"));
	lua_State *L = lua_port_open(NULL);
	if (!L)
		log_error("shell: Lua did not start (is memory too small?)");
	int code = L ? serve(L) : 1;
	console_drain(false);
	arch_poweroff(code);
}

/* Its lowest page is a guard: an overflow faults there, and does not go on into whatever lies
 * below. */
static void *allocate_stack(void)
{
	char *stack = vmap_alloc(LUA_STACK_SIZE);
	if (!stack)
		return NULL;
	paddr_t guard = arch_kernel_unmap((uintptr_t)stack);
	if (guard)
		page_put(page_of(guard));
	return stack;
}

void shell_main(void *arg)
{
	char *stack = allocate_stack();
	if (!stack)
		panic("no memory for the shell's stack");
	arch_call_on_stack(stack + PAGE_SIZE, LUA_STACK_SIZE - PAGE_SIZE, shell_body, arg);
}
