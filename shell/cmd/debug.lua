-- Commands that trace a program at the prompt.
local literal = require("commands").literal

-- shell.debug("name", words…). What a program gets for arguments stays text.
local function call(name, ...)
  local words = {...}
  for i, word in ipairs(words) do words[i] = name == "debug" and i > 1 and string.format("%q", word) or literal(word) end
  table.insert(words, 1, string.format("%q", name))
  return "shell.debug(" .. table.concat(words, ", ") .. ")"
end

local function row(name, arguments, least, most, help)
  return {
    name = name, usage = name .. (arguments ~= "" and " " .. arguments or ""), help = help,
    fn = function(...)
      local n = select("#", ...)
      return n >= least and n <= most and call(name, ...) or nil
    end,
  }
end

return {
  row("debug", "PID | PROGRAM [ARGUMENT…]", 1, math.huge, "Traces a program from its first instruction, or one that runs: it stops."),
  row("break", "[FUNCTION | ADDRESS]", 0, 1, "Sets a breakpoint in the traced program, or lists them."),
  row("cont", "[SIGNAL]", 0, 1, "Lets the traced program run to the next event. Ctrl-C stops it."),
  row("step", "[N]", 0, 1, "Runs one instruction, or N."),
  row("next", "", 0, 0, "Runs one instruction; a call to its return."),
  row("finish", "", 0, 0, "Runs until the function has returned."),
  row("watch", "VARIABLE | ADDRESS [BYTES]", 1, 2, "Steps until the memory there changes."),
  row("detach", "", 0, 0, "Lets go of the traced program, which goes on."),
}
