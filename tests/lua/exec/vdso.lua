describe("vdso", function()
  subcommands("vdso", {"symbols", "clocks", "time_of_day", "clock_is_set", "set_while_read", "others", "maps", "after_fork"})
end)
