-- Short commands: ":kill -STOP -12". A command is a row {name, usage, help, fn, safe_in_panic}; fn gets the words behind the
-- name and gives the Lua that the command stands for, which then runs as if it had been typed.
local M = {}

local files = {"process", "run", "debug", "inspect", "system"}

local rows

-- All commands, by name.
function M.rows()
  if not rows then
    rows = {}
    for _, file in ipairs(files) do
      for _, row in ipairs(require("cmd." .. file)) do rows[#rows + 1] = row end
    end
    table.sort(rows, function(a, b) return a.name < b.name end)
  end
  return rows
end

-- A command by its name, or by a beginning of it that no other has.
function M.find(name)
  local found
  for _, row in ipairs(M.rows()) do
    if row.name == name then return row end
    if row.name:sub(1, #name) == name and name ~= "" then
      if found then return nil, "':" .. name .. "' could be :" .. found.name .. " or :" .. row.name end
      found = row
    end
  end
  return found, found and nil or "no command ':" .. name .. "' (:help lists them)"
end

-- Words, split at spaces; quotes keep them together.
function M.words(line)
  local words, word, quote = {}, nil, nil
  for c in line:gmatch(utf8.charpattern) do
    if quote then
      if c == quote then quote = nil else word = word .. c end
    elseif c == '"' or c == "'" then
      quote = c
      word = word or ""
    elseif c == " " or c == "\t" then
      words[#words + 1] = word
      word = nil
    else
      word = (word or "") .. c
    end
  end
  if quote then error("the quote " .. quote .. " is not closed", 0) end
  words[#words + 1] = word
  return words
end

local function translate(line)
  local words = M.words(line)
  local name = table.remove(words, 1) or "help"
  local row, message = M.find(name)
  if not row then error(message, 0) end
  local lua = row.fn(table.unpack(words))
  if not lua then error("usage: :" .. row.usage, 0) end
  return lua
end

-- The command (without its colon) as a function.
function M.command(line)
  local lua = translate(line)
  return assert(load("return " .. lua, "=command") or load(lua, "=command"))
end

function M.code(line)
  return translate((line:gsub("^%s*:", "")))
end

-- A word as Lua: a number stays one.
function M.literal(word)
  return math.tointeger(tonumber(word)) and word or string.format("%q", word)
end

return M
