-- A debugger in Lua: breakpoints, steps, stacks, registers, memory, over the kernel's own ptrace.
--   ./perilune run --script examples/debugger.lua
--   printf 'break add_one\nrun\nbt\nregs\ndelete\ncontinue\n' | ./perilune run --script examples/debugger.lua
-- DEBUG=PROGRAM in the boot arguments (--append) names another program than the default; --add puts one there.
local program = sys.args().DEBUG or "/tests/bin/debuggee"
local arguments = {"count"}
local t -- the tracee

local commands, order = {}, {}

local function command(name, usage, fn)
  commands[name] = {usage = usage, fn = fn}
  order[#order + 1] = name
end

local function live()
  return t and not t.dead and t or error("the program does not run (run starts it)", 0)
end

-- An address: a number, a register as $sp, or a symbol.
local function address(word)
  if not word then error("an address is missing: a number, $REGISTER or a name", 0) end
  if word:sub(1, 1) == "$" then return live():regs()[word:sub(2)] or error("no register " .. word, 0) end
  return math.tointeger(tonumber(word)) or assert(live():symbol(word))
end

local function place()
  local pc = t:regs().pc
  return string.format("0x%x in %s", pc, t:where(pc) or "?")
end

local function tell(event)
  print(event)
  if t.dead then t = nil else print("  " .. place()) end
end

local function go(method, ...)
  assert(live()[method](t, ...))
  tell(assert(t:wait()))
end

command("run", "run [ARGUMENT…]     start the program anew, up to its first breakpoint", function(...)
  local points = {}
  if t then
    for _, b in ipairs(t:breakpoints()) do points[#points + 1] = b.name or b.addr end
    t:kill()
  end
  if select("#", ...) > 0 then arguments = {...} end
  t = assert(ptrace.spawn{program, table.unpack(arguments)})
  for _, where in ipairs(points) do t:breakpoint(where) end
  if #points > 0 then go("cont") else print(place()) end
end)

command("break", "break PLACE         stop there", function(where)
  if not t then t = assert(ptrace.spawn{program, table.unpack(arguments)}) end
  print(assert(t:breakpoint(address(where))))
end)

command("delete", "delete [PLACE]      take breakpoints away, all or one", function(where)
  local at = where and address(where)
  for _, b in ipairs(live():breakpoints()) do
    if not at or b.addr == at then b:clear() end
  end
end)

command("continue", "continue [SIGNAL]   run on, with a signal if one is given", function(sig) go("cont", sig) end)

command("step", "step [N]            N instructions", function(n)
  for _ = 1, math.tointeger(tonumber(n or 1)) or 1 do
    assert(live():step())
    local event = assert(t:wait())
    if event.kind ~= "step" then return tell(event) end
  end
  print("  " .. place())
end)

command("next", "next [N]            as step, calls run to their end", function(n)
  for _ = 1, math.tointeger(tonumber(n or 1)) or 1 do
    local event = assert(live():next())
    if event.kind ~= "step" then return tell(event) end
  end
  print("  " .. place())
end)

command("finish", "finish              to the caller of this function", function() tell(assert(live():finish())) end)

command("watch", "watch PLACE [BYTES] step until memory changes", function(where, n)
  local event = assert(live():watch(address(where), math.tointeger(tonumber(n or 8))))
  if event.old then
    print(string.format("%s was %s, is %s", where, event.old:gsub(".", function(c) return string.format("%02x", c:byte()) end),
      (event.new:gsub(".", function(c) return string.format("%02x", c:byte()) end))))
  end
  tell(event)
end)

command("bt", "bt                  the stack", function() print(live():stack()) end)
command("regs", "regs                the registers", function() print(live():regs()) end)

command("set", "set REGISTER VALUE  change a register", function(register, value)
  assert(live():setregs{[register] = address(value)})
end)

command("x", "x PLACE [N]         N bytes of memory", function(where, n)
  local at = address(where)
  local bytes = assert(live():peek(at, math.tointeger(tonumber(n or 64)) or 64))
  for i = 1, #bytes, 16 do
    local row = bytes:sub(i, i + 15)
    print(string.format("0x%x  %-48s %s", at + i - 1, row:gsub(".", function(c) return string.format("%02x ", c:byte()) end),
      (row:gsub("[^ -~]", "."))))
  end
end)

command("calls", "calls               run to the end, show the system calls", function()
  repeat
    assert(live():syscall())
    local event = assert(t:wait())
    if event.kind == "syscall-exit" then print((event.text or "?") .. " = " .. event.result) end
  until event.kind == "exited" or event.kind == "killed" or event.kind == "signal"
  tell(t.last)
end)

command("help", "help                this", function()
  for _, name in ipairs(order) do print("  " .. commands[name].usage) end
end)

-- A name, or a beginning of one: the first that has it.
local function find(word)
  if commands[word] then return commands[word] end
  for _, name in ipairs(order) do
    if name:sub(1, #word) == word then return commands[name] end
  end
  error("no command '" .. word .. "': help lists them", 0)
end

local function obey(line)
  local words = {}
  for word in line:gmatch("%S+") do words[#words + 1] = word end
  if #words > 0 then find(words[1]).fn(table.unpack(words, 2)) end
end

print("debugging " .. program .. "; help lists the commands, quit ends it")
while true do
  io.write("(pdb) ")
  local line = console.getline()
  if not line or line:match("^%s*q") then break end
  print(line)
  local ok, message = pcall(obey, line)
  if not ok then print(message) end
end
if t then t:kill() end
