# The bindings from kernel objects to Lua: one file a Lua module. Included by lua/CMakeLists.txt.
target_sources(kernel PRIVATE
	bind.c
	bind_cpu.c
	bind_crash.c
	bind_fault.c
	bind_file.c
	bind_fs.c
	bind_log.c
	bind_mem.c
	bind_pgrp.c
	bind_proc.c
	bind_proc_object.c
	bind_proc_memory.c
	bind_ptrace.c
	bind_pty.c
	bind_regs.c
	bind_signal.c
	bind_spawn.c
	bind_strace.c
	bind_sym.c
	bind_sys.c
	bind_task.c
	bind_time.c
	bind_trace.c
	bind_wait.c
)
