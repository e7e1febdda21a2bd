/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * os.h - the system calls on which the promises about files rest
 *
 * Nothing but the calls, so that a simulation or a test can link others in
 * their place and let the k-th one fail. All return -1 and set errno.
 */
#ifndef BASE_OS_H
#define BASE_OS_H

#include <sys/types.h>

#include <stddef.h>

/* May write less than n, never 0 for n > 0. Goes on after EINTR. */
ssize_t os_write(int fd, const void *from, size_t n);

/* A failure is final for what was written so far: do not ask again. */
int os_fdatasync(int fd);
int os_fsync(int fd);
int os_syncfs(int fd); /* all of the file system that fd is on */

/* Both names are in the folder dirfd; what bore the name "to" loses it. */
int os_rename(int dirfd, const char *from, const char *to);

/*
 * Two files change their names, at once: there is no moment without either
 * name. EINVAL or ENOSYS: this file system cannot.
 */
int os_exchange(int dirfd, const char *a, const char *b);

/*
 * The file gets another name, unless that is taken: EEXIST. Where the file
 * system cannot do that in one step it has both names for a moment.
 */
int os_rename_new(int dirfd, const char *from, const char *to);

int os_unlink(int dirfd, const char *name);

/*
 * Opens what is there, beneath dirfd and through no symbolic link. ENOSYS or
 * EPERM: the kernel, or a filter of system calls, does not know this one.
 */
int os_open_beneath(int dirfd, const char *name, int flags);

#endif
