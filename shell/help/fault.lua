-- Help for fault.
return {
  about = "Allocations of the kernel that fail on purpose, in debug builds: to see that what ran out of memory leaves nothing behind.",
  {name = "fault.inject", args = "{pid=, thread=, call=, site=, nth=, after=, every=, at=\"alloc\"}", returns = "F",
    text = "A rule: of the allocations made for this process or thread, while it is in this system call (by name), by this function of the kernel (a name, or an address that the allocator returns to), the nth fails; or all after so many; or every so manyth. With none of the three they are counted only. The rule is in force until F is cleared, closed or collected. Release builds give ENOSYS.",
    example = "local f <close> = fault.inject{call=\"pipe2\", nth=1, pid=1}\nprint(f.seen, f.failed, f.site)"},
  {name = "F:clear", args = "()", text = "Ends the rule. Before that F.seen and F.failed count its allocations, and F.site tells where the last that failed was asked for.", example = "fault.inject{pid=1}:clear()"},
  {name = "fault.sites", args = "()", returns = "{{site=, addr=, seen=, failed=}…}", text = "Where the allocations that a rule applied to were asked for, since the last fault.clear.", example = "print(fault.sites())"},
  {name = "fault.clear", args = "()", text = "Ends every rule and forgets the sites.", example = "fault.clear()"},
}
