-- Pseudo terminals: both ends, devpts.
describe("tty.pty", function()
  subcommands("pty", {"names", "locked", "slave_closes", "modes_stay", "master_closes", "master_waits", "numbers", "buffers",
    "transfers", "packets", "instances", "strays", "other_ioctls", "exclusive", "hang_up_slave"})
end)
