describe("proc.seccomp", function()
  subcommands("seccomp", {
    "strict", "arguments", "bad_programs", "arithmetic", "division_by_zero", "answers", "precedence",
    {"trap", "S22_sigsys_of_a_filter_says_which_call"}, "data", "death", "inherited",
  })
  subcommands("seccomp_many", {
    "tsync", {"storm", timeout = 60}, {"chain_limit", timeout = 60}, {"random_programs", timeout = 60},
  })
end)
