describe("proc.clone", function()
  subcommands("clone", {
    "bad_flags", "sizes", "unprivileged", "set_tid", "clear_sighand", "exit_signals", "parent", "tids", "vfork_ends",
    "vfork_parent_killed", "unshare", "robust_at_exec", "robust_list_calls", {"exec_while_stopped", timeout = 30},
  })
end)
