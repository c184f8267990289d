-- Help for pgrp and its handles G.
return {
  about = "Process groups: what a shell calls a job. A handle G names a group by its number.",
  {name = "pgrp.get", args = "(id)", returns = "G", errors = "ESRCH",
    text = "The group with this number. Fields of G: id session members is_foreground orphaned.",
    example = "local g = pgrp.get(proc.get(2).pgid)\nif g then print(g, #g.members) end"},
  {name = "pgrp.list", args = "()", returns = "{G…}", text = "All process groups.", example = "print(pgrp.list())"},
  {name = "G:kill", args = "([sig])", returns = "true", errors = "ESRCH EPERM", text = "Sends a signal to every member (TERM if left out), as killpg(3)."},
  {name = "G:stop", args = "()", returns = "true", errors = "ESRCH EPERM", text = "Sends SIGSTOP to every member."},
  {name = "G:cont", args = "()", returns = "true", errors = "ESRCH EPERM", text = "Sends SIGCONT to every member."},
  {name = "G:foreground", args = "()", returns = "true", errors = "ESRCH ENOTTY",
    text = "Makes it the foreground group of its session's terminal, as tcsetpgrp(3)."},
  {name = "G:wait", args = "([kind [, timeout]])", returns = "as proc.wait", errors = "ESRCH ECHILD ETIMEDOUT",
    text = "The next event of a member that is a child of the shell: kind is any, exited, killed, dumped, stopped or continued; any end of a process answers to exited, killed and dumped."},
}
