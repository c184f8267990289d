-- Scripts of tests/ash: what busybox ash prints here has to be what it printed under Linux (the .expected file).
local folder = "/tests/ash"

describe("shell.ash", function()
  for _, entry in ipairs(fs.list(folder) or {}) do
    local name = entry.name:match("^(.*)%.sh$")
    if name then
      it(name, function()
        local busybox = need_busybox()
        local expected = assert(fs.read(folder .. "/" .. name .. ".expected"))
        assert(fs.stat("/tmp") or fs.mkdir("/tmp", 511))
        local out = exec{busybox, "sh", folder .. "/" .. name .. ".sh", cwd = "/tmp",
          env = {PATH = "/bin:/usr/bin:/sbin:/usr/sbin", HOME = "/tmp", LC_ALL = "C"}}
        assert.equal(expected, out)
      end, {timeout = 30})
    end
  end

  it("runs_a_command_line", function()
    local busybox = need_busybox()
    assert.equal("hi\n", run{busybox, "echo", "hi"})
    assert.equal("3\n", run{busybox, "sh", "-c", "echo a b c | wc -w"})
    assert.equal("", run{busybox, "sh", "-c", "exit 3", status = 3})
    assert.equal("42\n", run{busybox, "sh", input = "echo $((6*7))\n"})
  end)

  it("busy_loop_is_stopped_continued_killed", function()
    local busybox = need_busybox()
    local p <close> = owned(assert(proc.spawn{busybox, "sh", "-c", "while :; do :; done"}))
    eventually(function() return p.state == "R" end)
    assert(p:stop())
    assert.equal("stopped", p:wait{untraced = true, timeout = 5}.kind)
    assert(p:cont())
    assert.equal("continued", p:wait{continued = true, timeout = 5}.kind)
    assert(p:kill())
    assert.equal(signal.SIGTERM, p:wait{timeout = 5}.signal)
  end)
end)
