describe("mm", function()
  subcommands("mm", {
    {"segv_maperr", "S21_segv_maperr_tells_the_address"}, {"segv_accerr", "S21_segv_accerr_tells_the_address"},
    {"segv_exec", "S21_no_execution_of_data"}, "segv_kernel_address", "mprotect", {"bus_past_end", "S21_bus_adrerr_past_the_end_of_file"},
    "cow", "cow_tree", "cow_data", "cow_by_read", "shared_anonymous", "anonymous_zero", "munmap_hole", "map_fixed",
    "map_errors", "file_private", "file_shared", "file_truncated", "madvise", "mremap", "sparse_reserve", "brk",
    "stack_grows", "stack_overflow", "stack_limit", "many_maps", "rlimit_as",
  })

  subcommands("mmcalls", {
    "map_flags", "droppable", "advice_errors", "remove_makes_holes", "holes_in_many_areas",
    "killed_while_populating", "locking", "lock_limits", "protection", "remapping",
    "remap_pages", "memfd_flags", "memfd_noexec", "file_advice", "overcommit",
  })

  subcommands("mempolicy", {"thread_policy", "area_policy", "moving"})
  subcommands("memproc", {"smaps_counts", "smaps_flags", "meminfo", "oom_files", "copy_between", "copy_with_another"})

  it("exhausting_memory_ends_the_program_not_the_kernel", function()
    local out, result = exec{bin .. "mm", "eat_everything"}
    assert.truthy(result.kind == "killed" or (result.kind == "exited" and out:find("no memory")), tostring(result) .. out)
    assert.equal("hello, world\n", run{bin .. "hello"})
  end, {timeout = 60})

  it("initramfs_is_used_in_place", function()
    local path = bin .. "badptr" -- nobody has read it yet, or it is there already: neither takes pages
    local size = fs.stat(path).size
    local before = mem.info()
    local at = 0
    local f <close> = assert(fs.open(path))
    while true do
      local part = f:read(65536)
      if not part or part == "" then break end
      at = at + #part
    end
    collectgarbage()
    local now = mem.info()
    assert.equal(size, at)
    local taken = before.free - now.free
    assert.truthy(taken < size // 4096 // 4, taken .. " pages taken for reading " .. size .. " bytes")
    assert.equal(before.initramfs + before.filled, now.initramfs + now.filled)
  end)

  it("memory_comes_back_after_a_program", function()
    run{bin .. "mm", "anonymous_zero"}
    collectgarbage()
    local before = mem.info()
    for _ = 1, 10 do run{bin .. "mm", "anonymous_zero"} end
    eventually(function()
      collectgarbage()
      local now = mem.info()
      return now.user <= before.user and now.page_table <= before.page_table and now.kernel_objects <= before.kernel_objects
    end, 2)
  end)
end)

describe("mm.look", function()
  it("maps_shows_the_program_and_its_stack", function()
    local p <close> = stay{bin .. "thread", "stay"}
    local maps, seen = p:maps(), {}
    assert.truthy(#maps >= 4)
    for i, m in ipairs(maps) do
      assert.truthy(m.start < m.stop)
      if i > 1 then assert.truthy(maps[i - 1].stop <= m.start, "in order") end
      seen[m.name] = true
      assert.falsy(m.perms:find("wx"), "writable and executable: " .. m.name)
    end
    assert.truthy(seen["/tests/bin/thread"])
    assert.truthy(seen["[stack]"])
  end)

  it("read_and_write_through_copy_on_write", function()
    local p <close> = stay{bin .. "thread", "stay"}
    local text
    for _, m in ipairs(p:maps()) do
      if m.name == "/tests/bin/thread" and m.perms:sub(1, 1) == "r" then
        text = text or m
      end
    end
    assert.equal("\127ELF", p:read(text.start, 4))
    assert.equal(4, p:write(text.start, "XYZW"))
    assert.equal("XYZW", p:read(text.start, 4))
    assert.equal("\127ELF", fs.read("/tests/bin/thread", 4)) -- its own copy
    assert.fails("EFAULT", p:read(16, 4))
    assert.fails("EFAULT", p:write(16, "x"))
  end)

  it("translate_agrees_with_maps", function()
    local p <close> = stay{bin .. "thread", "stay"}
    local m = p:maps()[1]
    local t = assert(mem.translate(p.pid, m.start))
    assert.equal(0, t.pa % 4096)
    assert.match("u$", t.perms)
    assert.fails("EFAULT", mem.translate(p.pid, 8))
    local pc = sym.addr("panic")
    assert.match("x", mem.translate(0, pc).perms)
    assert.falsy(mem.translate(0, pc).perms:find("w"), "text is not writable")
  end)
end)
