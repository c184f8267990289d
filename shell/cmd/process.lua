-- Commands on processes.
local commands = require("commands")
local literal = commands.literal

local function is_pid(word) return word ~= nil and word:match("^%d+$") ~= nil end

-- A command on one process: CODE with %s for it.
local function on_pid(name, method, help)
  return {
    name = name, usage = name .. " PID", help = help, safe_in_panic = true,
    fn = function(pid) return is_pid(pid) and "assert(proc.get(" .. pid .. ")):" .. method .. "()" end,
  }
end

local function kill_one(target, signal)
  local number = target:match("^%-?%d+$") and math.tointeger(tonumber(target))
  if not number then return nil end
  if number < 0 then return string.format("signal.killpg(%d, %s)", -number, signal) end
  return string.format("signal.kill(%d, %s)", number, signal)
end

local function kill(...)
  local words = {...}
  local signal = '"TERM"'
  if #words > 1 and words[1]:sub(1, 1) == "-" then signal = literal(table.remove(words, 1):sub(2)) end
  if #words == 0 then return nil end
  local calls = {}
  for i, word in ipairs(words) do
    calls[i] = kill_one(word, signal)
    if not calls[i] then return nil end
  end
  return #calls == 1 and calls[1] or table.concat(calls, "; ")
end

return {
  {name = "ps", usage = "ps [STATE]", help = "Lists processes, all or in one state (R S D T Z).", safe_in_panic = true,
    fn = function(state) return state and string.format("proc.list{state=%q}", state) or "proc.list()" end},
  {name = "tree", usage = "tree [PID]", help = "Shows who is whose child.", safe_in_panic = true,
    fn = function(pid) return "proc.tree(" .. (is_pid(pid) and pid or "") .. ")" end},
  {name = "kill", usage = "kill [-SIGNAL] PID… | -GROUP…",
    help = "Sends a signal, TERM if none is named. Negative numbers are groups.", fn = kill},
  on_pid("maps", "maps", "Shows the memory mappings of a process."),
  on_pid("fds", "fds", "Lists the open files of a process."),
  on_pid("regs", "regs", "Shows a process's user registers."),
  on_pid("threads", "threads", "Lists the threads of a process."),
  on_pid("signals", "signals", "Shows the pending, blocked and caught signals of a process and its threads."),
  {name = "groups", usage = "groups", help = "Lists process groups and sessions.", safe_in_panic = true,
    fn = function() return "pgrp.list()" end},
  {name = "bt", usage = "bt [PID]", help = "Shows a process's backtrace, or the last crash.",
    safe_in_panic = true, fn = function(pid)
      if not pid then return "crash.last()" end
      return is_pid(pid) and "assert(proc.get(" .. pid .. ")):stack()"
    end},
}
