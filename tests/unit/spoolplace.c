/* SPDX-License-Identifier: BSD-2-Clause */
#include "spoolplace.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
spoolplace_set_up(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)strcpy(f->path, "/tmp/syncline-spool-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	(void)snprintf(f->part, sizeof(f->part), "%s/00", f->path);
	*state = f;
	return 0;
}

void
spoolplace_remove_files(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	char name[512];

	if (folder == NULL)
		return;
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(
		    name, sizeof(name), "%s/%s", path, entry->d_name);
		spoolplace_remove_files(name);
		(void)remove(name);
	}
	(void)closedir(folder);
}

int
spoolplace_tear_down(void **state)
{
	struct folder *f = *state;

	spoolplace_remove_files(f->path);
	(void)rmdir(f->path);
	free(f);
	return 0;
}

struct spool *
spoolplace_open(const struct folder *f)
{
	struct spool *s = NULL;
	struct err err;

	if (spool_open(&s, f->path, SPOOL_LIMIT, false, &err) == -1)
		fail_msg("%s", err.text);
	return s;
}
