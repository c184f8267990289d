-- How the records and lists of the kernel's modules print: tables with headings, reports. One entry a kind in `views`.
local M = {}

-- --- building blocks ---

local function width(s) return utf8.len(s) or #s end

-- Rows of strings under headings; columns whose heading begins with ">" are aligned to the right.
local function columns(headings, rows)
  local right, widths, lines = {}, {}, {}
  local head = {}
  for i, h in ipairs(headings) do
    right[i] = h:sub(1, 1) == ">"
    head[i] = right[i] and h:sub(2) or h
    widths[i] = width(head[i])
  end
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do widths[i] = math.max(widths[i], width(cell)) end
  end
  local function line(row)
    local cells = {}
    for i = 1, #head do
      local cell = row[i] or ""
      local pad = string.rep(" ", widths[i] - width(cell))
      cells[i] = right[i] and pad .. cell or cell .. pad
    end
    return (table.concat(cells, "  "):gsub("%s+$", ""))
  end
  lines[1] = line(head)
  for _, row in ipairs(rows) do lines[#lines + 1] = line(row) end
  return table.concat(lines, "\n")
end

local function str(v)
  if v == nil then return "-" end
  return tostring(v)
end

local function hex(v) return v and string.format("0x%x", v) or "-" end
local function seconds(v) return v and string.format("%.3f", v) or "-" end
local function kib(pages) return string.format("%d", pages * 4) end
local function mode(v) return v and string.format("%04o", v) or "-" end
local function flag(v) return v and "yes" or "" end
local function percent(part, whole) return whole > 0 and string.format("%.0f %%", 100 * part / whole) or "-" end

-- A view of a list: each column is {heading, field, format}.
local function list_view(spec, empty)
  return function(list)
    local headings, rows = {}, {}
    for i, c in ipairs(spec) do headings[i] = c[1] end
    for _, item in ipairs(list) do
      local row = {}
      for i, c in ipairs(spec) do
        local value
        if type(c[2]) == "function" then value = c[2](item) else value = item[c[2]] end
        row[i] = (c[3] or str)(value)
      end
      rows[#rows + 1] = row
    end
    if #rows == 0 then return empty or "(none)" end
    return columns(headings, rows)
  end
end

-- A view of a record: {label, field or function, format} a line; nil values are left out.
local function record_view(spec)
  return function(record)
    local rows, widest = {}, 0
    for _, f in ipairs(spec) do
      local value
      if type(f[2]) == "function" then value = f[2](record) else value = record[f[2]] end
      if value ~= nil then
        rows[#rows + 1] = {f[1], (f[3] or str)(value)}
        widest = math.max(widest, #f[1])
      end
    end
    for i, row in ipairs(rows) do rows[i] = row[1] .. string.rep(" ", widest - #row[1] + 2) .. row[2] end
    return table.concat(rows, "\n")
  end
end

local function names(list)
  if type(list) ~= "table" then return str(list) end
  if #list == 0 then return "-" end
  local out = {}
  for i, v in ipairs(list) do out[i] = str(v) end
  return table.concat(out, " ")
end

local function cpu_time(p)
  return (p.utime or 0) + (p.stime or 0)
end

local views = {}

-- --- processes ---

views.processes = list_view({
  {">PID", "pid"}, {">PPID", "ppid"}, {">PGID", "pgid"}, {">SID", "sid"}, {"S", "state"}, {">CPU", "cpu"},
  {">TIME", cpu_time, seconds}, {"WAITS FOR", "waits_for"}, {"NAME", "comm"},
}, "(no processes)")

views.threads = list_view{
  {">TID", "tid"}, {"S", "state"}, {">CPU", "cpu"}, {"ON", "running", flag}, {">USER", "utime", seconds},
  {">SYSTEM", "stime", seconds}, {"WAITS FOR", "waits_for"}, {"NAME", "comm"},
}

views.groups = list_view{
  {">PGID", "id"}, {">SID", "session"}, {"FG", "is_foreground", flag}, {"ORPHANED", "orphaned", flag},
  {"MEMBERS", function(g)
    local pids = {}
    for i, p in ipairs(g.members or {}) do pids[i] = str(type(p) == "number" and p or p.pid) end
    return table.concat(pids, " ")
  end},
}

function views.tree(node)
  local lines = {}
  local function add(n, prefix, branch, below)
    lines[#lines + 1] = string.format("%s%s%d %s %s", prefix, branch, n.pid, n.comm, n.state ~= "S" and n.state or "")
    lines[#lines] = lines[#lines]:gsub("%s+$", "")
    for i, child in ipairs(n.children or {}) do
      local last = i == #n.children
      add(child, prefix .. below, last and "`- " or "|- ", last and "   " or "|  ")
    end
  end
  add(node, "", "", "")
  return table.concat(lines, "\n")
end

function views.wait(r)
  local what = r.kind
  if r.kind == "exited" then what = "exited with status " .. str(r.status)
  elseif r.kind == "killed" then what = "killed by " .. str(r.signame)
  elseif r.kind == "dumped" then what = "killed by " .. str(r.signame) .. ", core dumped"
  elseif r.kind == "stopped" then what = "stopped by " .. str(r.signame)
  elseif r.kind == "trapped" then what = "trapped: " .. str(r.signame) .. (r.event and ", event " .. r.event or "") end
  local u = r.rusage
  local time = u and string.format(" (%.3f s user, %.3f s system)", u.utime, u.stime) or ""
  return string.format("pid %d: %s%s", r.pid, what, r.kind ~= "stopped" and r.kind ~= "continued" and time or "")
end

views.maps = list_view{
  {">START", "start", hex}, {">END", "stop", hex}, {">KIB", "size", function(n) return string.format("%d", n // 1024) end},
  {"PERMS", "perms"}, {">OFFSET", "offset", hex}, {"NAME", "name"},
}

views.fds = list_view{
  {">FD", "fd"}, {"MODE", "mode"}, {">POS", "pos"}, {">INODE", "inode"},
  {"PATH", function(f) return f.socket and f.path .. " " .. f.socket or f.path end},
}

-- The array part holds the names in their order.
function views.regs(regs)
  local cells, lines = {}, {}
  for _, name in ipairs(regs) do cells[#cells + 1] = string.format("%-8s %016x", name, regs[name] or 0) end
  for i = 1, #cells, 3 do lines[#lines + 1] = table.concat(cells, "  ", i, math.min(i + 2, #cells)) end
  return table.concat(lines, "\n")
end

function views.stack(frames)
  local lines = {}
  for i, f in ipairs(frames) do lines[i] = string.format("#%-2d 0x%016x  %s", i - 1, f.pc, str(f.where)) end
  return #lines > 0 and table.concat(lines, "\n") or "(no frames)"
end

-- --- signals ---

local function siginfo_line(i)
  local from = i.pid and string.format(" from pid %d uid %d", i.pid, i.uid or 0) or ""
  local addr = i.addr and " at " .. hex(i.addr) or ""
  local value = i.value and " value " .. i.value or ""
  local queue = i.tid and " for thread " .. i.tid or ""
  return string.format("%s code %s%s%s%s%s", str(i.signame or i.signal), str(i.codename or i.code), from, addr, value, queue)
end
views.siginfo = siginfo_line

function views.signals(s)
  local text = record_view{
    {"pending", "pending", names}, {"shared", "shared", names}, {"blocked", "blocked", names},
    {"ignored", "ignored", names}, {"caught", "caught", names},
  }(s)
  for i, t in ipairs(s.threads or {}) do
    local same = table.concat(t.blocked, " ") == table.concat(s.blocked, " ")
    if i > 1 and (not same or #t.pending > 0) then
      text = text .. "\nthread   " .. t.tid .. ": pending " .. names(t.pending) .. ", blocked " .. names(t.blocked)
    end
  end
  for _, info in ipairs(s.queue or {}) do text = text .. "\nqueued   " .. siginfo_line(info) end
  if s.missed then text = text .. "\nand " .. s.missed .. " more" end
  return text
end

views.history = list_view({
  {">TIME", "time", seconds}, {">CPU", "cpu"}, {"WHAT", "what"}, {"SIGNAL", "signame"}, {">FROM", "from"}, {">TO", "to"}, {"DETAIL", "detail"},
}, "(no events)")

-- --- memory ---

function views.memory(m)
  local rows = {{"all", kib(m.total), ""}}
  for _, use in ipairs{"initramfs", "free", "used", "reserved", "slab", "user", "cache", "filled", "page_table", "kstack"} do
    rows[#rows + 1] = {use, kib(m[use]), percent(m[use], m.total)}
  end
  return columns({"PAGES", ">KIB", ">SHARE"}, rows)
    .. string.format("\nkernel heap: %d objects, %d KiB; Lua: %d objects, %d KiB; %d file handles",
      m.kernel_objects, m.kernel_bytes // 1024, m.lua_objects, m.lua_bytes // 1024, m.handles or 0)
end

function views.heap(h)
  local text = list_view{{">SIZE", "size"}, {">USED", "used"}, {">TOTAL", "total"}}(h)
  return text .. string.format("\n%d objects, %d bytes; large: %d objects, %d bytes",
    h.objects, h.bytes, h.large_objects, h.large_bytes)
end

views.translation = record_view{
  {"virtual", "va", hex}, {"physical", "pa", hex}, {"perms", "perms"}, {"accessed", "accessed"}, {"dirty", "dirty"},
}

views.symbols = list_view({{">ADDRESS", "addr", hex}, {">SIZE", "size"}, {"NAME", "name"}}, "(no such symbol)")
views.sites = list_view({{">SEEN", "seen"}, {">FAILED", "failed"}, {"SITE", "site"}}, "(no rule has met an allocation)")

-- --- the machine ---

views.cpus = list_view{
  {">CPU", "id"}, {">HW ID", "hw_id"}, {"STATE", "state"}, {">PID", "pid"}, {">IDLE S", "idle_time", seconds},
  {">SWITCHES", "switches"}, {">INTERRUPTS", "interrupts"}, {">IPIS", "ipis"}, {"NAME", "comm"},
}
views.irqs = list_view{{">IRQ", "irq"}, {">COUNT", "count"}, {"NAME", "name"}}
views.runq = list_view({
  {">CPU", "cpu"}, {">PID", "pid"}, {">TID", "tid"}, {"ON", "running", flag}, {">NICE", "nice"},
  {">VRUNTIME", "vruntime"}, {"NAME", "comm"},
}, "(nothing is runnable)")

views.uname = function(u)
  return table.concat({u.sysname, u.nodename, u.release, u.version, u.machine}, " ")
end

function views.args(args)
  local list = {}
  for name, value in pairs(args) do list[#list + 1] = value == "" and name or name .. "=" .. value end
  table.sort(list)
  return #list > 0 and table.concat(list, "\n") or "(no boot arguments)"
end

views.syscalls = list_view{
  {">NUMBER", "number"}, {"NAME", "name"}, {">ARGUMENTS", "nargs"}, {"IMPLEMENTED", "implemented", flag},
}

-- --- log and trace ---

function views.log(records)
  local lines = {}
  for i, r in ipairs(records) do lines[i] = string.format("[%11.6f] %-5s %s", r.time, r.level, r.text) end
  return #lines > 0 and table.concat(lines, "\n") or "(nothing was logged)"
end

local function event_line(e)
  local what = e.text or e.call
  if not what then
    local rest = {}
    for _, k in ipairs{"signame", "to", "child", "status", "addr", "name", "result"} do
      if e[k] ~= nil then rest[#rest + 1] = k .. "=" .. (k == "addr" and hex(e[k]) or str(e[k])) end
    end
    what = str(e.kind) .. " " .. table.concat(rest, " ")
  end
  return string.format("%12.6f %d %5d  %s", e.time or 0, e.cpu or 0, e.tid or 0, what)
end
views.event = event_line

function views.trace(events)
  local lines = {}
  for i, e in ipairs(events) do lines[i] = event_line(e) end
  return #lines > 0 and table.concat(lines, "\n") or "(no events)"
end

-- --- files ---

views.files = list_view({{"NAME", "name"}, {"TYPE", "type"}}, "(empty)")
views.stat = record_view{
  {"type", "type"}, {"mode", "mode", mode}, {"size", "size"}, {"owner", function(s)
    return s.uid and string.format("%d:%d", s.uid, s.gid or 0)
  end}, {"links", "nlink"}, {"inode", "inode"}, {"modified", function(s)
    return s.mtime and os.date("%Y-%m-%d %H:%M:%S", math.floor(s.mtime))
  end},
}

-- --- crashes ---

local function crash_head(c)
  return string.format("%s (pid %d, tid %d) died of %s%s at %s, %.3f s after boot", c.comm, c.pid, c.tid, str(c.signame),
    c.codename and " " .. c.codename or "", hex(c.addr), c.time)
end

function views.crash(c)
  local text = crash_head(c) .. "\n" .. str(c.cause) .. "\npc " .. hex(c.pc) .. "  sp " .. hex(c.sp)
  if c.regs then text = text .. "\n" .. views.regs(c.regs) end
  if c.bytes then
    text = text .. "\ncode at pc: " .. c.bytes:gsub(".", function(b) return string.format("%02x ", b:byte()) end)
  end
  if c.frames then text = text .. "\n" .. views.stack(c.frames) end
  for _, line in ipairs(c.log or {}) do text = text .. "\n" .. str(type(line) == "table" and line.text or line) end
  return text
end

views.crashes = function(list)
  local lines = {}
  for i, c in ipairs(list) do lines[i] = string.format("%d  %s", c.seq, crash_head(c)) end
  return #lines > 0 and table.concat(lines, "\n") or "(nothing has crashed)"
end

-- --- finding them ---

M.columns = columns
M.views = views

-- The text of a value of this kind; a record that is not as expected is listed plainly rather than failing.
function M.format(kind, value)
  local ok, text = pcall(views[kind], value)
  if ok then return text end
  local lines = {}
  for k, v in next, value do lines[#lines + 1] = tostring(k) .. " = " .. tostring(v) end
  table.sort(lines)
  return kind .. ":\n  " .. table.concat(lines, "\n  ")
end

return M
