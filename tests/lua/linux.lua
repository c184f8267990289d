-- The programs of tests/diff: what they say here has to be what they said under Linux (the .expected file beside each).
for _, folder in ipairs(fs.list("/tests/diff") or {}) do
  if folder.type == "directory" then
    describe(folder.name .. ".linux", function()
      for _, entry in ipairs(fs.list("/tests/diff/" .. folder.name)) do
        local name = entry.name:match("^(.*)%.c$")
        if name then
          it(name, function()
            local expected = assert(fs.read(("/tests/diff/%s/%s.expected"):format(folder.name, name)))
            local out, result = exec{bin .. "diff", folder.name .. "/" .. name, session = true}
            local status = result.kind == "exited" and result.status or 128 + result.signal
            assert.equal(expected, out .. "exit " .. status .. "\n")
          end, {timeout = 60})
        end
      end
    end)
  end
end
