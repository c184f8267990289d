-- Terminals, sessions and process groups, from the inside of a session on a pty.
describe("tty.jobs", function()
  subcommands("ttyjob", {{"keys", "S52_keys_reach_the_foreground_group"}, {"flushing", "S52_keys_take_back_what_was_typed"},
    {"background", "S52_background_reads_and_writes_stop"}, {"ignored", "S52_ignored_or_blocked_reads_fail"},
    {"orphaned", "S52_orphaned_groups_get_EIO"}, "taking", "opening", "stealing", "groups", "winch",
    {"hang_up", "S52_master_closes_leader_then_foreground_hear"}, {"leader_exits", "S52_leaders_end_hangs_up_the_foreground"},
    "hang_up_self", "simulated"})
end)
