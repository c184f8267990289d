/* Drop the terminal's stop signals, not SIGSTOP; S47: one that becomes orphaned with stopped
 * members is woken. */
#include "observe.h"

static int pipe_fd[2];

static void hup(int sig, siginfo_t *info, void *context UNUSED)
{
	say("  member: %s %s from %s", sig_name(sig), code_name(sig, info->si_code),
	    info->si_pid == 0          ? "nobody"
	    : info->si_pid == getpid() ? "self"
				       : "a process");
}

static int orphaned_member(void)
{
	setsid(); /* our own session: nobody outside our group in it */
	for (int i = 0; i < 4; i++) {
		static const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU, SIGSTOP};
		pid_t pid = child(pause_forever);
		int status = 0;
		until_state(pid, 'S');
		kill(pid, stops[i]);
		pid_t got = 0;
		for (int k = 0; k < 20 && got == 0; k++) {
			short_sleep(1000);
			got = waitpid(pid, &status, WUNTRACED | WNOHANG);
		}
		say("  orphaned, %s: %s", sig_name(stops[i]), got ? "stopped" : "nothing");
		kill(pid, SIGKILL);
		wait_for(pid);
	}
	return 0;
}

static int grandchild(void)
{
	on_signal(SIGHUP, hup, SA_RESTART);
	on_signal(SIGCONT, hup, SA_RESTART);
	block(SIGCONT); /* so that the order is that of the numbers */
	open_gate((struct gate *)pipe_fd);
	raise(SIGSTOP);
	say("  member: goes on");
	unblock(SIGCONT);
	open_gate((struct gate *)pipe_fd);
	return 0;
}

/* In a session of its own: this process's child is the only link of the grandchild's group to the
 * session. */
static int leader(void)
{
	setsid();
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		pid_t member = child(grandchild);
		(void)member;
		pass_gate((struct gate *)pipe_fd);
		until_state(member, 'T');
		say("the group's link to the session ends");
		return 0;
	}
	int status = wait_for(pid);
	pass_gate((struct gate *)pipe_fd);
	short_sleep(20000);
	return WEXITSTATUS(status);
}

int main(void)
{
	say("a session's leader and its children alone");
	say_status("leader", wait_for(child(orphaned_member)));
	MUST(pipe(pipe_fd) == 0);
	say_status("leader", wait_for(child(leader)));
	return 0;
}
