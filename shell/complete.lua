-- Tab: names, fields, methods, commands, paths and pids.
local M = {}

local keywords = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil", "not",
  "or", "repeat", "return", "then", "true", "until", "while",
}

local function starts_with(s, prefix) return s:sub(1, #prefix) == prefix end

local function common_prefix(list)
  local prefix = list[1]
  for _, s in ipairs(list) do
    while not starts_with(s, prefix) do prefix = prefix:sub(1, -2) end
  end
  -- never half a character
  while #prefix > 0 and not utf8.len(prefix) do prefix = prefix:sub(1, -2) end
  return prefix
end

-- --- where candidates come from: each gives a list of words that begin with `prefix` ---

local function add_names(out, t, prefix, methods_only)
  for k, v in next, t do
    if type(k) == "string" and starts_with(k, prefix) and k:match("^[%a_][%w_]*$") and
      (not methods_only or type(v) == "function") and (prefix ~= "" or not starts_with(k, "__")) then
      out[#out + 1] = k
    end
  end
end

-- Fields of a value without calling anything of its own.
local function fields(value, prefix, methods_only)
  local out = {}
  if type(value) == "table" then add_names(out, value, prefix, methods_only) end
  local mt = type(value) == "string" and {__index = string} or getmetatable(value)
  if type(mt) == "table" and type(rawget(mt, "__index")) == "table" then
    add_names(out, rawget(mt, "__index"), prefix, methods_only)
  end
  return out
end

-- "a.b.c" → its value, by raw access only.
local function resolve(path)
  local value = _G
  for name in path:gmatch("[%w_]+") do
    if type(value) ~= "table" then return nil end
    value = rawget(value, name)
  end
  return value
end

local function names(word)
  local path, separator, prefix = word:match("^(.-)([.:])([%w_]*)$")
  if path then
    local value = resolve(path)
    if value == nil then return {}, "" end
    return fields(value, prefix, separator == ":"), prefix
  end
  local out = fields(_G, word)
  for _, k in ipairs(keywords) do
    if starts_with(k, word) then out[#out + 1] = k end
  end
  return out, word
end

local function paths(word)
  local folder, prefix = word:match("^(.*/)([^/]*)$")
  if not folder then folder, prefix = "", word end
  local out = {}
  for _, entry in ipairs(fs.list(folder == "" and "." or folder) or {}) do
    local name = type(entry) == "table" and entry.name or entry
    if starts_with(name, prefix) and name ~= "." and name ~= ".." and (prefix ~= "" or name:sub(1, 1) ~= ".") then
      local stat = fs.stat(folder .. name) -- follows links
      out[#out + 1] = name .. (stat and stat.type == "directory" and "/" or "")
    end
  end
  return out, prefix
end

local function pids(prefix)
  local out = {}
  for _, p in ipairs(proc.list() or {}) do
    local pid = tostring(p.pid)
    if starts_with(pid, prefix) then out[#out + 1] = pid end
  end
  return out, prefix
end

local function commands(prefix)
  local out = {}
  for _, row in ipairs(require("commands").rows()) do
    if starts_with(row.name, prefix) then out[#out + 1] = row.name end
  end
  return out, prefix
end

-- --- which of them ---

local function candidates(text)
  local command = text:match("^%s*:([%w_]*)$")
  if command then return commands(command) end
  local argument = text:match("^%s*:.*%s(%S*)$")
  if argument then
    if argument:find("/") or argument:sub(1, 1) == "." then return paths(argument) end
    if text:match("^%s*:help%s") then return commands(argument) end
    return pids(argument:gsub("^%-", ""))
  end
  local quoted = text:match("[\"']([^\"']*)$")
  local _, quotes = text:gsub("[\"']", "")
  if quoted and quotes % 2 == 1 then return paths(quoted) end
  local pid = text:match("%.%w+%(%s*(%d*)$")
  if pid then return pids(pid) end
  return names(text:match("[%a_][%w_.:]*$") or "")
end

-- The choices in columns.
local function layout(list, width)
  local widest = 0
  for _, s in ipairs(list) do widest = math.max(widest, #s) end
  local per_line = math.max(1, width // (widest + 2))
  local lines = {}
  local rows = (#list + per_line - 1) // per_line
  for row = 1, rows do
    local cells = {}
    for i = row, #list, rows do cells[#cells + 1] = list[i] .. string.rep(" ", widest - #list[i]) end
    lines[row] = (table.concat(cells, "  "):gsub("%s+$", ""))
  end
  return table.concat(lines, "\n") .. "\n"
end

-- complete(text left of the cursor, columns of the terminal) → bytes that stay, what replaces the rest, choices to show
function M.complete(text, width)
  local list, prefix = candidates(text)
  table.sort(list)
  for i = #list, 2, -1 do
    if list[i] == list[i - 1] then table.remove(list, i) end
  end
  local from = #text - #prefix
  if #list == 0 then return from, nil, nil end
  local insert = common_prefix(list)
  if #list == 1 then
    return from, insert .. (text:match("^%s*:") and insert:sub(-1) ~= "/" and " " or ""), nil
  end
  if #insert > #prefix then return from, insert, nil end
  return from, nil, layout(list, width)
end

return M
