/* SPDX-License-Identifier: BSD-2-Clause */
#include "traces.h"

#include <sys/stat.h>

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "config/template.h"

/* The file, or the folder of many files. False: there is none of ours. */
static bool
place_of(const struct output_conf *o, char path[PATH_MAX])
{
	struct slice s = slice_str(o->path);

	if (strcmp(o->path, "-") == 0)
		return false;
	if (o->file != NULL)
		s = template_base(o->file);
	if (s.n == 0 || s.n >= PATH_MAX)
		return false;
	memcpy(path, s.p, s.n);
	path[s.n] = '\0';
	return true;
}

/* Cuts the last component off; false: there is no more to cut. */
static bool
go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return false;
	*slash = '\0';
	return true;
}

size_t
traces_look(const struct output_conf *o)
{
	char path[PATH_MAX];
	struct stat st;

	if (!place_of(o, path))
		return SIZE_MAX;
	while (lstat(path, &st) == -1)
		if (!go_up(path))
			return 0;
	return strlen(path);
}

void
traces_remove(const struct output_conf *o, size_t there)
{
	char path[PATH_MAX];
	struct stat st;

	if (!place_of(o, path) || strlen(path) <= there)
		return;
	if (o->file == NULL &&
	    (lstat(path, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size > 0 ||
		unlink(path) == -1))
		return;
	if (o->file != NULL && rmdir(path) == -1)
		return;
	/* what somebody uses meanwhile is not empty, and stays */
	while (go_up(path) && strlen(path) > there && rmdir(path) == 0)
		;
}
