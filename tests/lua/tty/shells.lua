-- Shells and full-screen programs on a pty, driven from outside as a person would.

-- A shell on a new terminal; ended with the test. Its prompt is "@@ "; line editors may ask for the
-- cursor behind it.
local function shell(argv, opts)
  local m = assert(pty.open(opts))
  local spec = {table.unpack(argv)}
  spec.tty, spec.env = m, {PATH = "/bin:/usr/bin:/sbin:/usr/sbin", PS1 = "@@ ", TERM = "vt100", HOME = "/", HISTFILE = "/dev/null"}
  local p = owned(assert(proc.spawn(spec)))
  local s = {m = m, p = p}
  function s.expect(pattern) return (assert(m:expect(pattern, 10))) end
  function s.prompt() return s.expect("@@ ") end
  function s.say(line) assert(m:write(line .. "\n")) end
  -- Runs a line that stays in the foreground. Gives its group, once it hears ^Z, which shells ignore.
  function s.start(line, processes)
    s.say(line)
    eventually(function() return m:foreground() ~= p.pid end)
    local job = m:foreground()
    eventually(function()
      local members = pgrp.get(job).members
      for _, member in ipairs(members) do
        if member.comm == p.comm then return false end -- no program yet: a child of vfork that stopped would hold the shell
        for _, name in ipairs(signal.state(member.pid).ignored) do
          if name == "SIGTSTP" then return false end
        end
      end
      return #members == processes
    end)
    return job
  end
  function s.stop(job)
    m:write("\26")
    s.expect("topped")
    s.prompt()
    for _, member in ipairs(pgrp.get(job).members) do assert.equal("T", member.state) end
  end
  -- Runs a line, gives what it printed before the next prompt.
  function s.run(line)
    s.say(line)
    s.expect("\r\n") -- the echo
    return (s.prompt():gsub("@@ $", ""):gsub("\27%[[%d;]*%a", ""):gsub("\r\n", "\n"))
  end
  return setmetatable(s, {__close = function()
    m:close()
    getmetatable(p).__close(p)
  end})
end

local function await_end(pid)
  eventually(function()
    local p = proc.get(pid)
    return not (p and p.state)
  end)
end

-- ^Z, fg, bg, jobs, wait, kill %1, stopped pipelines, stopped jobs at the exit.
local function job_control(argv)
  local s <close> = shell(argv)
  local first = s.prompt()
  assert.falsy(first:find("job control"), first)
  assert.equal(s.p.pid, tonumber(s.run("echo $$")))
  local job = s.start("sleep 1000", 1)
  s.stop(job)
  assert.equal(s.p.pid, s.m:foreground())
  assert.truthy(s.run("jobs"):find("topped"))
  s.run("bg")
  eventually(function() return proc.get(job).state == "S" end)
  s.say("fg")
  eventually(function() return s.m:foreground() == job end)
  s.m:write("\3")
  s.prompt()
  await_end(job)
  assert.equal("130\n", s.run("echo $?"))
  s.run("sleep 1000 &")
  eventually(function() return s.p.children[1].comm ~= s.p.comm end) -- until then it ignores SIGTERM, as its shell does
  s.run("kill %1")
  s.run("wait")
  job = s.start("sleep 1000 | cat", 2)
  s.stop(job)
  s.run("kill %1; fg; true")
  s.start("cat", 1)
  s.m:write("echoed\n")
  s.expect("echoed\r\nechoed\r\n")
  s.m:write("\4")
  s.prompt()
  s.run("cat &") -- a background read
  eventually(function() return s.run("jobs"):find("topped") end)
  s.run("kill -9 %1")
  -- bash forgets a SIGCHLD that comes while it tells of a job: the next child's reminds it
  eventually(function() return not s.run("(true); jobs"):find("topped") end)
  s.say("exit 7")
  local w, message = s.p:wait{timeout = 10}
  assert.truthy(w, tostring(message) .. ": " .. tostring(s.m:read(4000, 0.1)))
  assert.equal(7, w.status)
end

local function stopped_jobs_at_exit(argv)
  local s <close> = shell(argv)
  s.prompt()
  local job = s.start("sleep 1000", 1)
  s.stop(job)
  s.say("exit")
  s.expect("stopped jobs")
  s.say("exit")
  assert(s.p:wait{timeout = 10})
  await_end(job) -- SIGHUP and SIGCONT
end

local function window(argv)
  local s <close> = shell(argv, {rows = 11, cols = 44})
  s.prompt()
  assert.equal("11 44\n", s.run("stty size"))
  s.m:settings{rows = 20, cols = 70}
  assert.equal("20 70\n", s.run("stty size"))
  assert.truthy(s.run("tty"):find(s.m:path(), 1, true))
  assert.truthy(s.run("stty -a"):find("intr = ^C", 1, true))
end

local shells = {
  ash = function() return {need_busybox(), "ash"} end,
  bash = function()
    if not fs.stat("/bin/bash") then pending("no bash in the initramfs") end
    return {"/bin/bash", "--norc", "--noprofile", "--noediting"}
  end,
  dash = function()
    if not fs.stat("/bin/dash") then pending("no dash in the initramfs") end
    return {"/bin/dash"}
  end,
}

describe("tty.shells", function()
  for name, argv in pairs(shells) do
    it("S44_job_control_of_" .. name, function() job_control(argv()) end, {timeout = 60})
    it("S47_stopped_jobs_when_it_exits_" .. name, function() stopped_jobs_at_exit(argv()) end, {timeout = 60})
    it("window_of_" .. name, function() window(argv()) end, {timeout = 60})
  end

  it("vi_writes_a_file", function()
    local busybox = need_busybox()
    with_folder(function(path)
      local s <close> = shell{busybox, "vi", path .. "/f"}
      s.expect("f.*1/1")
      s.m:write("ihello\nworld\27")
      s.expect("world.*%- /tmp") -- the escape is seen: what follows is no part of a key's code
      s.m:write(":wq\r")
      assert(s.p:wait{timeout = 10})
      assert.equal("hello\nworld\n", fs.read(path .. "/f"))
      assert.truthy(s.m:settings().icanon) -- as it was before
    end)
  end, {timeout = 30})

  it("less_pages_and_quits", function()
    local s <close> = shell({need_busybox(), "less", "/tests/lua/README.md"}, {rows = 10, cols = 80})
    s.expect("The Lua tests")
    s.m:write(" ")
    s.m:write("q")
    assert(s.p:wait{timeout = 10})
  end, {timeout = 30})

  it("top_shows_itself", function()
    local s <close> = shell{need_busybox(), "top", "-d", "1"}
    s.expect("PID")
    s.expect("top")
    s.m:write("q")
    assert(s.p:wait{timeout = 10})
  end, {timeout = 30})
end)

describe("tty.lua", function()
  it("a_pty_is_driven_from_lua", function()
    local m <close> = assert(pty.open{rows = 30, cols = 90})
    assert.truthy(tostring(m):find(m:path(), 1, true))
    m:write("abc")
    assert.equal("ab", m:expect("b"))
    assert.equal("c", m:read(10))
    local nothing, message = m:read(10, 0.01)
    assert.equal(nil, nothing)
    assert.equal("timed out", message)
    assert.equal(nil, (m:expect("never", 0.01)))
    local modes = m:settings{echo = false, rows = 31}
    assert.equal(false, modes.echo)
    assert.equal(true, modes.icanon)
    assert.equal(31, modes.rows)
    assert.equal(90, modes.cols)
    assert.equal(nil, m:foreground())
    m:write("unseen")
    assert.equal(nil, (m:read(10, 0.01)))
    assert.truthy(m:close())
    assert.falsy((pcall(m.read, m)))
    assert.falsy((pcall(pty.open, {rows = 70000})))
  end)

  it("closing_it_hangs_the_session_up", function()
    local m = assert(pty.open())
    local p = assert(proc.spawn{bin .. "sched", "spin", tty = m})
    m:close()
    local w = assert(p:wait{timeout = 5})
    assert.equal(signal.SIGHUP, w.signal)
  end)
end)
