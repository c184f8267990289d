# Sourced by ./perilune: its help texts.
# shellcheck shell=bash

help_boot_options() {
	cat <<-'END'

		    --cpus N            harts or cores, 1 to 8 (run: 2; test: everything once on 1 and once on 4)
		    --memory MIB        guest memory (512)
		    --firmware NAME     opensbi
		    --machine NAME      another QEMU machine model than virt
		    --add HOST:GUEST    put a file or folder of the host into the root file system; may be repeated
		    --with PKG[,PKG…]   unpack these Debian packages, with what they depend on, into the root file system
		                        (their install scripts are not run)
		    --append "ARGS"     more boot arguments
		    --timeout SECONDS   end QEMU after this long: exit code 124
		    --icount            count instructions as time: the same on every run, on one CPU
		    --release           optimised, without the debug checks
		    -v                  show every command, and all output
	END
}

help_for() {
	case $1 in
	run)
		cat <<-'END'
			usage: perilune run [ARCH] [options]

			Builds the kernel and boots it to the Lua prompt. On a terminal, Ctrl-A x ends QEMU and Ctrl-C goes to the
			guest. Otherwise the serial line is a plain stream that ends with its input:
			    echo 'print(6*7)' | ./perilune run

			    --script FILE.lua   run FILE inside the kernel instead of the prompt, then power off; its exit code is ours
		END
		help_boot_options
		cat <<-'END'

			exit codes: the script's own; 1 error; 2 wrong usage; 70 kernel panic; 124 timeout
		END
		;;
	test)
		cat <<-'END'
			usage: perilune test [ARCH…|all] [PATTERN…] [options]

			Runs the Lua tests in QEMU, those whose name matches a PATTERN (a Lua pattern). The last line is
			"N passed, N failed" or "N passed, N failed, N skipped". Exit code 1 if a test failed or none ran.
			The serial output is kept in build/ARCH-debug/test-CPUS.log.
		END
		help_boot_options
		;;
	build)
		cat <<-'END'
			usage: perilune build [ARCH…|all] [--release] [-v]

			Builds build/ARCH-debug/perilune.elf, Image and initramfs.cpio (with --release: build/ARCH-release).
		END
		;;
	debug)
		cat <<-'END'
			usage: perilune debug [ARCH] [options] [-- GDB-OPTIONS]

			Boots halted at the first instruction, with gdb-multiarch attached and the kernel's symbols loaded. The serial
			line is a pseudo-terminal whose name is printed.
		END
		help_boot_options
		;;
	deps)
		cat <<-'END'
			usage: perilune deps [ARCH…|all] [--print] [--checks] [-v]

			Installs the packages that the other commands need, with apt (as root or by sudo).
			    --print     only print the command
			    --checks    also what .ci/run needs
		END
		;;
	*)
		cat <<-'END'
			usage: perilune COMMAND [options]

			    run     boot to the Lua prompt
			    test    run the tests, in QEMU
			    build   build only
			    debug   boot halted, with gdb attached
			    deps    install, or print, what the other commands need

			./perilune COMMAND --help tells more. ARCH is riscv64 (the default).
		END
		;;
	esac
	exit 0
}
