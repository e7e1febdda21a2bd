/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - one file of an output: rotated, reopened, synced when it is time
 *
 * What goes into it, and what is done when it fails, is the output's.
 * Owned by the writer thread.
 */
#ifndef OUTPUT_FILE_H
#define OUTPUT_FILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "output/logfile.h"
#include "output/output.h"
#include "output/period.h"
#include "output/settings.h"

enum { LOST_MAX = 16 };

/*
 * What the files of one output have in common.
 *
 * A sync that failed says that what was written before may be lost, and is
 * final: the kernel may say "done" the next time though the data is gone.
 * Such a file is left as it is, under the name of a rotated one, and writing
 * goes on in a new file. From then on, until a sync goes well, and always
 * with sync: always, the output holds in memory what it wrote: the part of a
 * failed file that is still held is written once more, to the new one.
 */
struct file_home {
	struct output_settings *set;      /* owned by the output */
	const struct output_tools *tools; /* borrowed */
	int base;                         /* the folder of many files */
	uint64_t asked; /* number of the last job for the syncer */
	bool stray;     /* something is not synced that no open file stands
			 * for: a folder, a file that is closed */
	bool away;      /* its file system is: nothing is open */
	bool told_away;
	dev_t device;          /* which one that is */
	bool told_limit;       /* that files may not grow as they should */
	int64_t say_rotate_at; /* clock_ms(): that one fails; not before */
	bool cautious;         /* hold what is written until a sync goes well */
	bool redo_due;         /* what is held has to be written once more */
	unsigned lost; /* files that were closed since and must be, too */
	uint64_t lost_hash[LOST_MAX]; /* of their names; more: of any */
	unsigned failures; /* syncs that failed in a row, while holding */
};

/* What is written must be held in memory until it is synced. */
static inline bool
file_home_holds(const struct file_home *h)
{
	return h->set->sync == SYNC_ALWAYS ||
	    (h->cautious && h->set->sync != SYNC_NEVER);
}

/* What is held of a file of many that is not open, the hash of its name, has to
 * be written once more. */
bool file_home_lost(const struct file_home *h, uint64_t hash);

struct file {
	struct file_home *home; /* borrowed */
	struct logfile log;
	bool dirty;                  /* written to since the last sync */
	bool rotate_fails;           /* the last did */
	bool reopen_due, rotate_due; /* as soon as the line begun is whole */
	bool busy;               /* the last rotation waits for the syncer */
	bool failed;             /* a sync of it did: write to it no more */
	bool fresh;              /* all that is in it is held in memory */
	bool redo;               /* ... and must come into it once more */
	bool cut;                /* it was rotated, and what was written to it
				    before is on the disk; the caller's to clear */
	struct verdict *verdict; /* owned; of its syncs */
	uint64_t since;          /* number of the first that is this file's */
	uint64_t asked;          /* number of its last sync */
	int64_t sync_at, rotate_at; /* clock_ms(): not before */
	int64_t rotate_wait;  /* ms; the longer, the more often it failed */
	struct period period; /* in which its text was written */

	/* of opened.c */
	char *name;         /* owned; below the folder of the output */
	uint64_t hash;      /* of the name */
	size_t place;       /* among those that are open */
	struct file *chain; /* of the same bucket */
	struct file *newer; /* used later than this one */
	struct file *older; /* used before */
};

/* Opens the one file of an output. -1 sets *err; f needs no closing then. */
int file_open(struct file *f, struct file_home *home, struct err *err);

/* Opens one of many, of that path, in the folder dirfd, which is borrowed for
 * the call; the caller sets name. -1: *err and errno. */
int file_open_at(struct file *f, struct file_home *home, int dirfd,
    const char *path, struct err *err);

/*
 * Appends a part of *s, as much as one write may bring by the limit of the
 * file's size, and moves *s past what was written, also when it fails.
 * Rotates before that when the limit wants it. -1: *err and errno; EAGAIN: it
 * has to be rotated, and the syncer still has the files before.
 */
int file_write(struct file *f, struct slice *s, struct err *err);

/* A sync of it failed: when no line is begun in it, it must be replaced
 * before anything more is written. */
bool file_has_failed(struct file *f);

/*
 * Leaves a failed file behind and goes on in a new one: the old one keeps its
 * text under the name of a rotated file, or goes when all of that is held.
 * While the output holds what it wrote it has to be written once more: f->redo
 * and home->redo_due. -1: not now; *err and errno.
 */
int file_replace(struct file *f, struct err *err);

/* What is held comes into it once more: empties it, f->fresh, by replacing
 * it. -1: not now, and it counts as failed. */
int file_empty(struct file *f, struct err *err);

/* The one file of an output was deleted, and is made again: *made. -1: *err
 * and errno. */
int file_restore(struct file *f, bool *made, struct err *err);

/* Now, or when the line that was begun is whole and the syncer has room for the
 * file before (f->reopen_due until then). The first one is true when
 * writing goes on in another file. */
bool file_reopen(struct file *f);
void file_rotate(struct file *f);

/*
 * It may not grow any more (RLIMIT_FSIZE, or its file system), but a new file
 * may, unless it is one line that is too long: the line begun is taken back,
 * and it is rotated. False: that does not help, or not now (f->busy: soon).
 */
bool file_outgrow(struct file *f);

/* Its text is of a period that is over; false without rotate_every. */
bool file_is_over(struct file *f);

/* A line that was begun is whole now: does what had to wait for that. True
 * when it was opened again. */
bool file_catch_up(struct file *f);

/* Asks for the sync that is due. Returns the clock_ms() of the next look,
 * INT64_MAX: none is needed. */
int64_t file_sync_tick(struct file *f, int64_t now);

/* Syncs it here and now, its new name included. -1: it failed, and is said
 * and counted. */
int file_sync(struct file *f);

/*
 * Leaves one of many: it is closed, and synced before that unless the output
 * is never synced; without waiting for the disk, unless it is always synced.
 */
void file_leave(struct file *f);

/* Closes it without a sync. The syncer must not have it. */
void file_close(struct file *f);

/* The settings are others now. */
void file_renew(struct file *f);

/* Takes an unfinished line back, which nobody will finish. */
void file_untear(struct file *f);

#endif
