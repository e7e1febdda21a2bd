/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format.c - see format.h
 */
#include "route/format.h"

#include <stdlib.h>

#include "route/json.h"
#include "route/text.h"
#include "route/when.h"

struct formatter {
	struct when when;
	struct json json;
};

static const char *const names[] = {
	[FORMAT_RFC5424] = "rfc5424",
	[FORMAT_RAW] = "raw",
	[FORMAT_JSON] = "json",
};

bool
format_by_name(const char *name, enum format *f)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0) {
			*f = (enum format)i;
			return true;
		}
	}
	return false;
}

const char *
format_name(enum format f)
{
	return names[f];
}

struct formatter *
formatter_new(size_t max_message)
{
	struct formatter *fm = calloc(1, sizeof(*fm));

	if (fm == NULL)
		return NULL;
	when_init(&fm->when);
	if (!json_init(&fm->json, max_message)) {
		formatter_free(fm);
		return NULL;
	}
	return fm;
}

void
formatter_free(struct formatter *f)
{
	if (f == NULL)
		return;
	json_clear(&f->json);
	free(f);
}

size_t
format_bound(enum format f, const struct record *r)
{
	switch (f) {
	case FORMAT_RFC5424:
		return text_bound(r) + 1;
	case FORMAT_JSON:
		return json_bound(r) + 1;
	case FORMAT_RAW:
		break;
	}
	return text_bound_raw(r->msg) + 1;
}

size_t
format_line(
    struct formatter *fm, enum format f, const struct record *r, char *out)
{
	size_t n = 0;

	switch (f) {
	case FORMAT_RFC5424:
		n = text_write(&fm->when, r, out);
		break;
	case FORMAT_RAW:
		n = text_write_raw(r->msg, out);
		break;
	case FORMAT_JSON:
		n = json_write(&fm->json, &fm->when, r, out);
		break;
	}
	out[n] = '\n';
	return n + 1;
}
