-- source(): a script received over the serial line.
local M = {}

M.text = [[
source([checksum])
  Reads lines until one that says only "--eof", then runs them as one chunk. With a checksum (the CRC-32 of
  the lines, each with a newline behind it, as `cksum -o 3` or Python's zlib.crc32 gives it) text that was damaged on
  the way is refused. Gives the chunk's values.]]

local function crc32(s)
  local crc = 0xffffffff
  for i = 1, #s do
    crc = crc ~ s:byte(i)
    for _ = 1, 8 do crc = (crc >> 1) ~ (0xedb88320 & -(crc & 1)) end
  end
  return crc ~ 0xffffffff
end

function M.source(checksum)
  local lines = {}
  while true do
    local line = assert(console.getline())
    if line == "--eof" then break end
    lines[#lines + 1] = line
  end
  local text = table.concat(lines, "\n") .. (#lines > 0 and "\n" or "")
  local sum = crc32(text)
  if checksum and checksum ~= sum then
    error(string.format("source: checksum 0x%08x, not 0x%08x: nothing was run", sum, checksum), 0)
  end
  print(string.format("%d lines, checksum 0x%08x", #lines, sum))
  return assert(load(text, "=source"))()
end

return M
