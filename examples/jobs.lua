-- Job control in ten lines: a child is stopped, continued and killed, and each time its parent is told.
--   ./perilune run --script examples/jobs.lua
local child = assert(proc.spawn{"/bin/busybox", "sh", "-c", "while :; do :; done"})

local function tell(what, report)
  print(string.format("%-9s state %s, wait says: %s", what, child.state, report.kind))
end

print("spawned   " .. tostring(child))
child:stop()
tell("stopped", assert(child:wait{untraced = true}))
child:cont()
tell("continued", assert(child:wait{continued = true}))
child:kill("TERM")
local last = assert(child:wait())
print("killed    by " .. last.signame)
