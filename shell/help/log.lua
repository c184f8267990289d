-- Help for log.
return {
  about = "The kernel's log. Levels: panic 0, error 1, warn 2, info 3, debug 4.",
  {name = "log.read", args = "([{n=, since=, level=, match=}])", returns = "{{seq=, time=, level=, cpu=, text=}…}",
    text = "The lines kept: the last n, since so many seconds after boot, up to a level, those that match a Lua pattern.", example = "print(log.read{n=5})"},
  {name = "log.level", args = "([level])", returns = "integer", text = "The level up to which lines reach the console; with an argument, sets it.", example = "print(log.level())"},
  {name = "log.write", args = "(text [, level])", text = "A line into the log (info if left out).", example = "log.write(\"hello from Lua\", \"debug\")"},
}
