-- fault.inject and its kin themselves.
local function with_pipes(fn)
  if not fault.inject{pid = 1} then pending("release builds inject no faults") end
  fault.clear()
  local p <close> = owned(assert(proc.spawn{bin .. "nomem", "pipe", stdin = "pipe", stdout = "pipe"}))
  local function go()
    p.stdin:write("go\n")
    local result = p.stdout:read("l", 5)
    p.stdin:write("undo\n")
    assert.equal("clean", p.stdout:read("l", 5))
    return result
  end
  fn(p, go)
  fault.clear()
  p.stdin:close()
  p:wait()
end

describe("fault.rules", function()
  it("counts_without_failing", function()
    with_pipes(function(p, go)
      local f = assert(fault.inject{pid = p.pid, call = "pipe2"})
      assert.equal("ok", go())
      assert.truthy(f.seen > 0)
      assert.equal(0, f.failed)
      assert.equal(nil, f.site)
      local sum = 0
      for _, s in ipairs(fault.sites()) do
        sum = sum + s.seen
        assert.match("^[%w_]+%+0x%x+$", s.site)
      end
      assert.equal(f.seen, sum)
      fault.clear()
      assert.same({}, {table.unpack(fault.sites())})
      assert.equal(nil, f.seen)
    end)
  end)

  it("nth_after_every", function()
    with_pipes(function(p, go)
      local count
      do
        local f <close> = fault.inject{pid = p.pid, call = "pipe2"}
        go()
        count = f.seen
      end
      for field, want in pairs{nth = 1, every = count, after = 1} do
        local f <close> = fault.inject{pid = p.pid, call = "pipe2", [field] = want}
        local first = go()
        assert.equal("ENOMEM", first, field)
        assert.equal(1, f.failed, field)
        if field == "nth" then assert.equal("ok", go()) end
        if field == "after" then assert.equal("ENOMEM", go()) end
      end
    end)
  end)

  it("by_site_and_thread", function()
    with_pipes(function(p, go)
      local f = fault.inject{pid = p.pid, call = "pipe2", nth = 1}
      go()
      local name = f.site:match("^[%w_]+")
      f:clear()
      f = fault.inject{thread = p.pid, call = "pipe2", site = name, every = 1}
      assert.equal("ENOMEM", go())
      assert.match(name, f.site)
      f:clear()
      f = fault.inject{thread = p.pid, site = "exec_build_stack", every = 1}
      assert.equal("ok", go())
      f:clear()
    end)
  end)

  it("misuse", function()
    assert.error(function() fault.inject{at = "nowhere"} end, "alloc expected")
    assert.error(function() fault.inject{colour = 1} end, "unknown field 'colour'")
    assert.error(function() fault.inject{site = "no_such_function"} end, "no function")
    assert.error(function() fault.inject{call = "no_such_call"} end, "no system call")
    assert.error(function() fault.inject{nth = -1} end, "negative")
    assert.error(function() fault.inject() end)
    if not fault.inject{pid = 1} then pending("release builds inject no faults") end
    fault.clear()
    local all = {}
    for i = 1, 8 do all[i] = assert(fault.inject{pid = 1}) end
    assert.fails("ENOSPC", fault.inject{pid = 1})
    assert.error(function() return all[1].colour end, "no field")
    fault.clear()
  end)
end)
