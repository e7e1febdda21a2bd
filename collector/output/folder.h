/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * folder.h - folders and files of logs: opened safely, made with exact modes
 *
 * Modes are exact under any umask for what is made here; what exists is left
 * as it is. Errors begin with the path they are about.
 */
#ifndef OUTPUT_FOLDER_H
#define OUTPUT_FOLDER_H

#include <sys/types.h>

#include <stdbool.h>

#include "wire/err.h"

/* What is made, and what a file has to be. */
struct folder_new {
	mode_t mode, dir_mode; /* of a file, of a folder */
	bool alone;    /* one that has a second name (hard link) is refused */
	bool has_user; /* it is given to user; and so with group */
	bool has_group;
	uid_t user;
	gid_t group;
};

/*
 * Opens the folder that path, the path of a file, is in; it and those above
 * it are made when they are missing. The way may lead through symbolic links.
 * The caller closes it. -1: *err.
 */
int folder_open(
    const char *path, const struct folder_new *new, struct err *err);

/* Makes a folder in parent; nothing is synced. -1: errno; EEXIST when the
 * name is taken. */
int folder_make(int parent, const char *name, const struct folder_new *new);

/* The last component of path; "" when it ends with a slash. */
const char *folder_base(const char *path);

/*
 * Opens the last component of path, which is in dirfd, for reading and
 * appending, or makes it (*made). Only a regular file: never a symbolic link,
 * nor anything that opening could start or block. The caller closes it; *st
 * tells it from others. -1: *err and errno; EINVAL for what is no such file.
 */
struct stat;
int folder_open_file(int dirfd, const char *path, const struct folder_new *new,
    bool *made, struct stat *st, struct err *err);

/* Makes a new file in dirfd. -1: errno; EEXIST when the name is taken. */
int folder_make_file(int dirfd, const char *name, const struct folder_new *new);

/*
 * Opens the file of that name in dirfd for reading, and locks it: nobody
 * writes to it then, and nobody else compresses or deletes it. Only a regular
 * file, never a link. -1: errno; EWOULDBLOCK: somebody has it.
 */
int folder_claim(int dirfd, const char *name, struct stat *st);

/* True when name in dirfd is the very file that is open as fd. */
bool folder_is_at(int dirfd, const char *name, int fd);

/* The same for the one that *st was of when it was opened, and still is; *st
 * is as of now then. */
bool folder_still_has(int dirfd, const char *name, struct stat *st);

#endif
