include(${CMAKE_CURRENT_LIST_DIR}/toolchain.cmake)
set(PERILUNE_ARCH riscv64)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(CMAKE_C_COMPILER_TARGET riscv64-unknown-elf)
set(CMAKE_ASM_COMPILER_TARGET riscv64-unknown-elf)
set(PERILUNE_ARCH_FLAGS -march=rv64gc -mabi=lp64d -mcmodel=medany)
# The compiler for user programs on the GNU C library; its libgcc also serves the kernel.
set(PERILUNE_USER_CC riscv64-linux-gnu-gcc)
set(PERILUNE_USER_STRIP riscv64-linux-gnu-strip)
