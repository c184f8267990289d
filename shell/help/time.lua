-- Help for time.
return {
  about = "Clocks, in seconds as floats.",
  {name = "time.now", args = "()", returns = "number", text = "Since boot; never goes back.", example = "print(time.now())"},
  {name = "time.date", args = "()", returns = "number", text = "Since 1970, as the system's clock has it.", example = "print(time.date())"},
  {name = "time.sleep", args = "(seconds)", text = "Sleeps. Ctrl-C ends it with an error.", example = "time.sleep(0.01)"},
}
