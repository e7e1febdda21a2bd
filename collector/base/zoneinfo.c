/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * zoneinfo.c - where zones are found by their names
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/zone.h"

enum {
	FILE_MAX = 65536, /* bytes of a zone file; those there are have 4,000 */
	NAME_LONGEST = 255
};

/* The folder of the zone files. */
static const char *
zone_folder(void)
{
	const char *folder = secure_getenv("TZDIR");

	return folder != NULL && *folder == '/' ? folder
						: "/usr/share/zoneinfo";
}

/* Up to max bytes of the file; -1: errno says why not. */
static ssize_t
read_all(int fd, char *to, size_t max)
{
	size_t n = 0;
	ssize_t got;

	while (n < max) {
		got = read(fd, to + n, max - n);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static struct zone *
from_fd(int fd, struct err *err)
{
	char *bytes;
	struct zone *z = NULL;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		(void)err_set(err,
		    S_ISDIR(st.st_mode)
			? "is a folder of zones; name one of those in it"
			: "is no zone file");
		return NULL;
	}
	bytes = malloc(FILE_MAX + 1);
	n = bytes != NULL ? read_all(fd, bytes, FILE_MAX + 1) : -1;
	if (n == -1)
		(void)err_sys(err, "cannot be read");
	else if (n > FILE_MAX)
		(void)err_set(err, "is no zone file: it is too large");
	else
		z = zone_of_file(slice_of(bytes, (size_t)n), err);
	free(bytes);
	return z;
}

/*
 * The zone of a file below the folder (AT_FDCWD: of that path). NULL and
 * *found = false: there is no such file.
 */
static struct zone *
from_file(int folder, const char *path, bool *found, struct err *err)
{
	/* a FIFO by that name must not hold us up */
	int fd = openat(
	    folder, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct zone *z = NULL;

	*found = fd != -1;
	if (fd == -1) {
		*found = errno != ENOENT && errno != ENOTDIR &&
		    errno != ENAMETOOLONG;
		(void)err_sys(err, "cannot be read");
	} else {
		z = from_fd(fd, err);
		(void)close(fd);
	}
	return z;
}

/* The same but for the case of letters, and a blank for '_'. */
static bool
is_alike(const char *a, const char *b, size_t n)
{
	if (strlen(a) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char x = a[i], y = b[i];

		x = (char)(x >= 'A' && x <= 'Z' ? x + ('a' - 'A') : x);
		y = (char)(y >= 'A' && y <= 'Z' ? y + ('a' - 'A') : y);
		if (x != y && !(x == '_' && y == ' '))
			return false;
	}
	return true;
}

/* Replaces one component of name by the file of that folder it may mean. */
static bool
correct(int folder, const char *so_far, char *part, size_t n)
{
	int fd = openat(folder, *so_far != '\0' ? so_far : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd != -1 ? fdopendir(fd) : NULL;
	bool found = false;
	struct dirent *e;

	if (dir == NULL) {
		if (fd != -1)
			(void)close(fd);
		return false;
	}
	/* the stream is ours alone */
	/* cppcheck-suppress readdirCalled */
	while (!found && (e = readdir(dir)) != NULL) {
		found = is_alike(e->d_name, part, n);
		if (found)
			memcpy(part, e->d_name, n);
	}
	(void)closedir(dir);
	return found;
}

/* Says that there is no such zone, and which may have been meant. */
static void
set_unknown(struct err *err, int folder, const char *name)
{
	char meant[NAME_LONGEST + 1], before[NAME_LONGEST + 1];
	bool found = folder != -1;
	size_t n;

	(void)memccpy(meant, name, '\0', sizeof(meant));
	meant[NAME_LONGEST] = '\0';
	for (char *part = meant; found && *part != '\0'; part += n) {
		n = strcspn(part, "/");
		memcpy(before, meant, (size_t)(part - meant));
		before[part - meant] = '\0';
		found = n > 0 && correct(folder, before, part, n);
		n += part[n] == '/';
	}
	if (found && strcmp(meant, name) != 0)
		(void)err_set(err, "is no zone below %s; did you mean %s?",
		    zone_folder(), meant);
	else if (folder == -1)
		(void)err_set(err,
		    "is no zone: there is no folder %s (package tzdata); "
		    "without it only UTC and rules such as "
		    "CET-1CEST,M3.5.0,M10.5.0/3 are known",
		    zone_folder());
	else
		(void)err_set(err,
		    "is no zone below %s; must be a name such as "
		    "Europe/Berlin or a rule such as "
		    "CET-1CEST,M3.5.0,M10.5.0/3",
		    zone_folder());
}

/* Whether no component of the name leads out of the folder. */
static bool
is_inside(const char *name)
{
	if (*name == '/' || strlen(name) > NAME_LONGEST)
		return false;
	for (const char *p = name; p != NULL; p = strchr(p, '/')) {
		p += *p == '/';
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
			return false;
	}
	return true;
}

/* A name below the folder, or a rule. */
static struct zone *
from_name(const char *name, struct err *err)
{
	bool found = false;
	struct zone *z;
	int folder;

	if (strcmp(name, "UTC") == 0)
		return zone_of_rule("UTC0", err);
	if (!is_inside(name)) {
		(void)err_set(err,
		    "is no zone: it leads out of %s; must be a name such as "
		    "Europe/Berlin",
		    zone_folder());
		return NULL;
	}
	folder = open(zone_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	z = folder != -1 ? from_file(folder, name, &found, err) : NULL;
	if (!found) {
		z = zone_of_rule(name, err);
		if (z == NULL)
			set_unknown(err, folder, name);
	}
	if (folder != -1)
		(void)close(folder);
	return z;
}

/* What TZ says, in the forms that the C library knows. */
static struct zone *
from_environment(const char *tz, struct err *err)
{
	bool found;

	tz += *tz == ':';
	if (*tz == '\0')
		return zone_of_rule("UTC0", err);
	if (*tz == '/')
		return from_file(AT_FDCWD, tz, &found, err);
	return from_name(tz, err);
}

struct zone *
zone_load(const char *name, struct err *err)
{
	const char *tz = secure_getenv("TZ"), *what = tz;
	bool found = true;
	struct zone *z;
	struct err why = { "" };

	if (*name != '\0')
		return from_name(name, err);
	if (tz != NULL) {
		z = from_environment(tz, &why);
	} else {
		what = "/etc/localtime";
		z = from_file(AT_FDCWD, what, &found, &why);
		if (!found)
			return zone_of_rule("UTC0", err);
	}
	if (z == NULL)
		(void)err_set(
		    err, "%s%s %s", tz != NULL ? "TZ=" : "", what, why.text);
	return z;
}

struct zone *
zone_of_machine(struct err *why)
{
	struct err other;
	struct zone *z;

	why->text[0] = '\0';
	z = zone_load("", why);
	return z != NULL ? z : zone_of_rule("UTC0", &other);
}
