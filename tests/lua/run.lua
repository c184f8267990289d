-- The entry of the test run: script=/tests/lua/run.lua, with the boot arguments that tests/lua/README.md names.
local test = require("test")
local args = sys.args()

local function number(name, default)
  local text = args[name]
  if text == nil then return default end
  return math.tointeger(tonumber(text)) or error("boot argument " .. name .. "=" .. text .. ": an integer expected", 0)
end

local function touch_pages(program)
  local p = proc.spawn{program, stopped = true, stdout = "null", stderr = "null"}
  for _, m in ipairs(p and p:maps() or {}) do p:read(m.start, m.size) end
  if p then
    p:kill("KILL")
    p:wait()
  end
end

local function run_quietly(...)
  local p = proc.spawn{pgid = 0, stdout = "null", stderr = "null", ...}
  if p then p:wait() end
end

-- What is made at the first use and kept must not look like a leak of the first test.
local function warm_up()
  local _ = string.format("%.99f %.17g %a", 1e300 / 3, 0.1, 0.1) .. tostring(2 ^ 0.5) .. tonumber("1.5e300")
  run_quietly("/tests/bin/hello")
  -- Tables and file systems that the first call makes: every call, and a file of memfd_create.
  run_quietly("/tests/bin/badptr", "every_call")
  run_quietly("/tests/bin/mmcalls", "memfd_flags")
  if not fs.stat("/tmp") then fs.mkdir("/tmp", 511) end
  -- The pages of a program come into the cache when they are first touched, and stay.
  for _, entry in ipairs(fs.list("/tests/bin") or {}) do touch_pages("/tests/bin/" .. entry.name) end
  touch_pages("/bin/busybox")
  for _ = 1, 200 do _ = tonumber(string.format("%.17g", (math.random() - 0.5) * 10.0 ^ math.random(-300, 300))) end
  collectgarbage()
end

warm_up()
test.load("/tests/lua")
require("programs").stress_by_arguments()
sys.poweroff(test.run{
  pattern = args.test,
  skip = number("test.skip", 0),
  seed = number("test.seed", 1),
  rounds = number("test.repeat", 1),
})
