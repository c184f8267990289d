-- The signal frames of machines that this one is not: what a frame looks like is tested where it is made, by the program
-- of tests/diff that bears the id.
local frames = {
  {"x86_64", "S29_red_zone_restorer_and_xsave"},
  {"riscv64", "S30_floating_point_and_extensions"},
  {"aarch64", "S31_fpsimd_and_esr_records"},
  {"loongarch64", "S32_fpu_lsx_and_lasx_records"},
}

describe("signal.frame", function()
  for _, frame in ipairs(frames) do
    local machine, name = frame[1], frame[2]
    it(name, function()
      local here = sys.uname().machine
      if here ~= machine then pending("the frame of " .. machine .. ", and this is " .. here) end
      local out = run{bin .. "diff", "signal/" .. name:match("^S%d+") .. "_the_frame_of_" .. machine, session = true}
      assert.match("in the vDSO 1", out)
      assert.falsy(out:find("another architecture"))
    end)
  end
end)
