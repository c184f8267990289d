-- Commands that look at the kernel.

local function plain(name, lua, help)
  return {name = name, usage = name, help = help, safe_in_panic = true, fn = function() return lua end}
end

local function path_command(name, lua, default, help)
  return {name = name, usage = name .. (default and " [PATH]" or " PATH"), help = help, fn = function(path)
    path = path or default
    return path and string.format(lua, string.format("%q", path))
  end}
end

return {
  plain("mem", "mem.info()", "Shows how memory is used."),
  plain("heap", "mem.heap()", "Shows the kernel's heap by size of object."),
  plain("cpus", "cpu.list()", "Lists the processors and what they run."),
  plain("irqs", "irq.list()", "Lists the interrupts and how often they came."),
  plain("runq", "sched.runq()", "Shows the run queues."),
  {name = "crash", usage = "crash [list]", help = "Reports the last crash of a program, or lists all that are kept.",
    safe_in_panic = true, fn = function(what) return what == "list" and "crash.list()" or not what and "crash.last()" end},
  {name = "log", usage = "log [LINES]", help = "Shows the last lines of the kernel's log (30).", safe_in_panic = true,
    fn = function(n)
      if n and not n:match("^%d+$") then return nil end
      return "log.read{n=" .. (n or 30) .. "}"
    end},
  {name = "trace", usage = "trace [syscall|signal|sched|fault]… [PID] | trace off | trace",
    help = "Switches tracing, or shows what was recorded.", safe_in_panic = true,
    fn = function(...)
      local words, kinds = {...}, {}
      if #words == 0 then return "trace.read()" end
      if words[1] == "off" then return "trace.off()" end
      local pid = words[#words]:match("^%d+$") and table.remove(words)
      for i, word in ipairs(words) do kinds[i] = string.format("%q", word) end
      if #kinds == 0 then kinds[1] = '"syscall"' end
      return "trace.on{" .. table.concat(kinds, ", ") .. (pid and ", pid=" .. pid or "") .. "}"
    end},
  {name = "history", usage = "history [PID]", help = "Shows the last signals (sent, dropped, delivered), stops and ends.",
    safe_in_panic = true, fn = function(pid) return "signal.history(" .. (pid or "") .. ")" end},
  {name = "sig", usage = "sig PID", help = "Explains what becomes of the signals that are pending for a process, and why it is stopped.",
    fn = function(pid)
      return pid and pid:match("^%d+$") and "local text, why = signal.explain(" .. pid .. ") print(text or why);"
    end},
  {name = "sym", usage = "sym PATTERN|ADDRESS", help = "Finds symbols by a pattern, or the one at an address.",
    safe_in_panic = true, fn = function(what)
      if not what then return nil end
      return tonumber(what) and "sym.at(" .. what .. ")" or string.format("sym.find(%q)", what)
    end},
  path_command("ls", "fs.list(%s)", "/", "Lists a folder."),
  path_command("cat", "io.write(assert(fs.read(%s)));", nil, "Shows a file."),
  path_command("stat", "fs.stat(%s)", nil, "Shows a file's attributes."),
}
