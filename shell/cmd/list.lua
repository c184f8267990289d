-- :help
local M = {}

function M.print()
  local rows = {}
  for i, row in ipairs(require("commands").rows()) do
    local help = row.help:match("^(.-[%.:])%s") or row.help
    rows[i] = {":" .. row.usage, help}
  end
  local widest = 0
  for _, row in ipairs(rows) do widest = math.max(widest, math.min(utf8.len(row[1]), 24)) end
  for _, row in ipairs(rows) do
    local gap = widest - utf8.len(row[1])
    print(row[1] .. string.rep(" ", math.max(gap, 0) + 2) .. row[2])
  end
end

return M
