/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.c - rules that no single key can see
 */
#include "config/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/place.h"
#include "config/template.h"
#include "config/units.h"
#include "config/url.h"
#include "wire/err.h"

/*
 * The last component of a path, so that with what rotation appends (time,
 * number, compression, a temporary name's ends) it is within NAME_MAX.
 */
enum { FILE_NAME_MAX = 200 };

int
check_memory(const struct config *c, struct err *err)
{
	/* No overflow: both are bounded by their keys. */
	int64_t messages = CHECK_MEMORY_MESSAGES * c->max_message;
	int64_t workers = CHECK_WORKER_MEMORY * c->workers;
	char need[UNITS_TEXT], one[UNITS_TEXT];

	if (c->memory < messages)
		return err_set(err,
		    "too little: messages of up to %s need 16 times that, %s",
		    units_write_size(c->max_message, one),
		    units_write_size(messages, need));
	if (c->memory < workers)
		return err_set(err,
		    "too little: %" PRId64 " workers need 1M each, %s",
		    c->workers, units_write_size(workers, need));
	return 0;
}

/* TLS is TCP for those who take a port. */
static bool
is_same_transport(const struct listen_conf *a, const struct listen_conf *b)
{
	return a->kind == b->kind ||
	    (listen_is_net_stream(a) && listen_is_net_stream(b));
}

static bool
is_same_place(const struct listen_conf *a, const struct listen_conf *b)
{
	if (a->path != NULL && b->path != NULL) /* of either kind */
		return place_is_same_path(a->path, b->path);
	if (a->path != NULL || b->path != NULL || !is_same_transport(a, b))
		return false;
	/* Port 0 is another port each time, but not another URL. */
	if (a->port == 0 && a->kind != b->kind)
		return false;
	return a->port == b->port && place_is_same_host(a->host, b->host);
}

static bool
is_part_of(const struct listen_conf *a, const struct listen_conf *b)
{
	return a->path == NULL && b->path == NULL && is_same_transport(a, b) &&
	    a->port == b->port && a->port != 0 &&
	    place_overlaps(a->host, b->host);
}

int
check_listen(const struct config *c, size_t i, size_t *twin, struct err *err)
{
	const struct listen_conf *l = &c->listen[i];

	for (size_t j = 0; j < i; j++) {
		*twin = j;
		if (is_same_place(&c->listen[j], l))
			return err_set(err,
			    "there already is a listener on %.200s",
			    c->listen[j].url);
		if (is_part_of(&c->listen[j], l))
			return err_set(err,
			    "there already is a listener on %.200s, and one "
			    "of the two takes the other's port, too",
			    c->listen[j].url);
		if (strcmp(listen_label(&c->listen[j]), listen_label(l)) == 0)
			return err_set(err,
			    "there already is a listener called \"%.200s\"",
			    listen_label(l));
	}
	return 0;
}

int
check_output(const struct config *c, size_t i, size_t *twin, struct err *err)
{
	const struct output_conf *o = &c->output[i];

	for (size_t j = 0; j < i; j++) {
		*twin = j;
		if (place_is_same_path(c->output[j].path, o->path))
			return err_set(err,
			    "there already is an output to %.200s",
			    c->output[j].path);
		if (strcmp(c->output[j].name, o->name) == 0)
			return err_set(err,
			    "there already is an output called \"%.200s\"",
			    o->name);
	}
	return 0;
}

static int
check_rotation(const struct output_conf *o, struct err *err)
{
	if (o->rotate_size > 0 && strcmp(o->path, "-") == 0)
		return err_set(err,
		    "standard output cannot be rotated; give the output a "
		    "file");
	return 0;
}

static int
check_period(const struct output_conf *o, struct err *err)
{
	const int64_t second = 1000, day = 86400 * second;

	if (o->rotate_every > 0 && strcmp(o->path, "-") == 0)
		return err_set(err,
		    "standard output cannot be rotated; give the output a "
		    "file");
	if (o->rotate_every > day && o->rotate_every % day != 0)
		return err_set(
		    err, "longer than a day, but no whole days, like 2d or 7d");
	if (o->rotate_every % second != 0)
		return err_set(err, "no whole seconds, like 15m or 1h");
	return 0;
}

/* A limit, or what is done with rotated files: there must be some. */
static int
check_rotates(const struct output_conf *o, int64_t value, struct err *err)
{
	if (value != 0 && strcmp(o->path, "-") == 0)
		return err_set(err,
		    "standard output has no rotated files; give the output a "
		    "file");
	return 0;
}

static int
check_keep(const struct output_conf *o, struct err *err)
{
	return check_rotates(o, o->keep, err);
}

static int
check_keep_age(const struct output_conf *o, struct err *err)
{
	return check_rotates(o, o->keep_age, err);
}

static int
check_keep_total(const struct output_conf *o, struct err *err)
{
	char size[UNITS_TEXT];

	if (o->keep_total > 0 && o->rotate_size > o->keep_total)
		return err_set(err,
		    "less than rotate_size, %s: each file would be deleted as "
		    "soon as it is rotated",
		    units_write_size(o->rotate_size, size));
	return check_rotates(o, o->keep_total, err);
}

static int
check_keep_free(const struct output_conf *o, struct err *err)
{
	return check_rotates(o, o->keep_free, err);
}

static int
check_keep_min(const struct output_conf *o, struct err *err)
{
	char age[UNITS_TEXT];

	if (o->keep_age > 0 && o->keep_min > o->keep_age)
		return err_set(err,
		    "longer than keep_age, %s, which could then delete "
		    "nothing when it is time",
		    units_write_duration(o->keep_age, age));
	return check_rotates(o, o->keep_min, err);
}

static int
check_compress(const struct output_conf *o, struct err *err)
{
	return check_rotates(o, o->compress, err);
}

const struct check_whole check_whole[] = {
	{ "rotate_size", "rotate-size", check_rotation },
	{ "rotate_every", "rotate-every", check_period },
	{ "keep", "keep", check_keep },
	{ "keep_age", "keep-age", check_keep_age },
	{ "keep_total", "keep-total", check_keep_total },
	{ "keep_free", "keep-free", check_keep_free },
	{ "keep_min", NULL, check_keep_min },
	{ "compress", "compress", check_compress },
	{ NULL, NULL, NULL },
};

int
check_choice(const struct choice *c, struct err *err)
{
	if (c->facilities == 0 && (c->plain | c->negated) != 0)
		return err_set(err,
		    "no facility is left: each one that is named is also "
		    "excluded with !");
	return 0;
}

int
check_http(const char *text, struct err *err)
{
	int64_t port;
	char *host;

	if (strcasecmp(text, "none") == 0)
		return 0;
	if (url_host_port(slice_str(text), &host, &port, err) == -1)
		return -1;
	free(host);
	return 0;
}

int
check_path(const char *path, struct err *err)
{
	const char *name = strrchr(path, '/');

	/* Of a path with fields template.c sees to it. */
	if (strcmp(path, "-") == 0 || template_has_fields(path))
		return 0;
	name = name != NULL ? name + 1 : path;
	if (name[0] == '\0' || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return err_set(err,
		    "names a folder; give a file, like %.200s%s"
		    "all.log",
		    path, name[0] == '\0' ? "" : "/");
	if (strlen(name) > FILE_NAME_MAX)
		return err_set(err, "the file's name is longer than %d bytes",
		    (int)FILE_NAME_MAX);
	return 0;
}
