/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nowipe.c - by LD_PRELOAD: a kernel that does not know MADV_WIPEONFORK
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int
madvise(void *p, size_t n, int advice)
{
	if (advice != MADV_WIPEONFORK)
		return (int)syscall(SYS_madvise, p, n, advice);
	errno = EINVAL;
	return -1;
}
