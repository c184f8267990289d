-- What a test leaves behind: processes, zombies, open handles, memory. Every count is exact.
local M = {}

local counted = {"user", "page_table", "kstack", "cache", "kernel_objects", "handles"}

local function processes()
  local seen = {}
  for _, p in ipairs(proc.list()) do seen[p.pid] = p.comm .. " (" .. tostring(p.state) .. ")" end
  return seen
end

local function measure()
  collectgarbage()
  collectgarbage()
  return {processes = processes(), memory = mem.info()}
end
M.measure = measure

-- What is there now and was not in `before`, as lines of text.
function M.compare(before, now)
  local lines = {}
  for pid, what in pairs(now.processes) do
    if not before.processes[pid] then lines[#lines + 1] = "process " .. pid .. " " .. what end
  end
  for _, name in ipairs(counted) do
    local more = now.memory[name] - before.memory[name]
    if more > 0 then lines[#lines + 1] = string.format("%s: %d more (%d)", name, more, now.memory[name]) end
  end
  return lines
end

-- Ends and reaps what was not there before, so that the next test starts from the same.
function M.sweep(before)
  for _ = 1, 20 do
    local left = false
    for _, p in ipairs(proc.list()) do
      if not before.processes[p.pid] then
        left = true
        p:kill("KILL")
      end
    end
    while proc.wait(-1, {nohang = true}) do end
    if not left then return end
    time.sleep(0.01)
  end
end

-- The lines about what `before` did not have. The end of a process goes on after its parent heard of it: give it a second.
function M.check(before)
  local lines = M.compare(before, measure())
  local until_ = time.now() + 1
  while #lines > 0 and time.now() < until_ do
    time.sleep(0.005)
    lines = M.compare(before, measure())
  end
  return lines
end

return M
