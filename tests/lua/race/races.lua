-- The races R01 to R25 but for R24, which is about core dumps: each so many rounds of two sides that meet at a random moment
-- (race.rounds), with preemption and delays at the scheduling points on their way.
describe("race.stop", function()
  subcommands("race_stop", {
    {"stop_taken", "R01_sigcont_when_a_stop_signal_is_taken"}, {"both_masked", "R02_stop_and_cont_both_masked"},
    {"exit_in_stop", "R03_exit_group_in_a_group_stop"}, {"two_stops", "R04_two_stop_signals_are_one_report"},
    {"clone_in_stop", "R05_a_new_thread_stops_too"}, {"exit_completes_stop", "R06_the_last_thread_exits_in_a_stop"},
    {"continue_in_stop", "R07_sigcont_before_the_stop_is_complete"},
    {"crowd", "S44_S45_64_threads_stop_and_continue"}, "times_go_on",
  }, {stress = "signal. exit. fork. wait. sched.wake", timeout = 30})
end)

describe("race.signal", function()
  subcommands("race_signal", {
    {"chosen_blocks", "R19_the_chosen_thread_blocks_the_signal"}, {"chosen_exits", "R20_the_chosen_thread_exits"},
    {"ignored_meanwhile", "R25_sigaction_against_a_send"}, {"poll_times_out", "R25_timeout_of_poll_against_a_signal"},
    {"sigtimedwait_times_out", "R25_timeout_of_sigtimedwait_against_a_signal"},
    {"timer_deleted", "R25_timer_delete_against_expiry"},
  }, {stress = "signal. exit. poll. timer. sched.", timeout = 30})
end)

describe("race.exit", function()
  subcommands("race_exit", {
    {"fork_and_killpg", "R21_fork_against_killpg"}, {"one_reaps", "R22_waiters_of_one_zombie"},
    {"parent_dies_too", "R23_parent_and_child_die_together"},
  }, {stress = "signal. exit. fork. wait. sched.wake", timeout = 30})
end)

describe("race.trace", function()
  subcommands("race_trace", {
    {"stop_and_kill", "R08_sigkill_on_the_way_into_a_trace_stop"}, {"stopped_stays", "R09_a_stopped_tracee_stays"},
    {"attach_and_continue", "R10_sigcont_in_an_attach"}, {"detach_and_stop", "R11_sigstop_in_a_detach"},
    {"requests_and_kill", "R12_requests_to_one_that_is_killed"}, {"tracer_exits", "R13_the_tracer_exits"},
    {"parent_waits_first", "R14_the_parent_waits_before_the_tracer"},
    {"interrupt_and_signal", "R15_interrupt_meets_a_signal"},
  }, {stress = "signal. exit. ptrace. wait. sched.wake", timeout = 30})
end)

describe("race.exec", function()
  subcommands("race_trace", {
    {"two_execs", "R16_two_threads_exec"}, {"exec_and_kill", "R17_sigkill_while_exec_ends_its_siblings"},
    {"exec_and_stopped_sibling", "R18_exec_beside_a_stopped_tracee"},
  }, {stress = "signal. exit. ptrace. wait. exec. sched.wake", timeout = 30})
end)
