/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - one file of an output: rotated, reopened, synced when it is time
 *
 * What goes into it, and what is done when it fails, is the output's.
 * Owned by the writer thread.
 */
#ifndef OUTPUT_FILE_H
#define OUTPUT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "output/logfile.h"
#include "output/output.h"
#include "output/period.h"
#include "output/settings.h"

/* What the files of one output have in common. */
struct file_home {
	struct output_settings *set;      /* owned by the output */
	const struct output_tools *tools; /* borrowed */
	int base;                         /* the folder of many files */
	uint64_t asked; /* number of the last job for the syncer */
	bool stray;     /* something is not synced that no open file stands
			 * for: a folder, a file that is closed */
};

struct file {
	struct file_home *home; /* borrowed */
	struct logfile log;
	bool dirty;                  /* written to since the last sync */
	bool rotate_fails;           /* and it was said */
	bool reopen_due, rotate_due; /* as soon as the line begun is whole */
	uint64_t asked;              /* number of its last sync */
	int64_t sync_at, rotate_at;  /* clock_ms(): not before */
	struct period period;        /* in which its text was written */

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

/* Opens one of many, of that path, in the folder dirfd, which is handed over,
 * also when it fails; the caller sets name. -1: *err and errno. */
int file_open_at(struct file *f, struct file_home *home, int dirfd,
    const char *path, struct err *err);

/*
 * Appends a part of *s, as much as one write may bring by the limit of the
 * file's size, and moves *s past what was written, also when it fails.
 * Rotates before that when the limit wants it. -1: *err and errno.
 */
int file_write(struct file *f, struct slice *s, struct err *err);

/* The one file of an output was deleted, and is made again: *made. -1: *err
 * and errno. */
int file_restore(struct file *f, bool *made, struct err *err);

/* Now, or when the line that was begun is whole. The first one is true when
 * writing goes on in another file. */
bool file_reopen(struct file *f);
void file_rotate(struct file *f);

/* Its text is of a period that is over; false without rotate_every. */
bool file_is_over(struct file *f);

/* A line that was begun is whole now: does what had to wait for that. True
 * when it was opened again. */
bool file_catch_up(struct file *f);

/* Asks for the sync that is due. Returns the clock_ms() of the next look,
 * INT64_MAX: none is needed. */
int64_t file_sync_tick(struct file *f, int64_t now);

/* Syncs it here and now, its new name included. */
void file_sync(struct file *f);

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
