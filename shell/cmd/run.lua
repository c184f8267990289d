-- Commands that start programs and give them the serial line.

local function quoted(...)
  local words = {...}
  for i, word in ipairs(words) do words[i] = string.format("%q", word) end
  return table.concat(words, ", ")
end

return {
  {name = "run", usage = "run [-stop] PROGRAM [ARGUMENT…]",
    help = "Runs a program with the serial line as its terminal. It gets a session of its own. Ctrl-\\ three times within a "
      .. "second comes back here; with -stop the programs are stopped then.",
    fn = function(...)
      local words = {...}
      local stop = words[1] == "-stop"
      if stop then table.remove(words, 1) end
      if #words == 0 then return nil end
      return "shell.run{" .. quoted(table.unpack(words)) .. (stop and ", stop=true}" or "}")
    end},
  {name = "fg", usage = "fg [PID]", help = "Gives the serial line back to a session, the last one if none is named.",
    fn = function(pid)
      if pid and not pid:match("^%d+$") then return nil end
      return "shell.fg(" .. (pid or "") .. ")"
    end},
  {name = "strace", usage = "strace PROGRAM [ARGUMENT…]", help = "Runs a program and shows the system calls it made.",
    fn = function(...) return select("#", ...) > 0 and "shell.strace{" .. quoted(...) .. "}" end},
}
