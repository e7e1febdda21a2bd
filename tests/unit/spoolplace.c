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

void
spoolplace_append(struct spool *s, const char *text)
{
	struct err err;

	if (spool_append(s, slice_str(text), &err) == -1)
		fail_msg("%s", err.text);
}

uint64_t
spoolplace_read(struct spool *s, const char *text)
{
	struct slice record;
	uint64_t number = 0;

	assert_true(spool_read(s, &record, &number));
	assert_int_equal(record.n, strlen(text));
	assert_memory_equal(record.p, text, record.n);
	return number;
}

void
spoolplace_take(struct spool *s, const char *text)
{
	spool_acknowledge(s, spoolplace_read(s, text));
}

void
spoolplace_nothing(struct spool *s)
{
	struct slice record;
	uint64_t number;

	assert_false(spool_read(s, &record, &number));
}

void
spoolplace_nothing_lost(struct spool *s)
{
	spoolplace_nothing(s);
	assert_int_equal(spool_damaged(s), 0);
}
