/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * field.c - see field.h
 */
#include "route/field.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/escape.h"
#include "wire/pri.h"
#include "wire/sdata.h"

#include "route/text.h"

bool
fields_init(struct fields *f, size_t max_message)
{
	*f = (struct fields){ .max_message = max_message };
	when_init(&f->when);
	f->value = malloc(max_message + 1);
	return f->value != NULL;
}

void
fields_clear(struct fields *f)
{
	free(f->value);
}

static struct slice
number(struct fields *f, uint64_t v)
{
	size_t n = sizeof(f->text);

	do {
		f->text[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	return slice_of(f->text + n, sizeof(f->text) - n);
}

/* Exactly so many digits: what a date has, so that names sort. */
static struct slice
digits(struct fields *f, unsigned v, size_t n)
{
	for (size_t i = n; i-- > 0; v /= 10)
		f->text[i] = (char)('0' + v % 10);
	return slice_of(f->text, n);
}

static struct slice
timestamp(struct fields *f, const struct record *r)
{
	struct stamp sent;

	if (r->msg->valid)
		return r->msg->time;
	sent = msg_stamp(r->msg);
	return slice_of(f->text,
	    when_sent(&f->when, &sent, r->received, r->origin->zone, f->text));
}

static bool
find_param(const struct piece *p, struct slice sd, struct slice *value)
{
	struct sdata_param param;
	struct slice id, params;

	while (sdata_next(&sd, &id, &params)) {
		if (!slice_eq(id, p->id))
			continue;
		while (sdata_next_param(&params, &param)) {
			if (slice_eq(param.name, p->name)) {
				*value = param.value;
				return true;
			}
		}
		return false; /* no SD-ID stands there twice (RFC-30) */
	}
	return false;
}

static struct slice
sd_param(struct fields *f, const struct piece *p, const struct record *r)
{
	struct slice v = { .n = 0 };

	if (!find_param(p, r->msg->sd, &v) || v.n == 0 ||
	    memchr(v.p, '\\', v.n) == NULL)
		return v;
	assert(v.n <= f->max_message);
	return slice_of(f->value, sdata_unescape(v, f->value));
}

static struct slice
of_date(struct fields *f, enum field field, const struct record *r)
{
	struct when_date d = when_date(&f->when, r->received, r->zone);

	switch (field) {
	case FIELD_YEAR:
		return digits(f, (unsigned)d.year, 4);
	case FIELD_MONTH:
		return digits(f, d.month, 2);
	case FIELD_DAY:
		return digits(f, d.day, 2);
	default:
		return digits(f, d.hour, 2);
	}
}

/* What the collector knows. */
static struct slice
of_origin(struct fields *f, enum field field, const struct record *r)
{
	struct origin *from = r->origin;
	struct slice none = { .n = 0 };
	unsigned port;

	switch (field) {
	case FIELD_FROM:
		return origin_address(from);
	case FIELD_FROM_PORT:
		port = origin_port(from);
		return port != 0 ? number(f, port) : none;
	case FIELD_LISTENER:
		return from->listener;
	case FIELD_RECEIVED:
		return slice_of(
		    f->text, when_received(&f->when, r->received, f->text));
	case FIELD_TRUNCATED:
		return r->truncated ? SLICE_LIT("true") : none;
	case FIELD_PID:
		return from->credentials ? number(f, (uint64_t)from->pid)
					 : none;
	case FIELD_UID:
		return from->credentials ? number(f, from->uid) : none;
	case FIELD_GID:
		return from->credentials ? number(f, from->gid) : none;
	case FIELD_YEAR:
	case FIELD_MONTH:
	case FIELD_DAY:
	case FIELD_HOUR:
		return of_date(f, field, r);
	case FIELD_TLS_PEER:
		return from->tls_peer;
	default:
		return none;
	}
}

static struct slice
of_message(struct fields *f, const struct piece *p, const struct record *r)
{
	const struct msg *m = r->msg;

	switch (p->field) {
	case FIELD_LITERAL:
		return p->text;
	case FIELD_PRI:
		return number(f, m->pri);
	case FIELD_FACILITY:
		return slice_str(pri_facility_name(msg_facility(m)));
	case FIELD_SEVERITY:
		return slice_str(pri_severity_name(msg_severity(m)));
	case FIELD_VERSION:
		return m->form == MSG_RFC5424 ? SLICE_LIT("1")
					      : slice_of(NULL, 0);
	case FIELD_TIMESTAMP:
		return timestamp(f, r);
	case FIELD_HOSTNAME:
		return record_named_host(r);
	case FIELD_APP_NAME:
		return m->app;
	case FIELD_PROCID:
		return m->procid;
	case FIELD_MSGID:
		return m->msgid;
	case FIELD_SD:
		return m->sd;
	case FIELD_SD_PARAM:
		return sd_param(f, p, r);
	case FIELD_MSG:
		return m->text;
	case FIELD_RAW:
		return m->raw;
	default:
		return of_origin(f, p->field, r);
	}
}

struct slice
field_value(struct fields *f, const struct piece *p, const struct record *r)
{
	struct slice v = of_message(f, p, r);

	return v.n > 0 ? v : SLICE_LIT("-");
}

size_t
field_bound(const struct piece *p, const struct record *r)
{
	const struct msg *m = r->msg;
	size_t growth = text_growth(m);

	switch (p->field) {
	case FIELD_LITERAL:
		return p->text.n * ESCAPE_TEXT_GROWTH;
	case FIELD_TIMESTAMP:
		return m->time.n * growth + FIELD_TEXT;
	case FIELD_HOSTNAME:
		return m->host.n * growth + r->self.n * ESCAPE_TEXT_GROWTH +
		    FIELD_TEXT;
	case FIELD_APP_NAME:
		return m->app.n * growth + 1;
	case FIELD_PROCID:
		return m->procid.n * growth + 1;
	case FIELD_MSGID:
		return m->msgid.n * growth + 1;
	case FIELD_SD:
	case FIELD_SD_PARAM:
		return m->sd.n * growth + 1;
	case FIELD_MSG:
		return m->text.n * growth + 1;
	case FIELD_RAW:
		return m->raw.n * growth + 1;
	case FIELD_LISTENER:
		return r->origin->listener.n * ESCAPE_TEXT_GROWTH + 1;
	case FIELD_TLS_PEER:
		return r->origin->tls_peer.n * ESCAPE_TEXT_GROWTH + 1;
	default:
		return FIELD_TEXT;
	}
}
