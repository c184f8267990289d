return {
  about = "console: the terminal, and the serial line as it is given to a Linux session and taken back.",
  {name = "console.give", args = "(pid)", returns = "result | false | nil, message, errno",
    text = "Gives the serial line to the terminal until the child ends or stops, or until the break-in sequence is typed. "
      .. "The result is as proc.wait's; false after a break-in, which leaves the programs as they were. "
      .. ":run and shell.run do all of it.",
    example = "shell.run{\"/bin/sh\"}"},
  {name = "console.feed", args = "(text)", returns = "bytes taken",
    text = "Types text at the terminal, whoever has the serial line: what a session reads, its control characters included.",
    example = "console.feed(\"echo hello\\n\")"},
  {name = "console.reset", args = "()", returns = "true",
    text = "Puts the terminal's modes back to those at boot and drops input that was not read.",
    example = "console.reset()"},
  {name = "console.size", args = "([rows, columns])", returns = "rows, columns",
    text = "The terminal's size, or sets it; programs in its foreground get SIGWINCH when it changes.",
    example = "console.size()"},
  {name = "console.set_break", args = "(byte [, count [, seconds]])", returns = "nothing",
    text = "Sets the break-in sequence: a byte (a number or a character) typed count times (3) within some seconds (1).",
    example = "console.set_break(28, 3, 1)   -- Ctrl-\\ three times"},
  {name = "console.getline", args = "([timeout])", returns = "line | nil, message, errno",
    text = "Reads a line from the serial line as it comes, without editing and without echo. Timeout in seconds.",
    example = "console.getline(0.1)"},
}
