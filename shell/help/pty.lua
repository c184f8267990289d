return {
  about = "pty: pseudo terminals that a script holds the other end of: what a person at a terminal sees and types.",
  {name = "pty.open", args = "([{rows=24, cols=80}])", returns = "M | nil, message, errno",
    text = "A new pseudo terminal, its slave /dev/pts/N. proc.spawn{..., tty=M} starts a session on it, with its standard "
      .. "streams there unless they are named. Closed by :close(), which hangs the session up.",
    example = "m = pty.open(); p = proc.spawn{\"/bin/busybox\", \"sh\", tty=m}; m:write(\"exit\\n\"); p:wait()"},
  {name = "M:read", args = "([n [, timeout]])", returns = "bytes | nil | nil, message, errno",
    text = "What programs wrote, up to n bytes, as the terminal would show it; waits for the first. Nil once nobody has the "
      .. "slave open any more and all is read.",
    example = "pty.open():read(100, 0.1)"},
  {name = "M:expect", args = "(pattern [, timeout=5])", returns = "text | nil, message, errno",
    text = "Reads until the Lua pattern is there. Gives what came up to its end; the rest stays to be read.",
    example = "m = pty.open(); m:write(\"abc\"); m:expect(\"b\")"},
  {name = "M:write", args = "(text [, timeout])", returns = "bytes | nil, message, errno",
    text = "Types text at the terminal, control characters included (\"\\3\" is Ctrl-C).",
    example = "pty.open():write(\"ls\\n\")"},
  {name = "M:settings", args = "([changes])", returns = "table",
    text = "The terminal's modes (echo, icanon, isig, icrnl, ixon, opost, onlcr ...), min and time, rows and cols; changed first "
      .. "by what a table names. A new size sends SIGWINCH.",
    example = "pty.open():settings{echo=false, rows=50}"},
  {name = "M:path", args = "()", returns = "path", text = "The slave's path.", example = "pty.open():path()"},
  {name = "M:foreground", args = "()", returns = "pgid | nil",
    text = "The foreground process group of the session on it, nil if there is none.", example = "pty.open():foreground()"},
  {name = "M:close", args = "()", returns = "true",
    text = "Closes the master: the session gets SIGHUP, its reads end.", example = "pty.open():close()"},
}
