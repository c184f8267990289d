-- Random system calls (tests/user/fuzz.c). A long run: fuzz.calls=N for each seed, fuzz.seeds=N seeds, fuzz.seed=N the first.
local args = sys.args()
local calls = tonumber(args["fuzz.calls"]) or 4000
local seeds = tonumber(args["fuzz.seeds"]) or 2
local first = tonumber(args["fuzz.seed"]) or tonumber(args["test.seed"]) or 1
local processes = tonumber(args["fuzz.processes"]) or #cpu.list() + 2

-- Hands on its lines as they come, so that nobody takes a long run for a hang.
local function fuzz(seed)
  local p <close> = owned(assert(proc.spawn{bin .. "fuzz", "run", seed, calls, processes, pgid = 0, stdout = "pipe",
    stderr = "stdout"}))
  local other = {}
  for line in function() return p.stdout:read("l") end do
    if line:find("^# ") then print(line) else other[#other + 1] = line end
  end
  assert.equal("ok", table.concat(other, "\n"))
  assert.equal("exited", p:wait().kind)
end

describe("fuzz.calls", function()
  for seed = first, first + seeds - 1 do
    it("seed_" .. seed, function()
      fuzz(seed)
    end, {timeout = 60 + calls // 200})
  end
end)
