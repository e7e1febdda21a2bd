/* SPDX-License-Identifier: BSD-2-Clause */
/* keepplan.c - what the keeper was told, and whose files are whose */
#include "output/keepplan.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "config/template.h"
#include "output/folder.h"

/* The folder of the one file: "." when the path names none. */
static char *
folder_of(const char *path)
{
	const char *name = folder_base(path);

	if (name == path)
		return strdup(".");
	return name == path + 1 ? strdup("/")
				: strndup(path, (size_t)(name - path - 1));
}

static int
take(struct keep_output *o, const struct output_conf *conf)
{
	const int64_t second = 1000;

	o->limits = (struct retain_limits){ .keep = (uint64_t)conf->keep,
		.total = (uint64_t)conf->keep_total,
		.age = conf->keep_age / second,
		.min = conf->keep_min / second };
	o->free = (uint64_t)conf->keep_free;
	o->packing = conf->compress == COMPRESS_GZIP ? PACK_GZIP
	    : conf->compress == COMPRESS_ZSTD        ? PACK_ZSTD
						     : PACK_NONE;
	o->sweep_at = o->failed_at = INT64_MAX;
	if (strcmp(conf->path, "-") == 0)
		return 0;
	o->path = strdup(conf->path);
	if (o->path == NULL)
		return -1;
	if (conf->file == NULL) {
		o->name = folder_base(o->path);
		o->folder = folder_of(o->path);
		return o->folder != NULL ? 0 : -1;
	}
	o->folder = strdup(template_base(conf->file).p);
	o->match = match_new(conf->file);
	if (o->folder == NULL || o->match == NULL)
		return -1;
	o->rank = match_fields(o->match);
	return 0;
}

struct keep_plan *
keep_plan_new(const struct config *conf, const int *slot, struct metrics *m,
    size_t thread, struct err *err)
{
	struct keep_plan *p = calloc(
	    1, sizeof(*p) + conf->outputs * sizeof(p->output[0]));

	if (p == NULL)
		goto fail;
	for (size_t i = 0; i < conf->outputs; i++) {
		struct keep_output *o = &p->output[p->n++];

		o->slot = slot[i];
		o->count = metrics_output(m, thread, slot[i]);
		if (take(o, &conf->output[i]) == -1)
			goto fail;
	}
	return p;

fail:
	(void)err_sys(err, "what is kept of rotated files");
	keep_plan_free(p);
	return NULL;
}

void
keep_plan_free(struct keep_plan *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++) {
		struct keep_output *o = &p->output[i];

		keep_forget_jobs(o);
		marks_clear(&o->foreign);
		marks_clear(&o->failed);
		free(o->path);
		free(o->folder);
		free(o->place);
		match_free(o->match);
	}
	free(p);
}

void
keep_forget_jobs(struct keep_output *o)
{
	while (o->jobs > 0)
		free(o->job[--o->jobs].live);
	o->done = 0;
}

bool
keep_wants(const struct keep_output *o)
{
	return o->path != NULL &&
	    (o->limits.keep > 0 || o->limits.total > 0 || o->limits.age > 0 ||
		o->free > 0 || o->packing != PACK_NONE);
}

void
keep_plan_find_places(struct keep_plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct keep_output *o = &p->output[i];

		/* anew each time: a folder may have become a link meanwhile */
		free(o->place);
		o->place = o->path != NULL ? realpath(o->folder, NULL) : NULL;
	}
}

/* What is behind the folder of other in the path folder/name; n 0: it is not
 * below that. */
static struct slice
below(const char *other, const char *folder, const char *name,
    char path[2 * PATH_MAX])
{
	size_t n = strlen(other), m = strlen(folder);
	size_t k = strlen(name);

	if (m == 1)
		m = 0; /* the root */
	if (n == 1)
		n = 0;
	if (m + 1 + k >= (size_t)2 * PATH_MAX)
		return slice_of(NULL, 0);
	memcpy(path, folder, m);
	path[m] = '/';
	memcpy(path + m + 1, name, k + 1);
	if (strncmp(path, other, n) != 0 || path[n] != '/')
		return slice_of(NULL, 0);
	return slice_str(path + n + 1);
}

/* Could the file of that name, below the folder of o, be a live one of
 * other? */
static bool
is_of(const struct keep_output *other, const struct keep_output *o,
    const char *name)
{
	char path[2 * PATH_MAX];
	struct slice rest;

	if (other->place == NULL || o->place == NULL)
		return false;
	rest = below(other->place, o->place, name, path);
	if (rest.n == 0)
		return false;
	return other->match != NULL ? match_name(other->match, rest)
				    : slice_eq(rest, slice_str(other->name));
}

bool
keep_owns(
    const struct keep_plan *p, const struct keep_output *o, const char *live)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct keep_output *other = &p->output[i];

		if (other == o || other->rank > o->rank ||
		    (other->rank == o->rank && other > o))
			continue;
		if (is_of(other, o, live))
			return false;
	}
	return true;
}

bool
keep_is_live(
    const struct keep_plan *p, const struct keep_output *o, const char *entry)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->output[i].match == NULL &&
		    is_of(&p->output[i], o, entry))
			return true;
	return false;
}
