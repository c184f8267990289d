-- signal.explain(pid): in words, what becomes of each signal that is pending for a process, and why it is stopped.
local M = {}

local function set(words)
  local s = {}
  for word in words:gmatch("%S+") do s["SIG" .. word] = true end
  return s
end

-- signal(7): what a signal does that nobody catches, blocks or ignores.
local STOPS = set"STOP TSTP TTIN TTOU"
local IGNORED = set"CHLD CONT URG WINCH"

local function contains(list, name)
  for _, v in ipairs(list) do
    if v == name then return true end
  end
  return false
end

local function sender(info)
  if not info then return "" end
  if info.codename == "SI_KERNEL" then return ", from the kernel" end
  if info.pid and info.pid ~= 0 then
    local p = proc.get(info.pid)
    return ", from process " .. info.pid .. (p and p.comm and " (" .. p.comm .. ")" or "")
  end
  return info.codename and ", " .. info.codename or ""
end

-- What the signal does once it is delivered.
local function effect(name, state)
  if name == "SIGKILL" then return "ends the process, whatever it does" end
  if name == "SIGSTOP" then return "stops the process, whatever it does" end
  if contains(state.caught, name) then return "runs the process's handler" end
  if contains(state.ignored, name) then return "is ignored" end
  if IGNORED[name] then return "does nothing by default" end
  if STOPS[name] then return "stops the process, unless its group is orphaned" end
  return "ends the process"
end

local function pending_line(name, where, state, blocked, info, stopped)
  local text = name .. " is pending for " .. where .. sender(info) .. ": "
  if blocked then
    return text .. "blocked. Unblocked, it " .. effect(name, state) .. "."
  end
  if stopped and name ~= "SIGKILL" and name ~= "SIGCONT" then
    return text .. "the process is stopped. When it is continued, it " .. effect(name, state) .. "."
  end
  return text .. "it " .. effect(name, state) .. " at the next return to user mode."
end

-- The event of the history that stopped the process last, or nil.
local function stop_event(pid)
  local found
  for _, e in ipairs(signal.history(pid)) do
    if e.what == "stopped" then found = e elseif e.what == "continued" then found = nil end
  end
  return found
end

-- Who sent the stop signal last, if the history knows.
local function stop_sender(pid, name)
  local found
  for _, e in ipairs(signal.history(pid)) do
    if e.what == "sent" and e.signame == name then found = e.from end
  end
  return found
end

local function stop_lines(p, lines)
  if p.state == "T" then
    local e = stop_event(p.pid)
    local name = e and e.signame
    local from = name and stop_sender(p.pid, name)
    lines[#lines + 1] = "It is stopped" .. (name and " by " .. name or "") ..
      (from and from ~= 0 and ", sent by task " .. from or "") .. ". SIGCONT continues it, SIGKILL ends it."
  elseif p.state == "t" then
    lines[#lines + 1] = "It is stopped for its tracer: only the tracer, or SIGKILL, frees it."
  elseif p.state == "Z" then
    lines[#lines + 1] = "It has ended; its parent " .. tostring(p.ppid) .. " has not waited for it yet. Signals do nothing."
  end
end

-- The first siginfo of each signal in one queue: a thread's, or the process's (tid nil).
local function first_infos(state, tid)
  local infos = {}
  for _, info in ipairs(state.queue) do
    if info.tid == tid then infos[info.signame] = infos[info.signame] or info end
  end
  return infos
end

local function queue_lines(p, where, names, state, tid, blocked, lines)
  local infos = first_infos(state, tid)
  for _, name in ipairs(names) do
    lines[#lines + 1] = pending_line(name, where, state, blocked(name), infos[name], p.state == "T")
  end
end

-- A signal of the process waits only if all of its threads block it.
local function blocked_by_all(state)
  return function(name)
    for _, thread in ipairs(state.threads) do
      if not contains(thread.blocked, name) then return false end
    end
    return true
  end
end

local function pending_lines(p, state, lines)
  local before = #lines
  queue_lines(p, "the process", state.shared, state, nil, blocked_by_all(state), lines)
  for _, thread in ipairs(state.threads) do
    queue_lines(p, "thread " .. thread.tid, thread.pending, state, thread.tid,
      function(name) return contains(thread.blocked, name) end, lines)
  end
  if #lines == before then lines[#lines + 1] = "No signal is pending for it." end
end

local function list_line(what, names, lines)
  if #names > 0 then lines[#lines + 1] = what .. ": " .. table.concat(names, " ") .. "." end
end

-- The text, or nil and an error.
function M.explain(pid)
  local p, message, code = proc.get(pid)
  if not p then return nil, message, code end
  local state, failed, number = signal.state(p.pid)
  if not state then return nil, failed, number end
  local lines = {"Process " .. p.pid .. (p.comm and " (" .. p.comm .. ")" or "") .. ", state " .. tostring(p.state) .. "."}
  stop_lines(p, lines)
  pending_lines(p, state, lines)
  list_line("Blocked", state.blocked, lines)
  list_line("Ignored", state.ignored, lines)
  list_line("Caught", state.caught, lines)
  return table.concat(lines, "\n")
end

return M
