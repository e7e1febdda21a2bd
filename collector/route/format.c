/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format.c - see format.h
 */
#include "route/format.h"

#include <stdlib.h>

#include "route/json.h"
#include "route/render.h"
#include "route/text.h"

struct formatter {
	struct fields fields;
	struct json json;
};

struct formatter *
formatter_new(size_t max_message)
{
	struct formatter *fm = calloc(1, sizeof(*fm));

	if (fm == NULL)
		return NULL;
	if (!fields_init(&fm->fields, max_message) ||
	    !json_init(&fm->json, max_message)) {
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
	fields_clear(&f->fields);
	json_clear(&f->json);
	free(f);
}

void
formatter_forget(struct formatter *f)
{
	when_forget(&f->fields.when);
	json_forget(&f->json);
}

struct fields *
formatter_fields(struct formatter *f)
{
	return &f->fields;
}

size_t
format_bound(const struct output_conf *o, const struct record *r)
{
	switch ((enum format)o->format) {
	case FORMAT_RFC5424:
		return text_bound(r) + 1;
	case FORMAT_JSON:
		return json_bound(r) + 1;
	case FORMAT_ISO:
	case FORMAT_BSD:
		return render_bound(r) + 1;
	case FORMAT_TEMPLATE:
		return render_template_bound(o->line, r) + 1;
	case FORMAT_RAW:
		break;
	}
	return text_bound_raw(r->msg) + 1;
}

size_t
format_line(struct formatter *fm, const struct output_conf *o,
    const struct record *r, char *out)
{
	struct when *w = &fm->fields.when;
	size_t n = 0;

	switch ((enum format)o->format) {
	case FORMAT_RFC5424:
		n = text_write(w, r, out);
		break;
	case FORMAT_RAW:
		n = text_write_raw(r->msg, out);
		break;
	case FORMAT_JSON:
		n = json_write(&fm->json, w, r, out);
		break;
	case FORMAT_ISO:
		n = render_iso(w, r, out);
		break;
	case FORMAT_BSD:
		n = render_bsd(w, r, out);
		break;
	case FORMAT_TEMPLATE:
		n = render_template(&fm->fields, o->line, r, out);
		break;
	}
	out[n] = '\n';
	return n + 1;
}
