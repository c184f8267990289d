/* Contract: user memory. The only way to it; every function may sleep (page faults) and gives
 * -EFAULT for what a user could not have accessed himself. */
#pragma once

#include "base.h"

int arch_copy_in(void *dst, uaddr_t src, size_t n) must_check;
int arch_copy_out(uaddr_t dst, const void *src, size_t n) must_check;
int arch_clear_user(uaddr_t dst, size_t n) must_check;
/* Copies a string with its 0. Returns its length, -EFAULT, or -ENAMETOOLONG if no 0 is within
 * `size` bytes. */
int64_t arch_copy_in_string(char *dst, uaddr_t src, size_t size) must_check;
/* The same as copy_in/out but never sleeps: -EFAULT where the page is not present with the needed
 * right. For code that holds a spinlock. */
int arch_copy_in_atomic(void *dst, uaddr_t src, size_t n) must_check;
int arch_copy_out_atomic(uaddr_t dst, const void *src, size_t n) must_check;
/* Atomic compare-and-exchange of a user word: *old gets what was there. 0 or -EFAULT. */
int arch_user_cmpxchg32(uaddr_t addr, uint32_t expect, uint32_t desired, uint32_t *old) must_check;
/* The same under a spinlock: never sleeps, -EFAULT also where the page has to be fetched first. */
int arch_user_cmpxchg32_atomic(
    uaddr_t addr, uint32_t expect, uint32_t desired, uint32_t *old) must_check;
/* Reads kernel memory that may not be mapped (mem.read, panic reports). 0 or -EFAULT. */
int arch_kernel_peek(void *dst, uintptr_t src, size_t n) must_check;
int arch_kernel_poke(uintptr_t dst, const void *src, size_t n) must_check;

#define copy_in_obj(obj_ptr, src)  arch_copy_in(obj_ptr, src, sizeof(*(obj_ptr)))
#define copy_out_obj(dst, obj_ptr) arch_copy_out(dst, obj_ptr, sizeof(*(obj_ptr)))
