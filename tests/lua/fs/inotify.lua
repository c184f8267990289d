describe("fs.inotify", function()
  subcommands("inotify", {"files", "directories", "moves", "self", "masks", "errors", "waiting"})
  subcommands("inotify", {{"overflow", timeout = 60}})
end)

describe("fs.sysfs", function()
  subcommands("sysfs", {"cpus"})
end)
