-- The framework: describe, it, before_each, after_each, pending; KTAP on the console; leaks and time limits of each test.
-- tests/lua/README.md has the protocol.
local check = require("check")
local leaks = require("leaks")

local M = {}

local TIMEOUT = 10 -- seconds a test
local SLOW = 2     -- seconds: worth a remark
local tests = {}   -- {name, fn, opts, befores, afters}, in order
local names = {}   -- of the tests, to keep them unique
local groups = {}  -- the describes we are in: {name, befores, afters}
local skip_mark = {}

local function path_name(name)
  local parts = {}
  for i, g in ipairs(groups) do parts[i] = g.name end
  parts[#parts + 1] = name
  return (table.concat(parts, "."):gsub("%s+", "_"):gsub("#", "_"))
end

-- --- what test files call ---

local env = {assert = check.assert}

function env.describe(name, fn)
  groups[#groups + 1] = {name = name, befores = {}, afters = {}}
  fn()
  groups[#groups] = nil
end

local function collect(which)
  local all = {}
  for _, g in ipairs(groups) do
    for _, fn in ipairs(g[which]) do all[#all + 1] = fn end
  end
  return all
end

function env.it(name, fn, opts)
  local full = path_name(name)
  if names[full] then error("two tests are called " .. full, 2) end
  names[full] = true
  -- The lists are taken when the test runs: before_each may come after it.
  tests[#tests + 1] = {name = full, fn = fn, opts = opts or {}, groups = {table.unpack(groups)}}
end

function env.before_each(fn) table.insert(groups[#groups].befores, fn) end
function env.after_each(fn) table.insert(groups[#groups].afters, fn) end

-- In a test: it is skipped, for this reason. In a describe: a test that is yet to be written.
function env.pending(reason, why)
  if M.running then error(setmetatable({skip = reason}, skip_mark), 0) end
  env.it(reason, function() env.pending(why or "to be written") end)
end

for name, fn in pairs(require("programs")) do env[name] = fn end
setmetatable(env, {__index = _G})
M.env = env
for _, name in ipairs{"describe", "it", "before_each", "after_each", "pending", "assert"} do _G[name] = env[name] end

-- --- running one ---

local function call_all(list, field)
  for _, g in ipairs(list) do
    for _, fn in ipairs(g[field]) do fn() end
  end
end

local function body(test)
  call_all(test.groups, "befores")
  test.fn()
end

-- directive, text
local function outcome(ok, err)
  if ok then return "PASS" end
  if getmetatable(err) == skip_mark then return "SKIP", err.skip end
  local text = tostring(err)
  if text:find("time limit exceeded", 1, true) then return "TIMEOUT", text end
  return "FAIL", text
end

-- Runs fn under a time limit that nothing inside can catch.
local function limited(seconds, fn, ...)
  sys.deadline(seconds)
  local ok, err = pcall(fn, ...)
  sys.deadline()
  return ok, err
end

local function run_one(test)
  local before = leaks.measure()
  M.running = true
  local directive, text = outcome(limited(test.opts.timeout or TIMEOUT, body, test))
  local ok, err = limited(TIMEOUT, call_all, test.groups, "afters")
  M.running = false
  if not ok and directive == "PASS" then directive, text = "FAIL", "after_each: " .. tostring(err) end
  local left = leaks.check(before)
  leaks.sweep(before)
  if directive == "PASS" and #left > 0 and not test.opts.may_leak then
    directive, text = "FAIL", "left behind:\n  " .. table.concat(left, "\n  ")
  end
  if test.opts.xfail and (directive == "FAIL" or directive == "TIMEOUT") then
    directive, text = "XFAIL", test.opts.xfail
  end
  return directive, text
end

-- --- reporting ---

local function report(number, name, directive, text)
  local good = directive == "PASS" or directive == "SKIP" or directive == "XFAIL"
  local reason = good and text and " " .. text or ""
  print((good and "ok " or "not ok ") .. number .. " " .. name .. " # " .. directive .. reason)
  if not good then
    for line in tostring(text):gmatch("[^\n]+") do print("# " .. line) end
  end
end

-- The tests whose name holds one of the patterns, which spaces separate.
local function selected(patterns)
  if not patterns or patterns == "" then return tests end
  local out = {}
  for _, t in ipairs(tests) do
    for pattern in patterns:gmatch("%S+") do
      if t.name:find(pattern) or t.name:find(pattern, 1, true) then
        out[#out + 1] = t
        break
      end
    end
  end
  return out
end

-- options: pattern, skip (tests 1..skip are left out), seed, rounds. Gives 0, or 1 if a test failed.
function M.run(options)
  local list, totals = selected(options.pattern), {pass = 0, fail = 0, skip = 0}
  local count = #list * options.rounds
  math.randomseed(options.seed)
  leaks.rebase()
  print("KTAP version 1")
  print("TEST-BEGIN seed=" .. options.seed)
  print("1.." .. count)
  for number = 1, count do
    local test = list[(number - 1) % #list + 1]
    if number > options.skip then
      local name = options.rounds > 1 and test.name .. "@" .. (number - 1) // #list + 1 or test.name
      print("# RUN " .. number .. " " .. name)
      local start = time.now()
      local directive, text = run_one(test)
      local took = time.now() - start
      report(number, name, directive, text)
      if took > SLOW then print(string.format("# took %.1f s", took)) end
      local kind = directive == "PASS" and "pass" or (directive == "SKIP" or directive == "XFAIL") and "skip" or "fail"
      totals[kind] = totals[kind] + 1
    end
  end
  local rc = totals.fail > 0 and 1 or 0
  print(string.format("# Totals: pass:%d fail:%d skip:%d", totals.pass, totals.fail, totals.skip))
  print("TEST-END rc=" .. rc)
  return rc
end

-- --- finding them ---

local function find_files(folder, out)
  for _, entry in ipairs(assert(fs.list(folder))) do
    local path = folder .. "/" .. entry.name
    if entry.type == "directory" then
      if entry.name ~= "lib" then find_files(path, out) end
    elseif entry.name:match("%.lua$") and entry.name ~= "run.lua" then
      out[#out + 1] = path
    end
  end
  return out
end

-- Reads the test files below `folder`. One that cannot be read is a test that fails.
function M.load(folder)
  local files = find_files(folder, {})
  table.sort(files)
  for _, path in ipairs(files) do
    local text = assert(fs.read(path))
    local chunk, message = load(text, "@" .. path:gsub("^/", ""), "t", env)
    local ok = chunk ~= nil
    if ok then ok, message = pcall(chunk) end
    groups = {}
    if not ok then env.it("load." .. path:gsub("^/tests/lua/", ""), function() error(message, 0) end) end
  end
end

return M
