-- The console as a program's terminal. The shell keeps hold of the line: nothing is typed here.
describe("shell.tty", function()
  local function on_console(sub)
    return function()
      local p = assert(proc.spawn{bin .. "tty", sub, session = true, tty = "console", stdin = "/dev/ttyS0", stdout = "pipe",
        stderr = "stdout"})
      local out = p.stdout:read("a", 8)
      p.stdout:close()
      local w = assert(p:wait{timeout = 5})
      assert.equal("ok\n", out)
      assert.equal(0, w.status)
    end
  end

  for _, sub in ipairs{"isatty", "attributes", "winsize", "controlling", "foreground"} do it(sub, on_console(sub)) end
  it("S52_background_read_stops", on_console("background_read"))
  it("S52_background_tcsetattr_stops", on_console("background_setattr"))
end)
