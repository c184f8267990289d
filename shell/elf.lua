-- The symbols of ELF files (elf(5)), read in pieces: programs are large, their tables need not be.
local M = {}

local SHT_SYMTAB, SHT_DYNSYM, PT_LOAD = 2, 11, 1
local STT_FUNC, STT_OBJECT, STT_IFUNC = 2, 1, 10
local LARGEST = 32 << 20 -- bytes of a symbol or string table
local LONGEST = 4096 -- bytes of a name; longer ones are cut
local NESTED = 16 -- symbols that are looked at for one that reaches an address

local function read_at(file, offset, n)
  if n < 0 or n > LARGEST then error("a table of " .. n .. " bytes is too large", 0) end
  assert(file:seek(offset))
  local parts, have = {}, 0
  while have < n do
    local part = file:read(n - have)
    if not part or part == "" then error("the file ends early", 0) end
    parts[#parts + 1] = part
    have = have + #part
  end
  return table.concat(parts)
end

local function section_headers(file, offset, size, count)
  local sections = {}
  if count == 0 then return sections end
  local text = read_at(file, offset, size * count)
  for i = 0, count - 1 do
    local _, kind, _, _, at, length, link, _, _, entry = string.unpack("<I4I4I8I8I8I8I4I4I8I8", text, i * size + 1)
    sections[i] = {kind = kind, at = at, length = length, link = link, entry = entry}
  end
  return sections
end

-- What the file's addresses begin with: of its first loaded segment, the address less its place in the file.
local function base_of(file, offset, size, count)
  local text = read_at(file, offset, size * count)
  for i = 0, count - 1 do
    local kind, _, at, addr = string.unpack("<I4I4I8I8", text, i * size + 1)
    if kind == PT_LOAD then return addr - at end
  end
  return 0
end

local function read_symbols(file, section, strings, out)
  local text, names = read_at(file, section.at, section.length), read_at(file, strings.at, strings.length)
  for at = 1, #text - section.entry + 1, section.entry do
    local name, info, _, index, value, size = string.unpack("<I4BBI2I8I8", text, at)
    local kind = info & 15
    if index ~= 0 and (kind == STT_FUNC or kind == STT_OBJECT or kind == STT_IFUNC) and name < #names then
      local s = {name = names:sub(name + 1, name + LONGEST):match("^[^\0]*"), addr = value, size = size}
      out.list[#out.list + 1] = s
      out.by_name[s.name] = out.by_name[s.name] or s
    end
  end
end

local function parse(file)
  local head = read_at(file, 0, 64)
  if head:sub(1, 6) ~= "\127ELF\2\1" then error("no 64-bit little-endian ELF file", 0) end
  local _, _, _, _, phoff, shoff, _, _, phsize, phnum, shsize, shnum = string.unpack("<I2I2I4I8I8I8I4I2I2I2I2I2", head, 17)
  if phsize < 56 or shnum > 0 and shsize < 64 then error("its headers are too small", 0) end
  local out = {list = {}, by_name = {}, base = base_of(file, phoff, phsize, phnum)}
  local sections = section_headers(file, shoff, shsize, shnum)
  for _, wanted in ipairs{SHT_SYMTAB, SHT_DYNSYM} do
    for i = 0, shnum - 1 do
      local s = sections[i]
      if s.kind == wanted and s.entry >= 24 and sections[s.link] then read_symbols(file, s, sections[s.link], out) end
    end
    if #out.list > 0 then break end -- the first has all that the second has
  end
  table.sort(out.list, function(a, b) return a.addr < b.addr end)
  return out
end

local cache = setmetatable({}, {__mode = "v"})

-- The symbols of the file with this inode number at this path: {list = {{name=, addr=, size=}…} by address, by_name=, base=};
-- an empty list if it has none; nil, message.
function M.symbols(path, inode)
  local s = fs.stat(path)
  if not s or s.type ~= "file" or s.inode ~= inode then return nil, path .. ": another file lies there now" end
  local key = string.format("%s %d %d %s", path, s.inode, s.size, s.mtime)
  if cache[key] then return cache[key] end
  local file <close>, message = fs.open(path)
  if not file then return nil, message end
  local ok, result = pcall(parse, file)
  cache[key] = ok and result or {list = {}, by_name = {}, base = 0}
  return cache[key]
end

-- The symbol that `addr` (of the file) is in, and how far; nil if there is none. One of size 0 reaches its own address.
function M.at(symbols, addr)
  local low, high = 1, #symbols.list
  while low <= high do
    local middle = (low + high) // 2
    if symbols.list[middle].addr <= addr then low = middle + 1 else high = middle - 1 end
  end
  for i = high, math.max(high - NESTED, 1), -1 do
    local s = symbols.list[i]
    if addr - s.addr < math.max(s.size, 1) then return s, addr - s.addr end
  end
end

return M
