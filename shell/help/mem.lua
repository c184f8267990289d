-- Help for mem.
return {
  about = "Kernel memory, and how memory is used. An address that is not mapped gives nil, \"address not mapped\", EFAULT, never a fault.",
  {name = "mem.read", args = "(addr, n)", returns = "string", errors = "EFAULT", text = "n bytes of kernel memory, 1 MiB at most.",
    example = "print(#mem.read(sym.addr\"panic\", 16))"},
  {name = "mem.u8", args = "(addr [, value])", returns = "integer, or true", errors = "EFAULT", text = "A byte; with a value, writes it.", example = "print(mem.u8(sym.addr\"panic\"))"},
  {name = "mem.u16", args = "(addr [, value])", returns = "integer, or true", errors = "EFAULT", text = "Two bytes, in the machine's order.", example = "print(mem.u16(sym.addr\"panic\"))"},
  {name = "mem.u32", args = "(addr [, value])", returns = "integer, or true", errors = "EFAULT", text = "Four bytes.", example = "print(mem.u32(sym.addr\"panic\"))"},
  {name = "mem.u64", args = "(addr [, value])", returns = "integer, or true", errors = "EFAULT", text = "Eight bytes, as a Lua integer, so that the upper half is negative.", example = "print(mem.u64(sym.addr\"panic\"))"},
  {name = "mem.cstring", args = "(addr [, max])", returns = "string", errors = "EFAULT", text = "The bytes up to a 0, max (4096) at most.", example = "print(mem.cstring(sym.addr\"arch_uname_machine\"))"},
  {name = "mem.hexdump", args = "(addr [, n]) or (string)", returns = "text", errors = "EFAULT", text = "Lines of 16 bytes in hexadecimal and as text.", example = "print(mem.hexdump(sym.addr\"panic\", 32))"},
  {name = "mem.info", args = "()", returns = "{total=, initramfs=, free=, used=, reserved=, slab=, user=, cache=, page_table=, kstack=, heap_objects=, …}",
    text = "Pages by use (page_size bytes each): the image of the initramfs, where its files are read in place; free ones; used ones, of which reserved (the firmware, the kernel, the page descriptors), slab and so on are parts. And live objects of the kernel heap, of them what Lua holds, what the kernel itself holds, and open file handles of scripts.", example = "print(mem.info())"},
  {name = "mem.heap", args = "()", returns = "{{size=, used=, total=}…}", text = "The kernel heap's size classes.", example = "print(mem.heap())"},
  {name = "mem.translate", args = "(pid, va)", returns = "{va=, pa=, perms=, dirty=, accessed=}", errors = "EFAULT ESRCH",
    text = "The page behind an address of a process; pid 0: of the kernel.", example = "print(mem.translate(0, sym.addr\"panic\"))"},
}
