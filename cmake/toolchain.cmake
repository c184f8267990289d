# What the toolchain files of all architectures share: one clang, one lld.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_ASM_COMPILER clang-19)
set(CMAKE_AR llvm-ar-19)
set(CMAKE_RANLIB llvm-ranlib-19)
set(CMAKE_NM llvm-nm-19)
set(CMAKE_OBJCOPY llvm-objcopy-19)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
