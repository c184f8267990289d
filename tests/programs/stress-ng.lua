-- Runs after the line that tests/programs/stress-ng writes: ALONE, TOGETHER, WORKERS, STRESSORS.
local leaks = require("leaks")

local WARM_UP = 2 -- seconds: what is made at the first use and kept is no leak
local failures = 0

-- These refuse to run as root.
local UNPRIVILEGED = {exec = true}

local function start(words, seconds, unprivileged)
	local argv = {"/usr/bin/stress-ng", "--temp-path", "/tmp", "--timeout", seconds .. "s", "--oomable"}
	if unprivileged then
		argv = {"/usr/bin/setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", table.unpack(argv)}
	end
	for _, word in ipairs(words) do argv[#argv + 1] = word end
	argv.stdin, argv.stdout, argv.stderr, argv.pgid = "null", "pipe", "stdout", 0
	return assert(proc.spawn(argv))
end

-- Reads until the program ends; gives its status and output.
local function finish(p)
	local parts = {}
	while true do
		local bytes = p.stdout:read(65536)
		if not bytes or bytes == "" then break end
		parts[#parts + 1] = bytes
	end
	p.stdout:close()
	return p:wait(), table.concat(parts)
end

-- Runs the stressors, each `workers` times. Gives the statuses, the output, and the seconds that it took.
local function stress(stressors, workers, seconds)
	local began, words, running = time.now(), {[true] = {}, [false] = {}}, {}
	for _, s in ipairs(stressors) do
		local w = words[UNPRIVILEGED[s] or false]
		w[#w + 1] = "--" .. s
		w[#w + 1] = tostring(workers)
	end
	for unprivileged, w in pairs(words) do
		if #w > 0 then running[#running + 1] = start(w, seconds, unprivileged) end
	end
	local statuses, output = {}, ""
	for i, p in ipairs(running) do
		local w, text = finish(p)
		statuses[i] = w
		output = output .. text
	end
	return statuses, output, time.now() - began
end

-- Kernel messages since the last look, each kind once: the name and id of who caused it do not count.
local seen = #log.read()
local function messages()
	local lines, out, known = log.read(), {}, {}
	for i = seen + 1, #lines do
		local text = tostring(lines[i].text or lines[i])
		local kind = text:gsub("^%S*%[%d+%]: ", "")
		if not known[kind] then
			known[kind] = true
			out[#out + 1] = text
		end
	end
	seen = #lines
	return out
end

local function round(name, stressors, workers, seconds)
	local before = leaks.measure()
	local statuses, output, took = stress(stressors, workers, seconds)
	local left = leaks.check(before)
	local said = messages()
	local ran = not output:find("skipped: [1-9]") and not output:find("failed: [1-9]")
	for _, w in ipairs(statuses) do ran = ran and w.kind == "exited" and w.status == 0 end
	local good = ran and #left == 0 and #said == 0
	if not good then failures = failures + 1 end
	print(string.format("%-10s %s  %6.1f s  memory %+d KiB  %s", name, good and "ok  " or "FAIL", took,
		(mem.info().used - before.memory.used) * 4, tostring(statuses[1])))
	for _, line in ipairs(left) do print("    left behind: " .. line) end
	for _, line in ipairs(said) do print("    kernel: " .. line) end
	if not ran then
		for line in output:gmatch("[^\n]+") do print("    " .. line) end
	end
	leaks.sweep(before)
end

print("warming up")
for _, s in ipairs(STRESSORS) do stress({s}, WORKERS, WARM_UP) end
leaks.rebase()
if ALONE > 0 then
	for _, s in ipairs(STRESSORS) do round(s, {s}, WORKERS, ALONE) end
end
if TOGETHER > 0 then round("together", STRESSORS, 1, TOGETHER) end
print(failures == 0 and "passed" or failures .. " failed")
sys.poweroff(failures == 0 and 0 or 1)
