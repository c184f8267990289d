-- How values look at the prompt.
local M = {}

local WIDTH = 76

local function is_name(s)
  return type(s) == "string" and s:match("^[%a_][%w_]*$") ~= nil
end

-- A value inside a table: one line, not deeper.
local function inner(v)
  local t = type(v)
  if t == "string" then return (string.format("%q", v):gsub("\\\n", "\\n"):gsub("\r", "\\r")) end
  if t == "table" then
    local mt = getmetatable(v)
    if type(mt) == "table" and mt.__name then return "<" .. mt.__name .. ">" end
    return next(v) == nil and "{}" or "{…}"
  end
  return tostring(v)
end

local function sorted_keys(t, n)
  local keys = {}
  for k in next, t do
    if not (math.type(k) == "integer" and k >= 1 and k <= n) then keys[#keys + 1] = k end
  end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then return a < b end
    return tostring(a) < tostring(b)
  end)
  return keys
end

local function plain_table(t)
  local items, n = {}, rawlen(t)
  for i = 1, n do items[i] = inner(rawget(t, i)) end
  for _, k in ipairs(sorted_keys(t, n)) do
    local name = is_name(k) and k or "[" .. inner(k) .. "]"
    items[#items + 1] = name .. " = " .. inner(rawget(t, k))
  end
  local line = "{" .. table.concat(items, ", ") .. "}"
  if #line <= WIDTH then return line end
  if #items == n then -- a list: as many on a line as fit
    local lines, current = {}, " "
    for i, item in ipairs(items) do
      if #current + #item + 2 > WIDTH then
        lines[#lines + 1] = current
        current = " "
      end
      current = current .. " " .. item .. (i < n and "," or "")
    end
    lines[#lines + 1] = current
    return "{\n" .. table.concat(lines, "\n") .. "\n}"
  end
  return "{\n  " .. table.concat(items, ",\n  ") .. "\n}"
end

-- The text of one value.
function M.text(v)
  if type(v) == "table" then
    local mt = getmetatable(v)
    if not (type(mt) == "table" and mt.__tostring) then return plain_table(v) end
  end
  if type(v) == "function" then
    local row = require("help").row_of(v)
    if row then return "function: " .. row.name .. (row.args or "()") .. "   -- help(" .. row.name .. ")" end
  end
  return tostring(v)
end

-- Prints the values of an expression; nil, message, errno as the failure it is.
function M.show(...)
  local n = select("#", ...)
  local first, message, errno = ...
  if n == 3 and first == nil and type(message) == "string" and math.type(errno) == "integer" then
    local _, name = sys.strerror(errno)
    print("nil   " .. message .. (name and " (" .. name .. ")" or ""))
    return
  end
  local texts, long = {}, false
  for i = 1, n do
    texts[i] = M.text((select(i, ...)))
    long = long or texts[i]:find("\n", 1, true)
  end
  print(table.concat(texts, long and "\n" or "   "))
end

return M
