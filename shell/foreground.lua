-- Programs in the foreground: the serial line is theirs until they end, or until the break-in sequence comes.
local M = {}

local search = {"/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "/tests/bin/"}
local last -- the P of the session that had the line last
local stop_on_break = {} -- pid → true

-- A program's path; a bare name is looked up as a shell would.
function M.find(name)
  if name:find("/") then return name end
  for _, folder in ipairs(search) do
    if fs.stat(folder .. name) then return folder .. name end
  end
  error(name .. ": no such program in " .. table.concat(search, " "), 0)
end

local function report(p, result, message)
  if result == false then
    if stop_on_break[p.pid] then signal.killpg(p.pid, "STOP") end
    print(string.format("[pid %d is %s; :fg %d goes back, :kill -KILL %d ends it]", p.pid,
      stop_on_break[p.pid] and "stopped" or "as it was", p.pid, p.pid))
  elseif not result then
    print("[" .. message .. "]")
  elseif result.kind == "stopped" then
    print(string.format("[pid %d stopped; :fg %d goes on]", result.pid, result.pid))
  else
    stop_on_break[result.pid] = nil
    if result.kind ~= "exited" or result.status ~= 0 then print("[" .. tostring(result):gsub(" %(.-%)$", "") .. "]") end
  end
end

-- Gives the line to p. Returns nothing: what became of it is printed.
local function foreground(p)
  last = p
  report(p, console.give(p.pid))
end

-- shell.run{program, argument…, stop=true}
function M.run(argv)
  local path = M.find(assert(argv[1], "run: no program"))
  console.reset()
  local spec = {table.unpack(argv)}
  spec[1] = path
  spec.session, spec.tty = true, "console"
  spec.stdin, spec.stdout, spec.stderr = "/dev/ttyS0", "/dev/ttyS0", "/dev/ttyS0"
  local p, message = proc.spawn(spec)
  if not p then error(message, 0) end
  stop_on_break[p.pid] = argv.stop or nil
  foreground(p)
end

-- shell.fg([pid])
function M.fg(pid)
  local p = pid and assert(proc.get(pid)) or last
  if not p or not p.state then error("no session to go back to", 0) end
  if p.state == "T" then signal.killpg(p.pgid, "CONT") end
  foreground(p)
end

-- shell.strace{program, argument…}: its output goes to the console
function M.strace(argv)
  local spec = {table.unpack(argv)}
  spec[1] = M.find(assert(argv[1], "strace: no program"))
  spec.stdout, spec.stderr, spec.stopped = "console", "console", true
  local p, message = proc.spawn(spec)
  if not p then error(message, 0) end
  trace.on{"syscall", pid = p.pid}
  p:cont()
  local ok, result = pcall(p.wait, p)
  trace.off()
  if not ok then
    p:kill("KILL")
    error(result, 0)
  end
  for _, event in ipairs(trace.read()) do
    if event.text and (event.pid or p.pid) == result.pid then print(event.text) end
  end
  return result
end

return M
