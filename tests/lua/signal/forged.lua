-- What a program may hand in that is wrong: frames for rt_sigreturn, numbers of signals and processes.
describe("signal.forged", function()
  subcommands("sigframe", {{"random_frames", "S34_no_frame_gives_rights"}, "bad_numbers", "bad_pids"}, {timeout = 30})
end)
