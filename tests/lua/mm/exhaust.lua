-- Memory that is taken in every way: the taker gets an error or dies, and all of it comes back.

-- Holds all memory but some, so that the rest is taken soon. Ended with the test.
local function ballast()
  local p = assert(proc.spawn{bin .. "exhaust", "ballast", stdout = "pipe"})
  local held <const> = owned(p)
  assert.equal("ready", p.stdout:read("l", 50))
  return held
end

describe("mm.exhaust", function()
  it("every_way", function()
    local held <close> = ballast()
    for _, what in ipairs{"pipes", "sockets", "files", "tmpfs", "tables", "areas", "messages", "forks"} do
      local out, result = exec{bin .. "exhaust", what}
      assert.truthy((result.kind == "exited" and result.status == 0) or (result.kind == "killed" and result.signal == "SIGKILL"),
        what .. ": " .. tostring(result) .. out)
      assert.equal("hello, world\n", run{bin .. "hello"})
    end
    assert.equal("S", held.state)
  end, {timeout = 100})
end)
