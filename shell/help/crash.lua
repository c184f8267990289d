-- Help for crash.
return {
  about = "Programs that a fault ended: the last eight are kept.",
  {name = "crash.last", args = "()", returns = "C", errors = "ENOENT", text = "The newest. Fields: seq time pid tid comm signal signame code codename addr addr_where cause pc sp regs frames bytes log.", example = "print(crash.last())"},
  {name = "crash.list", args = "()", returns = "{C…}", text = "All that are kept, the newest first.", example = "print(crash.list())"},
  {name = "crash.report", args = "([C])", returns = "text", errors = "ENOENT", text = "The report: what and where, registers, backtrace with mappings, bytes at pc. The newest crash if left out.", example = "print(crash.report())"},
  {name = "crash.print", args = "([C])", errors = "ENOENT", text = "Prints the report.", example = "crash.print()"},
}
