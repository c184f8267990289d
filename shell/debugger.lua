-- What :debug, :break, :step and their like do: one program at a time is traced at the prompt.
local M = {}

local tracee -- T

local function held()
  if not tracee or tracee.dead then error("nothing is traced: :debug PROGRAM or :debug PID", 0) end
  return tracee
end

-- What a method that waits gives. Ctrl-C stops the program; it stays traced.
local function await(t, method, ...)
  local ok, event, message = pcall(t[method], t, ...)
  if ok then return assert(event, message) end
  if not tostring(event):find("interrupted", 1, true) then error(event, 0) end
  t:interrupt()
  return assert(t:wait(5))
end

-- The event with its place.
local function told(t, event)
  if not t.dead and not event.where then event.where = t:where() end
  if t.dead then tracee = nil end
  return event
end

-- shell.debug("debug", PID | PROGRAM, …) → T
function M.debug(what, ...)
  if tracee and not tracee.dead then error("pid " .. tracee.pid .. " is traced; :detach lets go of it", 0) end
  local message
  if math.type(what) == "integer" then
    tracee, message = ptrace.seize(what)
    if not tracee then error(message, 0) end
    assert(tracee:interrupt())
    await(tracee, "wait")
  else
    tracee, message = ptrace.spawn{require("foreground").find(what), ...}
    if not tracee then error(message, 0) end
  end
  return tracee
end

-- shell.debug("break", [WHERE])
M["break"] = function(where)
  local t = held()
  if not where then
    for _, b in ipairs(t:breakpoints()) do print(b) end
    return
  end
  return assert(t:breakpoint(where))
end

function M.cont(sig)
  local t = held()
  assert(t:cont(sig))
  return told(t, await(t, "wait"))
end

function M.step(n)
  local t = held()
  local event
  n = n or 1
  if math.type(n) ~= "integer" or n < 1 then error("step: 1 or more instructions", 0) end
  for _ = 1, n do
    assert(t:step())
    event = await(t, "wait")
    if event.kind ~= "step" then break end
  end
  return told(t, event)
end

function M.next()
  local t = held()
  return told(t, await(t, "next"))
end

function M.finish()
  local t = held()
  return told(t, await(t, "finish"))
end

function M.watch(where, n)
  local t = held()
  return told(t, await(t, "watch", where, n))
end

function M.detach()
  assert(held():detach())
  tracee = nil
end

return M
