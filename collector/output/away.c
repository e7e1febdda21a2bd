/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * away.c - a file system that takes no more writes is let go and found again;
 * of output.h
 *
 * After an error ext4 and others refuse every write, also into files that are
 * open, until they are unmounted and checked, and what is open keeps them from
 * being unmounted.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/file_parts.h"
#include "output/folder.h"
#include "output/output_parts.h"

static bool
let_file_go(struct file *f)
{
	struct stat st;

	if (fstat(f->log.dirfd, &st) == -1)
		return false;
	f->home->device = st.st_dev;
	f->log.renamed = f->dirty = false;
	if (syncer_has_done(f->home->tools->syncer, f->asked))
		close(f->log.fd);
	else
		file_hand_over(f, f->log.fd, NULL, false);
	close(f->log.dirfd);
	f->log.fd = f->log.dirfd = -1;
	f->log.torn = f->log.looked = false;
	f->reopen_due = false; /* it will be */
	return true;
}

/* What is held of one of many: nobody will know how much of it was there, so
 * it comes once more, rather twice than not. */
static void
write_again(struct file *f)
{
	struct file_home *h = f->home;

	if (!file_home_holds(h) || !(f->dirty || f->failed || f->redo))
		return;
	h->redo_due = true;
	file_note_lost(f);
}

static bool
let_files_go(struct files *fs)
{
	struct stat st;

	if (fstat(fs->home->base, &st) == -1)
		return false;
	fs->home->device = st.st_dev;
	while (fs->open.n > 0) {
		write_again(fs->open.oldest);
		files_leave_deleted(fs, fs->open.oldest);
	}
	fs->home->stray = false;
	close(fs->home->base);
	fs->home->base = -1;
	return true;
}

void
output_let_go(struct output *o)
{
	if (o->standard || o->home.away)
		return;
	o->home.away = o->files != NULL ? let_files_go(o->files)
					: let_file_go(&o->file);
	if (!o->home.away || o->home.told_away)
		return;
	o->home.told_away = true;
	log_line(LOG_NOTICE,
	    "output %s: its files are closed, so that its file system can be "
	    "unmounted, checked and mounted again, or made writable",
	    o->home.set->path);
}

/* The folder at path, of n bytes, if it is on that file system. -1: *err and
 * errno. */
static int
find_folder(
    const struct file_home *h, const char *path, size_t n, struct err *err)
{
	char *folder = n > 0 ? strndup(path, n) : strdup(".");
	struct stat st;
	int fd;

	if (folder == NULL)
		return err_sys(err, "%s", path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	if (fd == -1)
		return err_sys(err, "%s: its folder", path);
	if (fstat(fd, &st) == 0 && st.st_dev == h->device)
		return fd;
	close(fd);
	errno = ENODEV;
	return err_set(err,
	    "%s: its file system is not mounted (SIGHUP takes what is there "
	    "instead)",
	    path);
}

static int
find_file(struct file *f, struct err *err)
{
	const char *path = f->log.path;
	uint64_t whole = f->log.whole, repaired = 0;
	int fd = find_folder(
	    f->home, path, (size_t)(folder_base(path) - path), err);

	if (fd == -1 || logfile_take(&f->log, fd, &repaired, err) == -1)
		return -1;
	file_say_repaired(f, repaired);
	/* not all came onto the disk: as after a failed sync */
	f->failed |= f->log.whole < whole;
	f->dirty |= file_home_holds(f->home);
	return 0;
}

bool
output_come_back(struct output *o)
{
	const char *base = o->home.set->base;
	struct err err;
	int rc;

	if (o->files != NULL)
		rc = o->home.base = find_folder(
		    &o->home, base, strlen(base), &err);
	else
		rc = find_file(&o->file, &err);
	if (rc == -1) {
		stall_begin(&o->stall, o->home.set, errno, &err);
		return false;
	}
	o->home.away = false;
	if (o->waiting.first == NULL)
		stall_end(&o->stall, o->home.set);
	return true;
}

void
output_take_other(struct output *o)
{
	struct file *f = &o->file;
	uint64_t repaired = 0;
	struct err err;
	int fd;

	if (o->files != NULL) {
		files_find_base(o->files);
		o->home.away = o->home.base == -1;
		if (!o->home.away)
			stall_end(&o->stall, o->home.set);
		return;
	}
	fd = folder_open(f->log.path, &f->log.new, &err);
	if (fd == -1 || logfile_take(&f->log, fd, &repaired, &err) == -1) {
		log_line(LOG_ERR, "output %s: %s", o->home.set->path, err.text);
		return;
	}
	file_say_repaired(f, repaired);
	file_begin(f, f->log.size > 0 ? f->log.written : clock_wall());
	o->home.away = false;
	stall_end(&o->stall, o->home.set);
}
