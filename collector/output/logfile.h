/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * logfile.h - one log file: opened, repaired, appended to, rotated
 *
 * Owned by the writer thread; no other touches it. Whole lines only: what a
 * short write or a crash tore is completed or moved away before anything
 * else goes into the file.
 */
#ifndef OUTPUT_LOGFILE_H
#define OUTPUT_LOGFILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "wire/err.h"
#include "wire/slice.h"

struct logfile {
	int dirfd;        /* owned; the folder of the live file */
	int fd;           /* owned; always open, O_APPEND, locked by flock(2) */
	char *path;       /* owned; as configured */
	const char *name; /* the last component of path */
	mode_t mode;
	uint64_t size;     /* bytes in the live file */
	uint64_t rotation; /* number of the next rotated file */
	time_t stamp;      /* of the newest rotated file: never goes back */
	bool torn;         /* the last byte written is no LF: a short write */
	bool changed;      /* written to since the last sync was asked for */
};

/*
 * Opens path for appending, making it and missing folders (dir_mode). Only a
 * regular file, never a symbolic link, as last component. The file is locked
 * against a second collector (the error says so), what follows its last LF
 * is moved to the end of path.torn (*repaired is the number of bytes moved),
 * and the numbers of rotated files in the folder are looked up. -1: *err.
 */
int logfile_open(struct logfile *f, const char *path, mode_t mode,
    mode_t dir_mode, uint64_t *repaired, struct err *err);

/* Closes; nothing is synced. Accepts one that failed to open. */
void logfile_close(struct logfile *f);

/*
 * Appends *s and moves *s past what was written, also when it fails: after
 * ENOSPC or EIO the caller waits and calls again with the rest, so nothing
 * is lost and nothing is written twice. errno is kept for the caller.
 */
int logfile_append(struct logfile *f, struct slice *s, struct err *err);

/*
 * Renames the live file to "name-YYYYMMDDTHHMMSSZ-NNNNNN" (the stamp of now,
 * or the newest before it if that is later) and goes on in a new one. *old is
 * the descriptor of what was renamed, not yet synced, the caller's to close.
 * rotated holds the new name (NAME_MAX + 1 bytes). On failure f is as it was
 * before: still open, still under its own name, still good to write to.
 */
int logfile_rotate(
    struct logfile *f, time_t now, int *old, char *rotated, struct err *err);

/*
 * Opens path again after it was moved away or deleted (logrotate and SIGHUP);
 * when path still is the open file nothing happens and *old is -1. Otherwise
 * *old is the descriptor of the one before, the caller's to sync and close.
 * On failure f is as it was before.
 */
int logfile_reopen(struct logfile *f, int *old, struct err *err);

/* True when the open file was deleted: logfile_reopen() makes it again. */
bool logfile_is_deleted(const struct logfile *f);

#endif
