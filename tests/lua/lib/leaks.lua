-- What a test leaves behind: processes, zombies, files in /tmp, open handles, memory. Every count is exact but for what the
-- kernel keeps: for each CPU the address space that it ran last, and free kernel stacks. Those are counted against the
-- start of the run, not of the test, so that a small leak that repeats is caught as well.
local M = {}

local exact = {"user", "handles"}
local cpus = #cpu.list()
local slack = {page_table = 64 * cpus, kstack = 400, kernel_objects = 2 * cpus + 8, cache = 4}
local floor -- of the counts in `slack`

local function temporary(folder, out)
  for _, entry in ipairs(fs.list(folder) or {}) do
    local path = folder .. "/" .. entry.name
    out[path] = true
    if entry.type == "directory" then temporary(path, out) end
  end
  return out
end

local function processes()
  local seen = {}
  for _, p in ipairs(proc.list()) do seen[p.pid] = p.comm .. " (" .. tostring(p.state) .. ")" end
  return seen
end

local function measure()
  collectgarbage()
  collectgarbage()
  return {processes = processes(), files = temporary("/tmp", {}), memory = mem.info()}
end
M.measure = measure

-- What is kept from now on is taken as given.
function M.rebase()
  floor = measure().memory
end

-- What is there now and was not in `before`, as lines of text.
function M.compare(before, now)
  local lines = {}
  for pid, what in pairs(now.processes) do
    if not before.processes[pid] then lines[#lines + 1] = "process " .. pid .. " " .. what end
  end
  for path in pairs(now.files) do
    if not before.files[path] then lines[#lines + 1] = "file " .. path end
  end
  for _, name in ipairs(exact) do
    local more = now.memory[name] - before.memory[name]
    if more > 0 then lines[#lines + 1] = string.format("%s: %d more (%d)", name, more, now.memory[name]) end
  end
  for name, allowed in pairs(slack) do
    local more = now.memory[name] - floor[name]
    if more > allowed then
      lines[#lines + 1] = string.format("%s: %d more than at the start (%d), %d by this test", name, more,
        now.memory[name], now.memory[name] - before.memory[name])
    end
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
    if not left then break end
    time.sleep(0.01)
  end
  for path in pairs(temporary("/tmp", {})) do
    if not before.files[path] then fs.remove(path) end
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
  if #lines > 0 then M.rebase() end
  return lines
end

return M
