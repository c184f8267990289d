-- The entry of the test run: script=/tests/lua/run.lua, with the boot arguments that tests/lua/README.md names.
local test = require("test")
local args = sys.args()

local function number(name, default)
  local text = args[name]
  if text == nil then return default end
  return math.tointeger(tonumber(text)) or error("boot argument " .. name .. "=" .. text .. ": an integer expected", 0)
end

-- What is made at the first use and kept must not look like a leak of the first test.
local function warm_up()
  local _ = string.format("%.99f %.17g %a", 1e300 / 3, 0.1, 0.1) .. tostring(2 ^ 0.5) .. tonumber("1.5e300")
  local p = proc.spawn{"/tests/bin/hello", stdout = "pipe"}
  if p then
    p.stdout:read("a")
    p.stdout:close()
    p:wait()
  end
  if not fs.stat("/tmp") then fs.mkdir("/tmp", 511) end
  collectgarbage()
end

warm_up()
test.load("/tests/lua")
sys.poweroff(test.run{
  pattern = args.test,
  skip = number("test.skip", 0),
  seed = number("test.seed", 1),
  rounds = number("test.repeat", 1),
})
