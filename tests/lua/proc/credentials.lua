describe("proc.cap", function()
  subcommands("cap", {
    "versions", "others", "capset_rules", "setuid_effects", "securebits", "bounding", "ambient", "exec_root", "exec_sets",
    "exec_setuid", "exec_unreadable", "nproc_exec", "needed",
  })
  subcommands("groups", {"groups"})
end)

describe("proc.prctl", function()
  subcommands("prctl", {
    "unknown", "timer_slack", "wishes", "auxv", "mdwe", "set_mm", "user_dispatch", "unshare", "kcmp", "access_rules",
    "io_priority",
  })
end)

describe("proc.kmsg", function()
  subcommands("kmsg", {
    "arguments", "permissions", "all", "unread", "console", "records", "seek", "writes", "polling", "overtaken",
  })
end)

describe("proc.xattr", function()
  subcommands("xattr", {
    "basics", "access_rules", "caps_values", "caps_exec", "nosuid", "noexec", "nodev",
  })
end)
