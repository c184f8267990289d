/* A pty: INTR, QUIT, SUSP, background reads and writes, hang-up. */
#include "observe.h"
#include <sys/ioctl.h>
#include <termios.h>

static int master;
static struct gate ready;

static int reports(void)
{
	on_signal(SIGINT, say_info_handler, SA_RESTART);
	on_signal(SIGQUIT, say_info_handler, SA_RESTART);
	on_signal(SIGWINCH, say_info_handler, SA_RESTART);
	open_gate(&ready);
	return pause_forever();
}

static int background_read(void)
{
	char c;
	return read(0, &c, 1) < 0 ? errno : 0;
}

static int background_read_ignored(void)
{
	char c;
	signal(SIGTTIN, SIG_IGN);
	return read(0, &c, 1) < 0 ? errno : 0;
}

static int background_set(void)
{
	struct termios t;
	tcgetattr(0, &t);
	return tcsetattr(0, TCSANOW, &t) < 0 ? errno : 0;
}

static int background_set_blocked(void)
{
	block(SIGTTOU);
	return background_set();
}

static int background_winsize(void)
{
	struct winsize w = {30, 90, 0, 0};
	return ioctl(0, TIOCSWINSZ, &w) < 0 ? errno : 0;
}

static void in_group(const char *name, int (*fn)(void), bool foreground)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		pass_gate(&ready);
		_exit(fn());
	}
	setpgid(pid, pid);
	if (foreground)
		tcsetpgrp(0, pid);
	open_gate(&ready);
	MUST(waitpid(pid, &status, WUNTRACED) == pid);
	say_status(name, status);
	if (WIFSTOPPED(status)) {
		kill(pid, SIGKILL);
		wait_for(pid);
	}
	tcsetpgrp(0, getpgrp());
}

static int session(void)
{
	setsid();
	int slave = open(ptsname(master), O_RDWR);
	MUST(slave >= 0 && ioctl(slave, TIOCSCTTY, 0) == 0);
	dup2(slave, 0);
	signal(SIGTTOU, SIG_IGN);
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		_exit(reports());
	}
	setpgid(pid, pid);
	pass_gate(&ready);
	tcsetpgrp(0, pid);
	say("foreground group is the job's: %d", tcgetpgrp(0) == pid);
	MUST(write(master, "\003", 1) == 1);
	short_sleep(30000);
	MUST(write(master, "\034", 1) == 1);
	short_sleep(30000);
	struct winsize w = {25, 81, 0, 0};
	int changed = ioctl(0, TIOCSWINSZ, &w);
	short_sleep(30000);
	say("TIOCSWINSZ = %d", changed);
	changed = ioctl(0, TIOCSWINSZ, &w);
	short_sleep(30000);
	say("the same again = %d", changed);
	MUST(write(master, "\032", 1) == 1);
	int status;
	MUST(waitpid(pid, &status, WUNTRACED) == pid);
	say_status("job", status);
	kill(pid, SIGKILL);
	wait_for(pid);
	tcsetpgrp(0, getpgrp());
	signal(SIGTTOU, SIG_DFL);
	in_group("background read", background_read, false);
	in_group("background read, SIGTTIN ignored", background_read_ignored, false);
	in_group("background tcsetattr", background_set, false);
	in_group("background tcsetattr, SIGTTOU blocked", background_set_blocked, false);
	in_group("background TIOCSWINSZ", background_winsize, false);
	in_group("foreground tcsetattr", background_set, true);
	SAY_CALL(tcsetpgrp(0, 999999));
	SAY_CALL(tcsetpgrp(0, -1));
	SAY_CALL(tcsetpgrp(0, 1));
	on_signal(SIGHUP, say_info_handler, 0);
	on_signal(SIGCONT, say_info_handler, 0);
	return 7;
}

int main(void)
{
	ready = new_gate();
	signal(SIGHUP, SIG_DFL);
	master = posix_openpt(O_RDWR | O_NOCTTY);
	MUST(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	say_status("session leader", wait_for(child(session)));
	return 0;
}
