/* Offsets for assembly; thread.c asserts them. */
#pragma once

#define THREAD_USER_FRAME 0
#define THREAD_TRAP_SP    8
#define THREAD_SP         16
#define THREAD_CPU        128
#define THREAD_STACK_LOW  136
#define CPU_EMERGENCY_SP  0

#define FRAME_PC      0
#define FRAME_RA      8
#define FRAME_SP      16
#define FRAME_GP      24
#define FRAME_TP      32
#define FRAME_T0      40
#define FRAME_T1      48
#define FRAME_T2      56
#define FRAME_S0      64
#define FRAME_S1      72
#define FRAME_A0      80
#define FRAME_S2      144
#define FRAME_T3      224
#define FRAME_STATUS  256
#define FRAME_BADADDR 264
#define FRAME_CAUSE   272
#define FRAME_ORIG_A0 280
#define FRAME_SIZE    288
/* A frame on a kernel stack has a frame record above it, so that backtraces go on to what was
 * interrupted. */
#define FRAME_RECORD      16
#define KERNEL_FRAME_SIZE (FRAME_SIZE + FRAME_RECORD)

#define KSTACK_SHIFT 14

/* struct hart_start, and how many there are */
#define HART_START_SATP   0
#define HART_START_HART   8
#define HART_START_THREAD 16
#define HART_START_SIZE   24
#define HART_STARTS       8
