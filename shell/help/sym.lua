-- Help for sym.
return {
  about = "The kernel's own symbols.",
  {name = "sym.addr", args = "(name)", returns = "integer", errors = "ENOENT", text = "The address of a function or object.", example = "print(string.format(\"%x\", sym.addr\"panic\"))"},
  {name = "sym.at", args = "(addr)", returns = "name, offset, size", errors = "ENOENT", text = "What lies at an address.", example = "print(sym.at(sym.addr\"panic\" + 4))"},
  {name = "sym.find", args = "(pattern)", returns = "{{name=, addr=, size=}…}", text = "The symbols whose name matches a Lua pattern, in order of address.", example = "print(sym.find\"^sys_get\")"},
}
