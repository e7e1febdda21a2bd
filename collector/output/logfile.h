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

#include "output/folder.h"
#include "wire/err.h"
#include "wire/slice.h"

struct logfile {
	int dirfd;        /* owned; the folder of the live file, or -1 */
	int fd;           /* owned; always open, O_APPEND, locked by flock(2) */
	char *path;       /* owned; as configured */
	const char *name; /* the last component of path */
	struct folder_new new; /* what it makes */
	uint64_t size;         /* bytes in the live file */
	uint64_t whole;        /* of these, up to and with the last LF */
	uint64_t rotation; /* number of the next rotated file, once looked */
	time_t written;    /* when it was found: when it was last changed */
	time_t stamp;      /* of the newest rotated file: never goes back */
	bool looked;       /* for the numbers of rotated files */
	bool torn;         /* the last byte written is no LF: a short write */
	bool changed;      /* written to since the last sync was asked for */
	bool renamed;      /* names changed since dirfd was synced; the caller's
			    * to clear */
};

/*
 * Opens path for appending, making it and missing folders as *new says. Only a
 * regular file, never a symbolic link, as last component. The file is locked
 * against a second collector (the error says so), and what follows its last
 * LF is moved to the end of path.torn (*repaired is the number of bytes
 * moved). An empty file that a rotation left that was killed goes, too. Modes
 * are exact under any umask, for what is made here. -1: *err and
 * errno; EINVAL for what is no such file, EWOULDBLOCK for a locked one.
 */
int logfile_open(struct logfile *f, const char *path,
    const struct folder_new *new, uint64_t *repaired, struct err *err);

/*
 * The same for the last component of path in the folder dirfd, which is
 * borrowed for the call: such a file needs one descriptor only, and who
 * rotates it sets f->dirfd before. A file with a second name (a
 * hard link) is refused, and no new name is synced: f->renamed reminds of it.
 * logfile_reopen() is not for it: it is closed, and another one opened.
 */
int logfile_open_at(struct logfile *f, int dirfd, const char *path,
    const struct folder_new *new, uint64_t *repaired, struct err *err);

/* Opens the live file in the folder dirfd, which is handed over, also when it
 * fails; what f had open is closed already, or the caller's. -1: *err and
 * errno, and f is as before. */
int logfile_take(
    struct logfile *f, int dirfd, uint64_t *repaired, struct err *err);

/* Closes; nothing is synced. Accepts one that failed to open. errno is
 * kept. */
void logfile_close(struct logfile *f);

/*
 * Appends *s and moves *s past what was written, also when it fails: after
 * ENOSPC or EIO the caller waits and calls again with the rest, so nothing
 * is lost and nothing is written twice. errno is kept for the caller.
 */
int logfile_append(struct logfile *f, struct slice *s, struct err *err);

/*
 * Takes the unfinished last line (f->torn) out of the file again, for a
 * caller who cannot finish it, because the disk stays full and we stop. *cut
 * is the number of bytes; the caller takes its slice back by as many, to where
 * that line begins. 0 bytes when there is none. -1: nothing changed.
 */
int logfile_untear(struct logfile *f, uint64_t *cut, struct err *err);

/*
 * Renames the live file to "name-YYYYMMDDTHHMMSSZ-NNNNNN" (the stamp of now,
 * or the newest before it if that is later) and goes on in a new one. rotated
 * holds the new name (NAME_MAX + 1 bytes). An empty file stays as it is: 0 is
 * returned with *old -1 and rotated "".
 *
 * Nothing is synced, so that writing does not wait. *old is the descriptor of
 * what was renamed, the caller's to sync (fdatasync) and close; and before
 * what comes into the new file may be called safe, dirfd must be synced
 * (fsync; f->renamed reminds of it, another thread takes a dup of dirfd).
 *
 * It fails while f->torn, since a line is never split, and when path is not
 * the open file: what was moved away is written to until logfile_reopen().
 * On failure f is as it was before: still open, still under its own name,
 * still good to write to; *old is -1.
 */
int logfile_rotate(
    struct logfile *f, time_t now, int *old, char *rotated, struct err *err);

/*
 * The same, but what is in the live file is thrown away: nobody needs it. *old
 * is the caller's to close.
 */
int logfile_discard(struct logfile *f, time_t now, int *old, struct err *err);

/*
 * Opens path again after it was moved away or deleted (logrotate and SIGHUP);
 * when path still is the open file nothing happens and *old is -1. Otherwise
 * *old is the descriptor of the one before, the caller's to sync and close.
 * A torn tail of what is found there is moved to path.torn as when starting.
 * It fails while f->torn, but not for a deleted file: the line that was begun
 * there, f->size - f->whole bytes ago, has to be begun again. On failure f is
 * as it was before, and *old is -1.
 */
int logfile_reopen(struct logfile *f, int *old, struct err *err);

/* True when the open file was deleted: logfile_reopen() makes it again. */
bool logfile_is_deleted(const struct logfile *f);

/*
 * For a file that several outputs write in turn: the lock is given up until
 * it is taken again; neither while f->torn. False: another has the lock. The
 * caller looks whether it still bears its name.
 */
void logfile_unlock(struct logfile *f);
bool logfile_lock_again(struct logfile *f);

#endif
