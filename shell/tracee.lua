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

local function new(handle, options, maker)
  local tid, pid = handle:ids()
  return setmetatable({
    handle = handle, pid = pid, tid = tid, state = "running", options = options,
    points = maker and maker.points or {}, -- address → B, of the address space
    threads = maker and maker.pid == pid and maker.threads or {}, -- T → true, of the process
  }, meta)
end

-- ptrace.attach(pid)
function M.attach(pid)
  local handle, message, errno = ptrace.open(pid)
  if not handle then return nil, message, errno end
  local t = new(handle, option_bits())
  t.fresh = true -- its options can be set when it has stopped
  t.threads[t] = true
  return t
end

-- ptrace.seize(pid [, options])
function M.seize(pid, options)
  local bits = option_bits(options)
  local handle, message, errno = ptrace.open(pid, bits)
  if not handle then return nil, message, errno end
  local t = new(handle, bits)
  t.threads[t] = true
  return t
end

-- ptrace.spawn{…, options=}
function M.spawn(spec)
  local copy = {}
  for k, v in pairs(spec) do copy[k] = v end
  local bits = option_bits(copy.options)
  copy.options, copy.traced = nil, bits
  local p, message, errno = proc.spawn(copy)
  if not p then return nil, message, errno end
  local handle
  handle, message, errno = ptrace.handle(p.pid)
  if not handle then return nil, message, errno end -- it was killed already
  local t = new(handle, bits)
  t.process = p
  t.threads[t] = true
  local ok, event, why, number = pcall(t.wait, t)
  if not ok then
    p:kill("KILL")
    error(event, 0)
  end
  if not event then return nil, why, number end
  return t
end

-- --- the program's memory, without our breakpoints in it ---

function T:peek(addr, n) return self.handle:peek(addr, n) end
function T:poke(addr, bytes) return self.handle:poke(addr, bytes) end

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
      local symbols = elf.symbols(m.name, m.inode)
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
  ok, message, errno = self.handle:plant(addr)
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
  if t.points[self.addr] ~= self or t.dead then return true end
  local ok, message, errno = t.handle:lift(self.addr)
  if ok then t.points[self.addr] = nil end
  return ok, message, errno
end

-- T:breakpoints(): a list of B by address
function T:breakpoints()
  local list = {}
  for _, b in pairs(self.points) do list[#list + 1] = b end
  table.sort(list, function(a, b) return math.ult(a.addr, b.addr) end)
  return list
end

-- --- going on ---

-- Takes out what a step put in, and puts back what it took out.
local function end_step(self)
  local step = self.stepping
  self.stepping = nil
  if not step or self.dead then return step end
  for target in pairs(step.targets) do
    if not self.points[target] then self.handle:lift(target) end
  end
  if self.points[step.from] then self.handle:plant(step.from) end
  return step
end

-- Lets it run; `sig` is delivered. The instruction it is at may not be a breakpoint of ours.
local function release(self, how, sig)
  local goal, step = self.goal, self.stepping
  if goal and not self.points[goal.addr] and not (step and step.from == goal.addr) then
    local ok, message, errno = self.handle:plant(goal.addr)
    if not ok then return nil, message, errno end
  end
  local fine, ok, message, errno = pcall(self.handle[how], self.handle, sig)
  if not fine then
    end_step(self)
    error(ok, 0)
  end
  if ok then self.state = "running" else end_step(self) end
  return ok, message, errno
end

-- Plants what the next instruction leads to. In a system call that is where the thread goes on after it.
local function plant_targets(self, pc)
  local plan, message, errno = {pc}, nil, nil
  if not self.in_call then plan, message, errno = self.handle:plan() end
  if not plan and self:peek(pc, #CODE) then return nil, message, errno end -- else it will get its signal
  local targets = {}
  for _, target in ipairs(plan or {}) do
    local ok, why, number = self.handle:plant(target)
    if ok then targets[target] = true elseif number ~= 5 then return nil, why, number end -- 5: there is nothing to run
  end
  return targets
end

-- One instruction. `after`: how it goes on then, nil: it stops.
local function step_from(self, pc, how, sig, after)
  if not self.in_call then
    local ok, message, errno = self.handle:lift(pc)
    if not ok then return nil, message, errno end
  end
  self.stepping = {targets = {}, from = pc, after = after}
  local targets, message, errno = plant_targets(self, pc)
  if not targets then
    end_step(self)
    return nil, message, errno
  end
  self.stepping.targets = targets
  return release(self, how, sig)
end

-- T:step([sig]): one instruction; wait tells {kind="step"}. A handler that runs first is not stepped into.
function T:step(sig)
  local regs, message, errno = self.handle:regs()
  if not regs then return nil, message, errno end
  return step_from(self, regs.pc, "cont", sig)
end

local function go_on(self, how, sig)
  local regs, message, errno = self.handle:regs()
  if not regs then return nil, message, errno end
  if self.handle:planted(regs.pc) and not self.in_call then return step_from(self, regs.pc, how, sig, how) end
  return release(self, how, sig)
end

function T:cont(sig) return go_on(self, "cont", sig) end
function T:syscall(sig) return go_on(self, "syscall", sig) end
function T:listen() return release(self, "listen") end
function T:interrupt() return self.handle:interrupt() end

-- --- events: a table, or false: nothing to tell, it goes on; or nil: it is being killed, that is told next ---

local event_meta = {__name = "event"}

-- At a breakpoint. Its condition may say that it goes on.
local function hit(self, pc)
  local b = self.points[pc]
  b.hits = b.hits + 1
  if b.when and not b.when(self, b) then return false end
  if b.temporary then b:clear() end
  return {kind = "breakpoint", breakpoint = b, pc = pc, where = self:where(pc)}
end

-- At the end of a step that was to be told: a breakpoint there is one, too.
local function stepped(self, pc)
  return self.points[pc] and hit(self, pc) or {kind = "step", pc = pc}
end

local function at_goal(self, pc)
  local goal = self.goal
  return goal and pc == goal.addr and not math.ult(self.handle:regs().sp, goal.sp)
end

local function trap(self, step, pc)
  if step and step.targets[pc] then
    if not step.after then return stepped(self, pc) end
    self.how = step.after
  end
  if at_goal(self, pc) then return {kind = "step", pc = pc} end
  if self.points[pc] then return hit(self, pc) end
  return false -- another thread's step, or the goal in another frame
end

local function signal_event(self, sig, step)
  local info, _, errno = self.handle:siginfo()
  local pc = pc_of(self)
  if errno == 22 then return {kind = "stop", signal = sig} end -- a group stop of one that was attached to
  if not info or not pc then return nil end
  local mine = step and step.targets[pc - SKID] or self.handle:planted(pc - SKID)
  if sig == SIGTRAP and info.code > 0 and mine then
    if SKID > 0 then self.handle:setreg("pc", pc - SKID) end
    return trap(self, step, pc - SKID)
  end
  return {kind = "signal", signal = sig, signame = info.signame, siginfo = info, pc = pc}
end

-- Those that it makes are traced from their first instruction on, if the options say so: event.child is the T. Breakpoints,
-- those of a step among them, are in their memory too.
local function birth_event(self, event)
  local tid = self.handle:message()
  local handle, shared = nil, nil
  if tid then handle, shared = ptrace.handle(tid, self.handle) end
  if handle then
    event.child = new(handle, self.options, shared and self or nil)
    event.child.threads[event.child] = true
    event.child.copied = not shared
  end
  event.message = tid
  return event
end

local function syscall_event(self, kind)
  local call = self.handle:call()
  if not call then return nil end
  call.kind = kind or "syscall-" .. call.kind
  if call.kind == "syscall-exit" then
    for name, value in pairs(self.last_call or {}) do call[name] = call[name] or value end
  else
    self.in_call = true
    self.last_call = {call = call.call, number = call.number, args = call.args, text = call.text}
  end
  return call
end

local function end_event(self, result)
  self.state, self.dead = "gone", true
  self.threads[self] = nil
  if result.kind == "exited" then return {kind = "exited", status = result.status} end
  return {kind = "killed", signal = result.signal, signame = result.signame, core = result.kind == "dumped"}
end

-- The program that it runs now has none of our breakpoints.
local function exec_event(self)
  self.stepping, self.goal, self.points = nil, nil, {}
  self.handle:forget()
  return {kind = "exec", message = self.handle:message()}
end

local BIRTHS = {fork = true, vfork = true, clone = true}

local function stop_event(self, sig, number)
  local kind = EVENTS[number]
  self.in_call = nil
  if kind == "exec" then return exec_event(self) end
  local birth = BIRTHS[kind] and birth_event(self, {kind = kind}) -- before the step's breakpoints go
  local step = end_step(self)
  if self.copied then
    self.copied = nil
    self.handle:lift_all()
  end
  if birth then return birth end
  if number == 128 then return {kind = "stop", signal = sig ~= SIGTRAP and sig or nil, interrupted = sig == SIGTRAP or nil} end
  if kind == "seccomp" then return syscall_event(self, kind) end
  if kind then return {kind = kind, message = self.handle:message()} end
  if sig == SIGTRAP | 0x80 then return syscall_event(self) end
  return signal_event(self, sig, step)
end

local function decode(self, result)
  if result.kind == "exited" or result.kind == "killed" or result.kind == "dumped" then return end_event(self, result) end
  self.state, self.how = "stopped", "cont"
  local event = stop_event(self, result.raw >> 8 & 0xff, result.raw >> 16)
  if event and event.kind == "stop" and event.signal then event.signame = result.signame end
  if self.fresh then
    self.fresh = nil
    self.handle:options(self.options)
  end
  return event
end

-- A goal is for one way only: what comes first ends it.
local function end_goal(self)
  local goal = self.goal
  self.goal = nil
  if goal and not self.dead and not self.points[goal.addr] then self.handle:lift(goal.addr) end
end

-- T:wait([timeout]): the next event
function T:wait(timeout)
  local deadline = timeout and time.now() + timeout
  while true do
    local result, message, errno = self.handle:wait(deadline and math.max(deadline - time.now(), 0))
    if not result then return nil, message, errno end
    local event = decode(self, result)
    if event then
      end_goal(self)
      event.tid = self.tid
      self.last = event
      return setmetatable(event, event_meta)
    end
    if event == false then
      local ok
      ok, message, errno = go_on(self, self.how)
      if not ok and errno ~= 3 then return nil, message, errno end -- 3: it is being killed
    end
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
event_meta.__tostring = M.describe

-- --- longer ways, which end at the first other event ---

local function step_and_wait(self)
  local ok, message, errno = self:step()
  if not ok then return nil, message, errno end
  return self:wait()
end

-- Runs to `addr` in this frame of the stack, not in one of a recursion.
local function run_to(self, addr, sp)
  self.goal = {addr = addr, sp = sp}
  local ok, message, errno = self:cont()
  if ok then return self:wait() end
  end_goal(self)
  return nil, message, errno
end

-- T:next(): as step and wait, but a call counts as one instruction
function T:next()
  local plan, regs = self.handle:plan(), self.handle:regs()
  local event, message, errno = step_and_wait(self)
  if not (plan and regs and plan.kind == "call") or not event or event.kind ~= "step" then return event, message, errno end
  return run_to(self, plan.after, regs.sp)
end

-- T:finish(): runs until this function has returned
function T:finish()
  while true do
    local plan, message, errno = self.handle:plan()
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
    local now = (event.kind == "step" or event.kind == "breakpoint") and self:peek(addr, n)
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
  if ok then self:close() end
  return ok, message, errno
end

-- T:close(): lets go of it in whatever state it is. <close> does the same.
function T:close()
  self.handle:close()
  if self.state ~= "gone" then self.state = "let go" end
  self.dead = true
  self.threads[self] = nil
  return true
end

-- T:kill(): ends the process and waits for it
function T:kill()
  if self.dead then return true end
  local ok, message, errno = signal.kill(self.pid, "KILL")
  if not ok then return nil, message, errno end
  for thread in pairs(self.threads) do -- the end of the first one is told when the others are gone
    if thread ~= self then thread:close() end
  end
  while not self.dead do
    local event
    event, message, errno = self:wait()
    if not event then return nil, message, errno end
  end
  return true
end

return M
