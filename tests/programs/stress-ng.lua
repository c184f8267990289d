-- Runs after the line that tests/programs/stress-ng writes: ALONE, TOGETHER, WORKERS, STRESSORS.

local failures = 0

-- stress-ng in a place of its own; gives its status, its output and the seconds that it took.
local function stress(words, seconds)
	local began = time.now()
	local p = assert(proc.spawn{"/usr/bin/stress-ng", "--temp-path", "/tmp", "--timeout", seconds .. "s", "--oomable",
		stdin = "null", stdout = "pipe", stderr = "stdout", pgid = 0, table.unpack(words)})
	local parts = {}
	while true do
		local bytes = p.stdout:read(65536)
		if not bytes or bytes == "" then break end
		parts[#parts + 1] = bytes
	end
	p.stdout:close()
	local w = p:wait()
	return w, table.concat(parts), (time.now() - began)
end

-- What the machine holds now, once caches have settled: bytes, processes.
local function held()
	local last
	for _ = 1, 50 do
		local used = mem.info().used
		if used == last then break end
		last = used
		time.sleep(0.1)
	end
	local n = 0
	for _ in pairs(proc.list()) do n = n + 1 end
	return last, n
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

local function round(name, words, seconds)
	local used, processes = held()
	local w, output, took = stress(words, seconds)
	local used_after, processes_after = held()
	local said = messages()
	local good = w.kind == "exited" and w.status == 0 and processes_after == processes and #said == 0
	if not good then failures = failures + 1 end
	print(string.format("%-10s %s  %6.1f s  memory %+d KiB  processes %+d  %s", name, good and "ok  " or "FAIL", took,
		(used_after - used) // 1024, processes_after - processes, tostring(w)))
	for _, line in ipairs(said) do print("    kernel: " .. line) end
	if w.kind ~= "exited" or w.status ~= 0 then
		for line in output:gmatch("[^\n]+") do print("    " .. line) end
	end
end

if ALONE > 0 then
	for _, s in ipairs(STRESSORS) do
		round(s, {"--" .. s, tostring(WORKERS)}, ALONE)
	end
end
if TOGETHER > 0 then
	local words = {}
	for _, s in ipairs(STRESSORS) do
		words[#words + 1] = "--" .. s
		words[#words + 1] = "1"
	end
	round("together", words, TOGETHER)
end
print(failures == 0 and "passed" or failures .. " failed")
sys.poweroff(failures == 0 and 0 or 1)
