-- help() and apropos(): the texts lie in shell/help/MODULE.lua, one row a function:
--   {name="proc.get", args="(pid)", returns="P", text="…", example="proc.get(1)"}
-- A file returns a list of rows, with `about` for the module as a whole.
local M = {}

local modules = {
  "proc", "signal", "pgrp", "ptrace", "crash", "trace", "fault", "mem", "sym", "cpu", "irq", "sched", "log", "fs",
  "time", "sys", "console", "pty",
}

local loaded = {}

-- The rows of a module's file, or nil.
local function rows_of(module)
  if loaded[module] == nil then
    local text = sys.embedded("shell/help/" .. module .. ".lua")
    local chunk = text and load(text, "@shell/help/" .. module .. ".lua", "t", {})
    local ok, rows = pcall(chunk or error)
    loaded[module] = ok and type(rows) == "table" and rows or false
  end
  return loaded[module] or nil
end

local function each_row()
  return coroutine.wrap(function()
    for _, module in ipairs(modules) do
      for _, row in ipairs(rows_of(module) or {}) do coroutine.yield(row, module) end
    end
  end)
end

-- "proc.get" → the value of that name among the globals, or nil; methods ("P:kill") have none.
local function value_of(name)
  local v = _G
  for part in name:gmatch("[%w_]+") do
    if type(v) ~= "table" then return nil end
    v = rawget(v, part)
  end
  return v
end

-- The row of a function, or nil.
function M.row_of(fn)
  for row in each_row() do
    if not row.name:find(":") and value_of(row.name) == fn then return row end
  end
end

local function signature(row)
  return row.name .. (row.args or "()") .. (row.returns and " → " .. row.returns or "")
end

-- Text broken at spaces, each line after `indent`.
local function wrapped(text, indent)
  local lines, line = {}, indent
  for word in tostring(text):gmatch("%S+") do
    if #line + #word + 1 > 78 and line ~= indent then
      lines[#lines + 1] = line
      line = indent
    end
    line = line .. (line == indent and "" or " ") .. word
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

local function print_row(row)
  print(signature(row))
  if row.text then print(wrapped(row.text, "  ")) end
  if row.example then print("  Example:\n    " .. row.example:gsub("\n", "\n    ")) end
end

local function first_sentence(text)
  return (text or ""):match("^(.-%.)%s") or text or ""
end

local function print_module(module)
  local rows = rows_of(module)
  if not rows then
    print("There is no help for " .. module .. ".")
    return
  end
  if rows.about then print(wrapped(rows.about, "")) end
  local example
  for _, row in ipairs(rows) do
    print("  " .. signature(row))
    if row.text then print(wrapped(first_sentence(row.text), "      ")) end
    example = example or row.example
  end
  if rows.example or example then print("Example:\n  " .. (rows.example or example):gsub("\n", "\n  ")) end
end

local overview = [[
Lua 5.4 runs inside the kernel. An expression prints its value; _ is the last
one; a ; at its end keeps it quiet; unfinished input goes on at >>. Ctrl-C ends
whatever runs, Tab completes, Ctrl-R searches what was typed before. Functions
that fail give nil, message, errno.

  proc     programs: spawn, list, tree, wait   mem      memory, page tables
  signal   kill, queue, state, history         sym      the kernel's symbols
  pgrp     process groups and sessions         cpu irq  processors, interrupts
  ptrace   tracing, breakpoints, steps         pty      pseudo terminals
  crash    crashed programs                    sched    run queues
  trace    system calls, signals, switches     log      the kernel's log
  fs       files                               time sys clocks; the machine
  console  the terminal                        fault    allocations that fail

  help(proc)  help(proc.spawn)  help"P:kill"   signatures and examples
  apropos"stop"                                all that is said about a word
  :help                                        the short commands
Try:
  proc.list()
  proc.spawn{"/bin/busybox", "ls", stdout="console"}:wait()
  :run /bin/sh]]

local function print_command(name)
  local row = require("commands").find(name)
  if not row then return false end
  print(":" .. row.usage)
  print(wrapped(row.help, "  "))
  return true
end

local function by_name(name)
  if name:sub(1, 1) == ":" and print_command(name:sub(2)) then return true end
  for _, module in ipairs(modules) do
    if module == name then
      print_module(module)
      return true
    end
  end
  local found = false
  for row in each_row() do
    if row.name == name or (row.name:match("[.:]([%w_]+)$") == name and not found) then
      print_row(row)
      found = true
    end
  end
  return found
end

-- help(), help(module), help(function), help"name"
function M.help(...)
  if select("#", ...) == 0 then
    print(overview)
    return
  end
  local what = ...
  if type(what) == "string" then
    if not by_name(what) then print("No help for '" .. what .. "'. apropos\"" .. what .. "\" searches all texts.") end
    return
  end
  for _, module in ipairs(modules) do
    if what ~= nil and rawequal(rawget(_G, module), what) then return print_module(module) end
  end
  local row = type(what) == "function" and M.row_of(what)
  if row then return print_row(row) end
  if what == source then return print(require("source").text) end
  local mt = type(what) == "userdata" and getmetatable(what)
  if type(mt) == "table" and type(mt.__index) == "table" then
    local names = {}
    for k in pairs(mt.__index) do names[#names + 1] = k end
    table.sort(names)
    return print((mt.__name or "object") .. " has: " .. table.concat(names, " "))
  end
  print("help(x) knows modules, their functions, and names as text: help\"P:kill\".")
end

-- Every text that holds the word.
function M.apropos(word)
  assert(type(word) == "string", "apropos: a word expected, as text")
  word = word:lower()
  local any = false
  for row in each_row() do
    if (row.name .. " " .. (row.text or "")):lower():find(word, 1, true) then
      print(string.format("%-28s %s", row.name, first_sentence(row.text)))
      any = true
    end
  end
  for _, row in ipairs(require("commands").rows()) do
    if (row.name .. " " .. row.help):lower():find(word, 1, true) then
      print(string.format("%-28s %s", ":" .. row.name, row.help))
      any = true
    end
  end
  if not any then print("Nothing about '" .. word .. "'.") end
end

return M
