-- :help
local M = {}

local WIDTH = 25

function M.print()
  for _, row in ipairs(require("commands").rows()) do
    local usage, help = ":" .. row.usage, row.help:match("^(.-%.)%s") or row.help
    local gap = WIDTH - utf8.len(usage)
    if gap < 1 then
      print(usage)
      usage, gap = "", WIDTH
    end
    print(usage .. string.rep(" ", gap) .. help)
  end
end

return M
