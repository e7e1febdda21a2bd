/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.h - the many files of one output, whose names come with the lines
 *
 * They are in one folder and those below it. At most max_open_files are open:
 * the one that was not used for longest is closed for another. Past the
 * limits of names.h, and when something odd bears a file's name, its lines go
 * to the file _other in that folder. Owned by the writer thread.
 */
#ifndef OUTPUT_FILES_H
#define OUTPUT_FILES_H

#include "base/run.h"
#include "output/file.h"
#include "output/group.h"
#include "output/names.h"
#include "output/opened.h"

/* Why lines go to _other, or nowhere; each is said once a minute. */
enum files_cause {
	FILES_TOO_MANY,
	FILES_TOO_FAST,
	FILES_ODD,
	FILES_NO_BASE,
	FILES_CAUSES
};

struct files {
	struct file_home *home;       /* borrowed */
	struct hash_key key;          /* of names */
	struct names *names;          /* owned */
	struct opened open;           /* owns its files */
	int base;                     /* owned; the folder */
	bool other_unlocked;          /* _other, when it is open */
	int64_t say_at[FILES_CAUSES]; /* clock_ms(): not before */
	char name[RUN_NAME_MAX + 1];  /* the one that is looked for */

	/* of upkeep.c */
	bool reopen_due, rotate_due; /* some file is not done yet */
	int64_t look_at, sync_at, stray_at, clock_at;
	size_t look_next, sync_next; /* places */
};

/* Opens the folder, which is made when it is missing. NULL sets *err. */
struct files *files_new(struct file_home *home, struct err *err);

/* How many of them are open. */
size_t files_open(const struct files *fs);

/* Syncs (unless that is off) and closes, what is unfinished taken back. The
 * syncer must have none of it. Accepts NULL. */
void files_free(struct files *fs);

/* Says which names of the batch go to _other. */
void files_choose(struct files *fs, struct batch *b);

/* Puts groups whose files are open before those that need one of them closed:
 * names that come round in turn would find each just gone. */
void files_put_first(const struct files *fs, struct batch *b);

/*
 * The file of the group, open: its own, or _other, which g->other says then.
 * Good until the next call. *torn: a line that was begun is gone with its
 * file, begin it again; also when it fails. NULL: not now; *err and errno.
 */
struct file *files_get(
    struct files *fs, struct group *g, bool *torn, struct err *err);

/* The same if it is open; else NULL. */
struct file *files_find(const struct files *fs, const struct group *g);

/* All that waited is written: other outputs may write to _other. */
void files_rest(struct files *fs);

/* Closes one; what is not synced will be. */
void files_leave(struct files *fs, struct file *f);

/* The same for one that was deleted: there is nothing to sync. */
void files_leave_deleted(struct files *fs, struct file *f);

/* Opens the folder by its path again: it was moved or deleted. */
void files_find_base(struct files *fs);

/* _other is locked again if it is open, or closed because it was moved. */
void files_lock_other(struct files *fs);

/* The settings are others now. */
void files_renew(struct files *fs);

#endif
