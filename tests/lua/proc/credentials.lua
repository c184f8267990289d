describe("proc.cap", function()
  subcommands("cap", {
    "versions", "others", "capset_rules", "setuid_effects", "securebits", "bounding", "ambient", "exec_root", "exec_sets",
    "exec_setuid", "exec_unreadable", "groups", "nproc_exec", "needed",
  })
end)
