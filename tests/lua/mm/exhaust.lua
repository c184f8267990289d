-- Memory that is taken in every way: the taker gets an error or dies, and all of it comes back.
describe("mm.exhaust", function()
  for _, what in ipairs{"pipes", "sockets", "files", "tmpfs", "tables", "areas", "messages", "forks"} do
    it(what, function()
      local out, result = exec{bin .. "exhaust", what}
      assert.truthy((result.kind == "exited" and result.status == 0) or (result.kind == "killed" and result.signal == "SIGKILL"),
        tostring(result) .. out)
      assert.equal("hello, world\n", run{bin .. "hello"})
    end, {timeout = 60})
  end
end)
