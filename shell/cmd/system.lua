-- Commands on the machine and on the shell itself.
return {
  {name = "help", usage = "help [COMMAND|NAME]", help = "Lists the short commands, or explains one.", safe_in_panic = true,
    fn = function(what)
      if not what then return 'require("cmd.list").print()' end
      local row = require("commands").find((what:gsub("^:", "")))
      return string.format("help(%q)", row and ":" .. row.name or what)
    end},
  {name = "code", usage = "code COMMAND…", help = "Shows the Lua that a command runs.", safe_in_panic = true,
    fn = function(...) return select("#", ...) > 0 and string.format("code(%q)", table.concat({...}, " ")) end},
  {name = "uname", usage = "uname", help = "Says what this is.", safe_in_panic = true, fn = function() return "sys.uname()" end},
  {name = "reset", usage = "reset", help = "Puts the terminal's modes back to those at boot.",
    fn = function() return "console.reset();" end},
  {name = "reboot", usage = "reboot", help = "Restarts the machine.", safe_in_panic = true, fn = function() return "sys.reboot()" end},
  {name = "poweroff", usage = "poweroff [CODE]", help = "Switches the machine off. It passes the code on where it can.",
    safe_in_panic = true, fn = function(code)
      if code and not code:match("^%d+$") then return nil end
      return "sys.poweroff(" .. (code or "") .. ")"
    end},
}
