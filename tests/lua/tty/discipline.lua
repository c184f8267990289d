-- The line discipline, by programs that hold both ends of a pty.
describe("tty.discipline", function()
  subcommands("ldisc", {"lines", "erasing", "utf8", "killing", "literal_next", "reprint", "translation", "ends", "long_line",
    "switching", "queues", "output", "min_and_time", "nonblocking", "flow_control", "extproc"})
end)
