/* SPDX-License-Identifier: BSD-2-Clause */
/* replace.c - a file whose sync failed is left for a new one; of file.h */
#include <errno.h>
#include <limits.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/file_parts.h"
#include "output/folder.h"
#include "output/keeper.h"

bool
file_has_failed(struct file *f)
{
	if (atomic_load(&f->verdict->failed) >= f->since)
		f->failed = true;
	return f->failed;
}

/* One of many was moved away: *old is what was open. -1: as below. */
static int
take_next(struct file *f, int *old, struct err *err)
{
	uint64_t repaired = 0;
	int dirfd = f->log.dirfd;

	*old = f->log.fd;
	if (folder_is_at(dirfd, f->log.name, f->log.fd))
		return -1;
	f->log.dirfd = -1; /* handed over */
	if (logfile_take(&f->log, dirfd, &repaired, err) == -1)
		return -1;
	file_say_repaired(f, repaired);
	return 0;
}

/* What was moved away by another keeps its text where it is. -1: the file
 * still bears its name, or there is no other; errno is kept. */
static int
leave_moved(struct file *f)
{
	int saved = errno, old = -1, rc;
	struct err err;

	rc = f->name != NULL ? take_next(f, &old, &err)
			     : logfile_reopen(&f->log, &old, &err);
	errno = saved;
	if (rc == -1 || old == -1)
		return -1;
	file_hand_over(f, old, NULL, false);
	return 0;
}

/* The text is kept under the name of a rotated file. */
static int
leave_kept(struct file *f, struct err *err)
{
	char name[NAME_MAX + 1];
	int old;

	if (logfile_rotate(&f->log, time(NULL), &old, name, err) == -1)
		return leave_moved(f);
	if (old == -1)
		return 0; /* there is no text */
	file_hand_over(f, old, name, false);
	counter_add(f->home->set->count, O_ROTATIONS, 1);
	keeper_wake(f->home->set->keeper, f->home->set->slot, KEEPER_ROTATED);
	log_line(LOG_ERR,
	    "output %s: a sync of it failed, so what was written to it last "
	    "may be damaged on the disk; it is kept as %s, and writing goes "
	    "on in a new file",
	    f->log.path, name);
	return 0;
}

static int
leave_thrown(struct file *f, struct err *err)
{
	int old;

	if (logfile_discard(&f->log, time(NULL), &old, err) == -1)
		return leave_moved(f);
	file_hand_over(f, old, NULL, false);
	return 0;
}

int
file_replace(struct file *f, struct err *err)
{
	bool held = file_home_holds(f->home);
	int rc;

	if (file_hold_folder(f) == -1)
		return err_sys(err, "%s: its folder", f->log.path);
	rc = f->fresh ? leave_thrown(f, err) : leave_kept(f, err);
	file_drop_folder(f);
	if (rc == -1)
		return -1;
	file_begin(f, clock_wall());
	f->home->cautious = true;
	f->fresh = f->log.size == 0; /* what comes is held */
	f->redo = held;
	f->home->redo_due |= held;
	return 0;
}

int
file_empty(struct file *f, struct err *err)
{
	if (f->log.size == 0)
		return 0;
	f->failed = true;
	return file_replace(f, err);
}
