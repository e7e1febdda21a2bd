/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refuse.c - runs a program under a filter that refuses openat2(2)
 *
 *   refuse NUMBER PROGRAM [ARGUMENT]...
 *
 * As a kernel before 5.6 does (ENOSYS), or the filter of an old container
 * runtime (EPERM): the call fails with the error of that number.
 */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	unsigned error = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(steps) / sizeof(steps[0]), steps };

	if (error == 0 || error > SECCOMP_RET_DATA) {
		(void)fprintf(stderr, "usage: refuse NUMBER PROGRAM...\n");
		return 99;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == -1) {
		perror("refuse");
		return 99;
	}
	(void)execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 99;
}
