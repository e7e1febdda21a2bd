/* SPDX-License-Identifier: BSD-2-Clause */
/* follow.c - see follow.h */
#include "follow.h"

#include "common.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One of the rotated files. */
struct rotated {
	uint64_t number;
	char *path;
	bool packed;
};

enum found {
	NOTHING,
	ANOTHER, /* look again */
	OPENED,
};

/* The number at the end of a rotated file's name; 0: it is none. */
static uint64_t
number_of(const struct follow *f, const char *name, bool *packed)
{
	size_t prefix = strlen(f->name), n;
	const char *digit;

	if (strncmp(name, f->name, prefix) != 0 ||
	    (name[prefix] != '-' && name[prefix] != '.'))
		return 0;
	name += prefix + 1;
	n = strcspn(name, ".");
	*packed = strcmp(name + n, ".gz") == 0 || strcmp(name + n, ".zst") == 0;
	if (name[n] && !*packed)
		return 0;
	digit = name + n;
	while (digit > name && digit[-1] >= '0' && digit[-1] <= '9')
		digit--;
	return digit < name + n ? strtoull(digit, NULL, 10) : 0;
}

/* The rotated file with the lowest number above the given one, as it is
 * before it is packed when there are both; number 0: there is none. */
static struct rotated
next_rotated(const struct follow *f, uint64_t above)
{
	struct rotated best = { 0 };
	struct dirent *e;
	DIR *d = opendir(f->folder);

	if (!d)
		die(errno, "%s", f->folder);
	while ((e = readdir(d)) != NULL) {
		bool packed = false;
		uint64_t n = number_of(f, e->d_name, &packed);

		if (n <= above || (best.number && n > best.number) ||
		    (n == best.number && packed))
			continue;
		free(best.path);
		best.number = n;
		best.packed = packed;
		if (asprintf(&best.path, "%s/%s", f->folder, e->d_name) < 0)
			die(ENOMEM, "%s", e->d_name);
	}
	closedir(d);
	return best;
}

static uint64_t
highest_number(const struct follow *f)
{
	uint64_t highest = 0;

	for (;;) {
		struct rotated r = next_rotated(f, highest);

		free(r.path);
		if (r.number == 0)
			return highest;
		highest = r.number;
	}
}

/* Does the name show the file that is open? false, too, when it shows none. */
static bool
shows(const struct follow *f, const char *path, bool *exists)
{
	struct stat st;

	*exists = stat(path, &st) == 0;
	if (!*exists && errno != ENOENT)
		die(errno, "%s", path);
	return *exists && f->fd >= 0 && st.st_ino == f->ino &&
	    st.st_dev == f->dev;
}

/* Opens a file to be read from its beginning; false: it is not there. */
static bool
open_file(struct follow *f, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		if (errno == ENOENT)
			return false;
		die(errno, "%s", path);
	}
	if (fstat(fd, &st))
		die(errno, "%s", path);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = fd;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->offset = 0;
	f->ends = f->passed = false;
	return true;
}

void
follow_open(struct follow *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	bool exists;

	*f = (struct follow){ .fd = -1, .path = path };
	f->name = slash ? slash + 1 : path;
	f->folder = slash ? strndup(path, (size_t)(slash - path + 1))
			  : strdup(".");
	if (!f->folder)
		die(ENOMEM, "%s", path);
	/* Again when it was rotated meanwhile. */
	do {
		f->number = highest_number(f);
		if (open_file(f, path))
			f->offset = lseek(f->fd, 0, SEEK_END);
	} while (!shows(f, path, &exists) && exists);
}

void
follow_close(struct follow *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->folder);
}

/* Steps over the rotated name of the file that is open: it is the lowest one,
 * unless it was deleted meanwhile. A packed one is taken for it. */
static void
pass_own(struct follow *f)
{
	struct rotated r = next_rotated(f, f->number);
	bool exists;

	f->passed = true;
	if (r.number && f->fd >= 0 &&
	    (r.packed || shows(f, r.path, &exists) || !exists))
		f->number = r.number;
	free(r.path);
}

/* Opens the live file, unless another one comes before it. */
static enum found
open_live(struct follow *f)
{
	struct rotated r;
	enum found found = OPENED;
	bool exists;

	if (!open_file(f, f->path))
		return NOTHING;
	/* What was the live file when the folder was read may have been
	 * rotated before we opened the name. */
	r = next_rotated(f, f->number);
	if (r.number && !shows(f, r.path, &exists))
		found = ANOTHER;
	free(r.path);
	return found;
}

/* Opens the next file in the order written. */
static enum found
open_next(struct follow *f)
{
	struct rotated r = next_rotated(f, f->number);
	enum found found = ANOTHER;

	if (r.number == 0)
		return open_live(f);
	if (r.packed) {
		f->number = r.number;
		f->lost++;
	} else if (open_file(f, r.path)) {
		found = OPENED;
	}
	free(r.path);
	return found;
}

/* The file that is open was read to its end, and is not the live one: goes on
 * to the next one. false: that is not there yet. */
static bool
go_on(struct follow *f)
{
	enum found found;

	if (!f->passed)
		pass_own(f);
	do
		found = open_next(f);
	while (found == ANOTHER);
	f->files += found == OPENED;
	return found == OPENED;
}

static size_t
read_on(struct follow *f, char *to, size_t size)
{
	ssize_t n = f->fd < 0 ? 0 : pread(f->fd, to, size, f->offset);

	if (n < 0)
		die(errno, "%s", f->path);
	f->offset += n;
	return (size_t)n;
}

size_t
follow_read(struct follow *f, char *to, size_t size, bool *fresh)
{
	*fresh = false;
	for (;;) {
		size_t n = read_on(f, to, size);
		bool exists;

		if (n > 0)
			return n;
		/* Whoever rotates writes to the old file no more once the new
		 * one is there; but it may have done so since we read. */
		if (!f->ends) {
			if (shows(f, f->path, &exists) || !exists)
				return 0;
			f->ends = true;
			continue;
		}
		if (!go_on(f))
			return 0;
		*fresh = true;
	}
}
