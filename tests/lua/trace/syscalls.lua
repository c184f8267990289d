local function traced(argv, classes)
  argv.stopped, argv.stdout = true, argv.stdout or "pipe"
  local p = assert(proc.spawn(argv))
  classes = classes or {"syscall"}
  classes.pid = p.pid
  trace.on(classes)
  p:cont()
  local out = p.stdout:read("a", 5)
  p.stdout:close()
  local w = p:wait{timeout = 5}
  trace.off()
  local mine = {}
  for _, e in ipairs(trace.read()) do
    if e.pid == p.pid then mine[#mine + 1] = e end
  end
  return mine, out, w
end

describe("trace", function()
  after_each(function() trace.off() end)

  it("system_calls_by_name_with_results", function()
    local events = traced{bin .. "hello"}
    local write, last
    for _, e in ipairs(events) do
      if e.name == "write" then write = e end
      if e.kind == "syscall" then last = e end
    end
    assert.truthy(write)
    assert.equal(1, write.args[1])
    assert.equal(13, write.result)
    assert.match("^write%(1, 0x%x+, 13%) = 13$", write.text)
    assert.equal("exit_group", last.name)
    assert.match("^exit_group%(0%) = %?$", last.text)
  end)

  it("errors_by_name", function()
    local events = traced{bin .. "file", "readonly_errors"}
    local found
    for _, e in ipairs(events) do
      if e.name == "write" and e.errno == "EBADF" then found = e end
    end
    assert.truthy(found, "a write that fails with EBADF")
    assert.equal(-9, found.result)
    assert.match("= %-1 EBADF %(Bad file descriptor%)$", found.text)
  end)

  it("flags_are_decoded", function()
    local all = {}
    for _, e in ipairs((traced{bin .. "mm", "mprotect"})) do all[#all + 1] = e.text or "" end
    local text = table.concat(all, "\n")
    assert.match("mmap%(NULL, 12288, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, ...%) = 0x", text)
    assert.match("mprotect%(0x%x+, 4096, PROT_READ%) = 0", text)
    all = {}
    for _, e in ipairs((traced{bin .. "file", "append"})) do all[#all + 1] = e.text or "" end
    assert.match("O_WRONLY|O_APPEND", table.concat(all, "\n"))
  end)

  it("only_the_process_asked_for", function()
    local other <close> = owned(assert(proc.spawn{bin .. "sched", "yield", stdout = "null"}))
    for _, e in ipairs((traced{bin .. "hello"})) do assert.not_equal(other.pid, e.pid) end
    other:wait()
  end)

  it("signals_and_ends", function()
    trace.on{"signal"}
    local p = assert(proc.spawn{bin .. "sched", "spin"})
    p:kill()
    p:wait()
    local sent
    for _, e in ipairs(trace.read()) do
      if e.kind == "sent" and e.to == p.pid and e.signame == "SIGTERM" then sent = e end
    end
    assert.truthy(sent)
  end)

  it("scheduling_and_faults", function()
    local events = traced({bin .. "hello"}, {"sched", "fault"})
    local kinds = {}
    for _, e in ipairs(events) do kinds[e.kind] = true end
    assert.truthy(kinds.fault, "page faults")
    assert.truthy(kinds.switch, "switches")
  end)

  it("read_gives_each_event_once", function()
    trace.on{"syscall"}
    run{bin .. "hello"}
    assert.truthy(#trace.read() > 5)
    trace.off()
    trace.read()
    assert.equal(0, #trace.read())
  end)

  it("misuse", function()
    assert.error(function() trace.on{"everything"} end, "syscall, signal, sched or fault expected")
    assert.error(function() trace.on{} end, "nothing to trace")
    assert.error(function() trace.on() end, "table expected")
  end)

  it("table_of_system_calls", function()
    local byname = {}
    for _, c in ipairs(sys.syscalls()) do byname[c.name] = c end
    assert.equal(64, byname.write.number)
    assert.equal(3, byname.write.nargs)
    assert.truthy(byname.write.implemented)
    assert.falsy(byname.kexec_load.implemented)
  end)
end)
