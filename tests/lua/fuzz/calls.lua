-- Random system calls (tests/user/fuzz.c). A long run: fuzz.calls=N for each seed, fuzz.seeds=N seeds, fuzz.seed=N the first.
local args = sys.args()
local calls = tonumber(args["fuzz.calls"]) or 4000
local seeds = tonumber(args["fuzz.seeds"]) or 2
local first = tonumber(args["fuzz.seed"]) or tonumber(args["test.seed"]) or 1
local processes = tonumber(args["fuzz.processes"]) or #cpu.list() + 2

describe("fuzz.calls", function()
  for seed = first, first + seeds - 1 do
    it("seed_" .. seed, function()
      assert.equal("ok\n", run{bin .. "fuzz", "run", seed, calls, processes})
    end, {timeout = 60 + calls // 200})
  end
end)
