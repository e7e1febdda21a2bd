/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file_parts.h - what file.c, file_sync.c and replace.c share; nobody else
 * includes it
 */
#ifndef OUTPUT_FILE_PARTS_H
#define OUTPUT_FILE_PARTS_H

#include "output/file.h"

/* The open file is another one now: jobs about the one before say nothing
 * about it, and what comes is of the period around written (clock_wall()). */
void file_begin(struct file *f, int64_t written);

/* The last line was not whole, and was moved. */
void file_say_repaired(const struct file *f, uint64_t bytes);

/* One of many has its folder open only while that is needed. -1: errno. */
int file_hold_folder(struct file *f);
void file_drop_folder(struct file *f);

/* What is not written to any more, fd, is closed, and synced before that if
 * sync says so. name: what it is called now; NULL: as before. */
void file_hand_over(struct file *f, int fd, const char *name, bool sync);

/* Syncs its text here and now. -1: it failed, and counts as such. */
int file_sync_data(struct file *f);

/* One of many is closed, and what is held of it comes once more. */
void file_note_lost(struct file *f);

#endif
