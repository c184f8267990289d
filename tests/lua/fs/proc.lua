describe("fs.proc", function()
  subcommands("procfs", {
    "stat_fields", "stat_zombie", "status_lines", "status_values", "threads", "descriptors", "fdinfo_locks", "io_counts",
    "partial_reads", "parameters", "permissions", "fixed_modes", "map_files", "system_files",
    "own_call", "no_birth",
  })
  subcommands("nsfs", {"files", "shared", "ioctls"})

  it("title_written_over_its_end", function()
    assert.equal("ok\n", run{"/tests/bin/procfs", "title", "argument"})
  end)
end)

describe("fs.proc.memory", function()
  subcommands("procmem", {"pagemap", "numa_maps", "small_files"})
end)
