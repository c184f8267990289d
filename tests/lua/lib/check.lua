-- assert as the tests know it: assert(v, message) as ever, and assert.equal, same, error, … that say what they saw.
local M = {}

-- A value in one line, tables to some depth, in an order that does not change.
local function text(v, depth)
  if type(v) == "string" then return (string.format("%q", v):gsub("\\\n", "\\n"):gsub("\r", "\\r")) end
  if type(v) ~= "table" or depth == 0 then return tostring(v) end
  local keys, items = {}, {}
  for k in next, v do keys[#keys + 1] = k end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for i, k in ipairs(keys) do
    if i > 40 then
      items[i] = "…"
      break
    end
    items[i] = (math.type(k) == "integer" and "" or tostring(k) .. "=") .. text(rawget(v, k), depth - 1)
  end
  return "{" .. table.concat(items, ", ") .. "}"
end

function M.text(v) return text(v, 4) end

local function same(a, b, depth)
  if rawequal(a, b) then return true end
  if type(a) ~= "table" or type(b) ~= "table" or depth > 20 then return a == b end
  for k, v in next, a do
    if not same(v, rawget(b, k), depth + 1) then return false end
  end
  for k in next, b do
    if rawget(a, k) == nil then return false end
  end
  return true
end

-- Ends the test, at the place that called the assertion.
local function fail(what, message)
  error((message and tostring(message) .. ": " or "") .. what, 3)
end

local A = {}

function A.equal(expected, actual, message)
  if expected == actual then return actual end
  fail("not equal\n  expected: " .. M.text(expected) .. "\n  actual:   " .. M.text(actual), message)
end

function A.not_equal(unexpected, actual, message)
  if unexpected ~= actual then return actual end
  fail("equal, and should not be: " .. M.text(actual), message)
end

function A.same(expected, actual, message)
  if same(expected, actual, 0) then return actual end
  fail("not the same\n  expected: " .. M.text(expected) .. "\n  actual:   " .. M.text(actual), message)
end

function A.truthy(v, message)
  if v then return v end
  fail("not true: " .. M.text(v), message)
end

function A.falsy(v, message)
  if not v then return v end
  fail("not false: " .. M.text(v), message)
end

function A.near(expected, actual, tolerance, message)
  if type(actual) == "number" and math.abs(expected - actual) <= tolerance then return actual end
  fail("not within " .. tolerance .. "\n  expected: " .. M.text(expected) .. "\n  actual:   " .. M.text(actual), message)
end

-- The text holds what the Lua pattern says.
function A.match(pattern, s, message)
  if type(s) == "string" and s:find(pattern) then return s end
  fail("no match\n  expected: " .. M.text(pattern) .. "\n  actual:   " .. M.text(s), message)
end

-- fn raises an error; with `pattern` its message matches. Gives the message.
function A.error(fn, pattern, message)
  local ok, err = pcall(fn)
  if ok then fail("no error was raised", message) end
  if pattern and not tostring(err):find(pattern) then
    fail("another error\n  expected: " .. M.text(pattern) .. "\n  actual:   " .. M.text(err), message)
  end
  return err
end

-- assert.fails("ENOENT", fs.read("/x")): what a function gave is nil, message, errno.
function A.fails(name, value, msg, errno)
  local want = sys.errno[name] or error("no errno is called " .. tostring(name), 2)
  if value ~= nil or type(msg) ~= "string" or errno ~= want then
    fail("did not fail with " .. name .. " (" .. want .. ")\n  actual:   " .. M.text(value) .. ", " .. M.text(msg)
      .. ", " .. M.text(errno))
  end
end

-- Raises with the message of nil, message, errno; else hands all values on.
setmetatable(A, {__call = function(_, v, message, ...)
  if v then return v, message, ... end
  error(message == nil and "assertion failed!" or message, 2)
end})

M.assert = A
return M
