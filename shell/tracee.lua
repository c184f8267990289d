-- T: a thread that the shell traces. The kernel's requests (lua/bind_ptrace.c) with what a debugger puts on top of them:
-- decoded events, breakpoints, steps, symbols.
local elf = require("elf")

local M = {}
local T, B = {}, {} -- methods

local SIGTRAP = 5
local CODE, SKID = ptrace.breakpoint_code, ptrace.breakpoint_skid
local EVENTS = {"fork", "vfork", "clone", "exec", "vfork-done", "exit", "seccomp"}
local OPTIONS = {
  sysgood = 1, fork = 1 << 1, vfork = 1 << 2, clone = 1 << 3, exec = 1 << 4, ["vfork-done"] = 1 << 5, exit = 1 << 6,
  seccomp = 1 << 7, exitkill = 1 << 20, suspend_seccomp = 1 << 21,
}

-- --- making them ---

local function option_bits(options)
  local bits = OPTIONS.sysgood | OPTIONS.exec
  for name, on in pairs(options or {}) do
    local bit = OPTIONS[name] or error("ptrace: unknown option '" .. tostring(name) .. "' (see help(ptrace.seize))", 0)
    bits = on and bits | bit or bits & ~bit
  end
  return bits
end

local function tracee_text(t) return string.format("tracee %d (%s)", t.tid, t.state) end

local meta = {
  __index = T, __name = "tracee", __tostring = tracee_text,
  __metatable = {__name = "tracee", __index = T, __tostring = tracee_text},
  __close = function(t) t:close() end,
}

local function new(handle, pid, tid, options)
  return setmetatable({
    handle = handle, pid = pid, tid = tid, state = "running", options = options,
    patches = handle:patches(), -- what lies under the breakpoints that are in the code now
    points = {}, -- address → B
    late = {}, -- events that wait has yet to give
  }, meta)
end

-- ptrace.attach(pid)
function M.attach(pid)
  local handle, message, errno = ptrace.open(pid)
  if not handle then return nil, message, errno end
  local t = new(handle, proc.get(pid) and pid or 0, pid, OPTIONS.sysgood | OPTIONS.exec)
  t.fresh = true -- its options can be set when it has stopped
  return t
end

-- ptrace.seize(pid [, options])
function M.seize(pid, options)
  local bits = option_bits(options)
  local handle, message, errno = ptrace.open(pid, bits)
  if not handle then return nil, message, errno end
  return new(handle, pid, pid, bits)
end

-- ptrace.spawn{…, options=}
function M.spawn(spec)
  local copy = {}
  for k, v in pairs(spec) do copy[k] = v end
  local bits = option_bits(copy.options)
  copy.options, copy.traced = nil, bits
  local p, message, errno = proc.spawn(copy)
  if not p then return nil, message, errno end
  local handle = assert(ptrace.handle(p.pid))
  local t = new(handle, p.pid, p.pid, bits)
  t.process = p
  t:wait()
  return t
end

-- --- the program's memory, without our breakpoints in it ---

function T:peek(addr, n)
  local bytes, message, errno = self.handle:peek(addr, n)
  if not bytes then return nil, message, errno end
  for at, old in pairs(self.patches) do
    local from = at - addr
    if from > -#old and from < #bytes then
      local first, last = math.max(from, 0), math.min(from + #old, #bytes)
      bytes = bytes:sub(1, first) .. old:sub(first - from + 1, last - from) .. bytes:sub(last + 1)
    end
  end
  return bytes
end

local function take_out(self, addr)
  local old = self.patches[addr]
  if old then self.handle:poke(addr, old) end
  self.patches[addr] = nil
end

local function put_in(self, addr)
  if self.patches[addr] then return true end
  local old, message, errno = self.handle:peek(addr, #CODE)
  if not old then return nil, message, errno end
  if #old < #CODE then return nil, "the mapping ends there", 5 end
  self.patches[addr] = old
  local n
  n, message, errno = self.handle:poke(addr, CODE)
  if n == #CODE then return true end
  self.patches[addr] = nil
  return nil, message, errno
end

function T:poke(addr, bytes)
  local covered = {}
  for at, old in pairs(self.patches) do
    if at < addr + #bytes and at + #old > addr then covered[#covered + 1] = at end
  end
  for _, at in ipairs(covered) do take_out(self, at) end
  local n, message, errno = self.handle:poke(addr, bytes)
  for _, at in ipairs(covered) do put_in(self, at) end
  return n, message, errno
end

-- --- registers, signals ---

function T:regs() return self.handle:regs() end
function T:fpregs() return self.handle:fpregs() end
function T:siginfo() return self.handle:siginfo() end
function T:setsiginfo(info) return self.handle:setsiginfo(info) end
function T:sigmask(mask) return self.handle:sigmask(mask) end

function T:setregs(values)
  for name, value in pairs(values) do
    local ok, message, errno = self.handle:setreg(name, value)
    if not ok then return nil, name .. ": " .. message, errno end
  end
  return true
end

local function pc_of(self)
  local regs = self.handle:regs()
  return regs and regs.pc
end

-- --- symbols ---

-- The files that the process has mapped: {path, what to add to the addresses in it}.
local function images(self)
  local list, seen = {}, {}
  local p = proc.get(self.pid)
  for _, m in ipairs(p and p:maps() or {}) do
    if m.name:sub(1, 1) == "/" and not seen[m.name] then
      seen[m.name] = true
      local symbols = elf.symbols(m.name)
      if symbols then
        list[#list + 1] = {path = m.name, symbols = symbols, bias = m.start - m.offset - symbols.base}
      end
    end
  end
  return list
end

-- T:symbol(name): its address; nil, message, errno
function T:symbol(name)
  for _, image in ipairs(images(self)) do
    local s = image.symbols.by_name[name]
    if s then return s.addr + image.bias end
  end
  return nil, "no symbol '" .. tostring(name) .. "' in what the program has mapped", 2
end

-- T:where([addr]): "main+0x12", or nil: it has no name
function T:where(addr)
  addr = addr or pc_of(self)
  for _, image in ipairs(addr and images(self) or {}) do
    local s, offset = elf.at(image.symbols, addr - image.bias)
    if s then return offset == 0 and s.name or string.format("%s+0x%x", s.name, offset) end
  end
end

local function address_of(self, where)
  if math.type(where) == "integer" then return where end
  return self:symbol(where)
end

-- T:stack(): as P:stack, with the names of functions
function T:stack()
  local p, message, errno = proc.get(self.pid)
  if not p then return nil, message, errno end
  local frames
  frames, message, errno = p:stack(self.tid)
  if not frames then return nil, message, errno end
  for i, f in ipairs(frames) do f.where = self:where(i == 1 and f.pc or f.pc - 1) or f.where end
  return frames
end

-- --- breakpoints ---

local function point_text(b)
  return string.format("breakpoint at 0x%x (%s), hit %d times", b.addr, b.name or "?", b.hits)
end

local point_meta = {
  __index = B, __name = "breakpoint", __tostring = point_text,
  __metatable = {__name = "breakpoint", __index = B, __tostring = point_text},
}

-- T:breakpoint(where [, when | {when=, temporary=}]) → B
function T:breakpoint(where, how)
  local addr, message, errno = address_of(self, where)
  if not addr then return nil, message, errno end
  if type(how) == "function" then how = {when = how} end
  how = how or {}
  local ok
  ok, message, errno = put_in(self, addr)
  if not ok then return nil, message, errno end
  local b = setmetatable({
    tracee = self, addr = addr, name = type(where) == "string" and where or self:where(addr), hits = 0, when = how.when,
    temporary = how.temporary,
  }, point_meta)
  self.points[addr] = b
  return b
end

-- B:clear()
function B:clear()
  local t = self.tracee
  if t.points[self.addr] ~= self then return true end
  t.points[self.addr] = nil
  take_out(t, self.addr)
  return true
end

-- T:breakpoints(): a list of B by address
function T:breakpoints()
  local list = {}
  for _, b in pairs(self.points) do list[#list + 1] = b end
  table.sort(list, function(a, b) return math.ult(a.addr, b.addr) end)
  return list
end

-- --- going on ---

-- Lets it run; `sig` is delivered. The instruction it is at may not be a breakpoint of ours.
local function release(self, how, sig)
  local ok, message, errno = self.handle[how](self.handle, sig)
  if ok then self.state = "running" end
  return ok, message, errno
end

-- Where the next instruction leads, whatever breakpoint lies on it.
local function plan_here(self)
  local pc = pc_of(self)
  local covered = pc and self.patches[pc]
  if covered then self.handle:poke(pc, covered) end
  local plan, message, errno = self.handle:plan()
  if covered then self.handle:poke(pc, CODE) end
  return plan, message, errno
end

-- T:step([sig]): one instruction; wait tells {kind="step"}. A handler that runs first is not stepped into.
function T:step(sig)
  local pc = pc_of(self)
  if not pc then return nil, "no such process", 3 end
  local stepping = {targets = {}, from = pc}
  take_out(self, pc)
  for _, target in ipairs(plan_here(self) or {}) do -- none: there is no instruction, it gets its signal
    stepping.targets[target] = true
    put_in(self, target)
  end
  self.stepping = stepping
  return release(self, "cont", sig)
end

local function go_on(self, how, sig)
  local pc = pc_of(self)
  if pc and self.patches[pc] and not self.dead then
    local ok, message, errno = self:step(sig)
    if not ok then return nil, message, errno end
    local event
    event, message, errno = self:wait_once()
    if not event then return nil, message, errno end
    if event.kind ~= "step" then -- something came first: that is what wait tells
      self.late[#self.late + 1] = event
      return true
    end
    sig = nil
    if self.points[event.pc] then -- it ran right into the next one
      self.late[#self.late + 1] = self:hit(event.pc)
      return true
    end
  end
  return release(self, how, sig)
end

function T:cont(sig) return go_on(self, "cont", sig) end
function T:syscall(sig) return go_on(self, "syscall", sig) end
function T:listen() return release(self, "listen") end
function T:interrupt() return self.handle:interrupt() end

-- --- events ---

-- Takes out what a step put in, and puts back what it took out.
local function end_step(self)
  local step = self.stepping
  if not step then return end
  self.stepping = nil
  for target in pairs(step.targets) do
    if not self.points[target] then take_out(self, target) end
  end
  if self.points[step.from] then put_in(self, step.from) end
  return step
end

function T:hit(pc)
  local b = self.points[pc]
  b.hits = b.hits + 1
  local event = {kind = "breakpoint", breakpoint = b, pc = pc, where = self:where(pc)}
  if b.temporary then b:clear() end
  return event
end

local function trap(self, step)
  local pc = pc_of(self) - SKID
  if not (step and step.targets[pc] or self.patches[pc]) then return nil end
  if SKID > 0 then self.handle:setreg("pc", pc) end
  if step and step.targets[pc] then return {kind = "step", pc = pc} end
  return self:hit(pc)
end

local function signal_event(self, sig, step)
  local info = self.handle:siginfo()
  if not info then return {kind = "stop", signal = sig} end -- a group stop of one that was attached to
  if sig == SIGTRAP and info.code > 0 then
    local event = trap(self, step)
    if event then return event end
  end
  return {kind = "signal", signal = sig, signame = info.signame, siginfo = info, pc = pc_of(self)}
end

-- Those that it makes are traced from their first instruction on, if the options say so: event.child is the T.
local function family_event(self, event)
  local tid = self.handle:message()
  event.message = tid
  if event.kind == "fork" or event.kind == "vfork" or event.kind == "clone" then
    local handle = ptrace.handle(tid)
    if handle then
      local pid = event.kind == "clone" and fs.stat(string.format("/proc/%d/task/%d", self.pid, tid)) and self.pid or tid
      event.child = new(handle, pid, tid, self.options)
      if pid ~= self.pid and event.kind == "fork" then -- a copy of our breakpoints is in its copy of the code
        for addr, old in pairs(self.patches) do event.child.patches[addr] = old end
        event.child.inherited = true
      end
    end
  elseif event.kind == "exec" then
    for addr in pairs(self.patches) do self.patches[addr] = nil end
    self.points = {}
  end
  return event
end

local function syscall_event(self, kind)
  local call = self.handle:call()
  if not call then return {kind = kind or "signal", signal = SIGTRAP} end
  call.kind = kind or "syscall-" .. call.kind
  if call.kind == "syscall-enter" then
    self.last_call = call
  elseif call.kind == "syscall-exit" and self.last_call then
    call.call, call.number, call.args = self.last_call.call, self.last_call.number, self.last_call.args
    call.text = self.last_call.text
  end
  return call
end

local function decode(self, result)
  local step = end_step(self)
  if result.kind == "exited" or result.kind == "killed" or result.kind == "dumped" then
    self.state, self.dead = "gone", true
    if result.kind == "exited" then return {kind = "exited", status = result.status} end
    return {kind = "killed", signal = result.signal, signame = result.signame, core = result.kind == "dumped"}
  end
  self.state = "stopped"
  local sig, event = result.raw >> 8 & 0xff, result.raw >> 16
  if event == 128 then
    if sig == SIGTRAP then return {kind = "stop", interrupted = true} end
    return {kind = "stop", signal = sig, signame = result.signame}
  end
  if event == 7 then return syscall_event(self, "seccomp") end
  if event > 0 then return family_event(self, {kind = EVENTS[event]}) end
  if sig == SIGTRAP | 0x80 then return syscall_event(self) end
  return signal_event(self, sig, step)
end

local function tidy_child(self)
  self.inherited = nil
  local old = {}
  for addr in pairs(self.patches) do old[#old + 1] = addr end
  for _, addr in ipairs(old) do take_out(self, addr) end
end

function T:wait_once(timeout)
  if #self.late > 0 then return table.remove(self.late, 1) end
  local result, message, errno = self.handle:wait(timeout)
  if not result then return nil, message, errno end
  local event = decode(self, result)
  if self.inherited and not self.dead then tidy_child(self) end
  if self.fresh and not self.dead then
    self.fresh = nil
    self.handle:options(self.options)
  end
  event.tid = self.tid
  return setmetatable(event, {__tostring = M.describe, __name = "event"})
end

-- T:wait([timeout]): the next event
function T:wait(timeout)
  local deadline = timeout and time.now() + timeout
  while true do
    local event, message, errno = self:wait_once(deadline and math.max(deadline - time.now(), 0))
    if not event then return nil, message, errno end
    local b = event.kind == "breakpoint" and event.breakpoint
    if not (b and b.when) or b.when(self, b) then
      self.last = event
      return event
    end
    local ok
    ok, message, errno = self:cont()
    if not ok then return nil, message, errno end
  end
end

-- An event in words.
function M.describe(e)
  local parts = {e.kind}
  if e.signame then parts[#parts + 1] = e.signame end
  if e.status then parts[#parts + 1] = "with status " .. e.status end
  if e.text then parts[#parts + 1] = e.text end
  if e.result then parts[#parts + 1] = "= " .. e.result end
  if e.child then parts[#parts + 1] = "of " .. e.child.tid end
  if e.pc then parts[#parts + 1] = string.format("at 0x%x", e.pc) end
  if e.where then parts[#parts + 1] = "(" .. e.where .. ")" end
  return table.concat(parts, " ")
end

-- --- longer ways, which end at the first other event ---

local function step_and_wait(self)
  local ok, message, errno = self:step()
  if not ok then return nil, message, errno end
  local event
  event, message, errno = self:wait_once()
  if not event then return nil, message, errno end
  if event.kind == "step" and self.points[event.pc] then event = self:hit(event.pc) end
  return event
end

-- Runs to `addr` in this frame of the stack (not one of a recursion), by a breakpoint of its own.
local function run_to(self, addr, sp)
  local own = not self.points[addr]
  if own then
    local b, message, errno = self:breakpoint(addr, function(t) return not math.ult(t:regs().sp, sp) end)
    if not b then return nil, message, errno end
  end
  local ok, message, errno = self:cont()
  local event
  if ok then event, message, errno = self:wait() end
  if own and self.points[addr] then self.points[addr]:clear() end
  if not event then return nil, message, errno end
  if event.kind == "breakpoint" and event.pc == addr and own then
    return setmetatable({kind = "step", pc = addr, tid = self.tid}, {__tostring = M.describe, __name = "event"})
  end
  return event
end

-- T:next(): as step and wait, but a call counts as one instruction
function T:next()
  local plan, regs = plan_here(self), self.handle:regs()
  local event, message, errno = step_and_wait(self)
  if not (plan and regs and plan.kind == "call") or not event or event.kind ~= "step" then return event, message, errno end
  return run_to(self, plan.after, regs.sp)
end

-- T:finish(): runs until this function has returned
function T:finish()
  while true do
    local plan, message, errno = plan_here(self)
    if not plan then return nil, message, errno end
    local event
    event, message, errno = self:next()
    if not event then return nil, message, errno end
    if event.kind ~= "step" then return event end
    if plan.kind == "return" then
      event.kind, event.where = "finish", self:where(event.pc)
      self.last = event
      return event
    end
  end
end

-- T:watch(where, n): steps until these n bytes change
function T:watch(where, n)
  local addr, message, errno = address_of(self, where)
  if not addr then return nil, message, errno end
  n = n or 8
  local old
  old, message, errno = self:peek(addr, n)
  if not old then return nil, message, errno end
  while true do
    local event
    event, message, errno = step_and_wait(self)
    if not event then return nil, message, errno end
    local now = not self.dead and self:peek(addr, n)
    if now and now ~= old then
      event.kind, event.old, event.new, event.addr, event.where = "watch", old, now, addr, self:where(event.pc)
    end
    self.last = event
    if event.kind ~= "step" then return event end
  end
end

-- --- letting go ---

-- T:detach([sig]): it goes on by itself; it has to be stopped
function T:detach(sig)
  local ok, message, errno = self.handle:detach(sig)
  if ok then self.state, self.dead = "let go", true end
  return ok, message, errno
end

-- T:close(): lets go of it in whatever state it is. <close> does the same.
function T:close()
  self.handle:close()
  if self.state ~= "gone" then self.state = "let go" end
  self.dead = true
  return true
end

-- T:kill(): ends the process and waits for it
function T:kill()
  if self.dead then return true end
  local ok, message, errno = signal.kill(self.pid, "KILL")
  if not ok then return nil, message, errno end
  while not self.dead do
    local event
    event, message, errno = self:wait_once()
    if not event then return nil, message, errno end
  end
  return true
end

return M
