-- What tests share: running programs, waiting for what comes about, temporary folders.
local M = {}

local BIN = "/tests/bin/"
local ENOSYS <const> = 38
M.bin = BIN

-- exec{path, argument…}: runs it to its end. Gives its output (both streams) and the result of the wait.
function M.exec(spec)
  local input = spec.input
  local given = {stdout = spec.stdout or "pipe", stderr = spec.stderr or "stdout"}
  for k, v in pairs(spec) do
    if k ~= "input" then given[k] = given[k] or v end
  end
  if input then given.stdin = "pipe" end
  local p, message = proc.spawn(given)
  if not p then error(message, 2) end
  if input then
    p.stdin:write(input)
    p.stdin:close()
  end
  local out = p.stdout and p.stdout:read("a") or ""
  if p.stdout then p.stdout:close() end
  return out, assert(p:wait()), p
end

-- The same, and the program has to exit with `status` (0).
function M.run(spec)
  local status = spec.status or 0
  spec.status = nil
  local out, result = M.exec(spec)
  if result.kind ~= "exited" or result.status ~= status then
    error(table.concat(spec, " ") .. ": " .. tostring(result) .. "\n" .. out, 2)
  end
  return out
end

local total_rounds = math.tointeger(tonumber(sys.args()["race.rounds"]))
local CHUNK = 250 -- rounds of a race that take a while, but not so long that the host takes it for a hang

-- A case of a race program: the rounds that it takes for usual, or race.rounds in pieces, each by its own seed.
local function run_rounds(program, sub)
  local seed = math.random(1000000)
  if not total_rounds then return M.run{BIN .. program, sub, 30, seed, pgid = 0} end
  local out
  for from = 0, total_rounds - 1, CHUNK do
    out = M.run{BIN .. program, sub, math.min(CHUNK, total_rounds - from), seed + from, pgid = 0}
    if out ~= "ok\n" then break end
    print(string.format("# %s %s: %d rounds of %d", program, sub, math.min(from + CHUNK, total_rounds), total_rounds))
  end
  return out
end

-- Under scheduling stress at the points whose names begin so, then what the boot arguments say again.
local function stressed(points, fn, ...)
  local ok, out, err = sched.stress{seed = math.random(1000000), every = 2, delay = 100000, points = points}
  if not ok and err == ENOSYS then pending("a release build has no scheduling stress") end
  assert(ok, out)
  ok, out = pcall(fn, ...)
  M.stress_by_arguments()
  if not ok then error(out, 0) end
  return out
end

-- test.stress=N, by test.seed
function M.stress_by_arguments()
  local args = sys.args()
  local every = math.tointeger(tonumber(args["test.stress"]))
  local seed = math.tointeger(tonumber(args["test.seed"])) or 1
  local ok, message, err = sched.stress(every and {seed = seed, every = every} or nil)
  assert(ok or (not every and err == ENOSYS), message) -- a release build has none to end
end

-- A test for each subcommand of a program of tests/user that says "ok". `names`: list of {name, id or nil}, or name. With opts.stress,
-- a beginning of names of scheduling points, they are races: so many rounds under stress there.
function M.subcommands(program, names, opts)
  for _, entry in ipairs(names) do
    local sub, test = entry, entry
    local o = opts
    if type(entry) == "table" then
      sub, test = entry[1], entry[2] or entry[1]
      o = entry.timeout and {timeout = entry.timeout} or opts
    end
    local points = opts and opts.stress
    if points and total_rounds then o = {timeout = 100 * 3600} end
    it(test, function()
      local out = points and stressed(points, run_rounds, program, sub)
        or M.run{BIN .. program, sub, pgid = 0} -- a group of its own, as a shell gives each job
      assert.equal("ok\n", out)
    end, o)
  end
end

-- A test program that stays, once it has said "ready". Ended with the test: local p <close> = stay{…}
function M.stay(spec)
  spec.stdout = "pipe"
  local p = assert(proc.spawn(spec))
  local line = p.stdout:read("l", 5)
  if line ~= "ready" then
    p:kill("KILL")
    p:wait()
    error("the program said " .. tostring(line) .. ", not ready", 2)
  end
  M.eventually(function() return p.state == "S" end) -- it says so just before it sleeps
  return M.owned(p)
end

-- Kills and reaps the process when the variable goes out of scope.
function M.owned(p)
  return setmetatable({p = p}, {
    __index = function(t, k)
      local p = rawget(t, "p")
      local v = p[k]
      if type(v) == "function" then return function(_, ...) return v(p, ...) end end
      return v
    end,
    __close = function(t)
      local p = rawget(t, "p")
      if p.state then
        p:kill("KILL")
        p:wait()
      end
      for _, name in ipairs{"stdin", "stdout", "stderr"} do
        if p[name] then p[name]:close() end
      end
    end,
  })
end

-- A busy loop: /tests/bin/sched spin
function M.spinner(spec)
  spec = spec or {}
  spec[1], spec[2] = BIN .. "sched", "spin"
  return M.owned(assert(proc.spawn(spec)))
end

-- Waits until fn() is true.
function M.eventually(fn, seconds)
  local until_ = time.now() + (seconds or 5)
  repeat
    local v = fn()
    if v then return v end
    time.sleep(0.002)
  until time.now() > until_
  error("did not come about within " .. (seconds or 5) .. " s", 2)
end

-- Runs fn(folder) with a fresh folder that is removed, with what is in it, whatever happens.
local function remove_tree(path)
  for _, entry in ipairs(fs.list(path) or {}) do
    if entry.type == "directory" then remove_tree(path .. "/" .. entry.name) else fs.remove(path .. "/" .. entry.name) end
  end
  fs.remove(path)
end

local folders = 0
function M.with_folder(fn)
  folders = folders + 1
  local path = "/tmp/lua-test-" .. folders
  if not fs.stat("/tmp") then assert(fs.mkdir("/tmp", 511)) end
  assert(fs.mkdir(path))
  local ok, err = pcall(fn, path)
  remove_tree(path)
  if not ok then error(err, 0) end
end

-- Skips the test where there is no busybox.
function M.need_busybox()
  for _, path in ipairs{"/bin/busybox", "/usr/bin/busybox"} do
    if fs.stat(path) then return path end
  end
  pending("no busybox in the initramfs")
end

return M
