/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.c - see json.h
 */
#include "route/json.h"

#include <stdlib.h>

#include "wire/escape.h"
#include "wire/pri.h"
#include "wire/sdata.h"

/* Names and punctuation of every member, the numbers, and what comes from
 * short tables: times, facility, severity, the peer's address. */
enum { FRAME_MAX = 768 };

/* What a clean byte becomes at most: a quote its escape; and "[a]", an
 * element of three bytes, "\"a\":{},". */
enum { CLEAN_GROWTH = 2, CLEAN_SD_GROWTH = 3 };

/* " a=\"\"" is the shortest SD-PARAM. */
enum { PARAM_MIN = 5 };

/* One SD-PARAM; those of the same name are a chain. */
struct json_param {
	struct sdata_param p;
	uint32_t next; /* of the same name; NONE: the last */
	bool first;    /* of that name */
};

static const uint32_t NONE = UINT32_MAX;

bool
json_init(struct json *j, size_t max_message)
{
	size_t params = max_message / PARAM_MIN + 1;

	*j = (struct json){ .max_message = max_message };
	/* Most messages touch little of this, and so does the kernel. */
	j->param = calloc(params, sizeof(*j->param));
	j->order = calloc(2 * params, sizeof(*j->order));
	j->value = malloc(max_message + 1);
	return j->param != NULL && j->order != NULL && j->value != NULL;
}

void
json_clear(struct json *j)
{
	free(j->param);
	free(j->order);
	free(j->value);
}

size_t
json_bound(const struct record *r)
{
	const struct msg *m = r->msg;
	size_t fields = m->time.n + m->host.n + m->app.n + m->procid.n +
	    m->msgid.n + m->text.n;
	size_t ours = r->origin->listener.n + r->origin->tls_peer.n + r->self.n;

	if (!m->clean)
		return (fields + m->sd.n + ours) * ESCAPE_JSON_GROWTH +
		    FRAME_MAX;
	return fields * CLEAN_GROWTH + m->sd.n * CLEAN_SD_GROWTH +
	    ours * ESCAPE_JSON_GROWTH + FRAME_MAX;
}

static inline char *
put(char *out, struct slice s)
{
	memcpy(out, s.p, s.n);
	return out + s.n;
}

static char *
put_string(char *out, struct slice s)
{
	*out++ = '"';
	out += escape_json(s, out);
	*out++ = '"';
	return out;
}

static char *
put_or_null(char *out, struct slice s)
{
	return s.n > 0 ? put_string(out, s) : put(out, SLICE_LIT("null"));
}

static char *
put_number(char *out, uint64_t v)
{
	char digits[20];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	return put(out, slice_of(digits + n, sizeof(digits) - n));
}

/* Any total order: the longer name is the greater. */
static int
compare_names(const struct json_param *a, const struct json_param *b)
{
	struct slice x = a->p.name, y = b->p.name;

	if (x.n != y.n)
		return x.n < y.n ? -1 : 1;
	return memcmp(x.p, y.p, x.n);
}

/* Merges two sorted neighbours; of equals the left one comes first. */
static void
merge(const struct json_param *param, const uint32_t *left, size_t left_n,
    size_t right_n, uint32_t *to)
{
	const uint32_t *right = left + left_n, *end = right + right_n;
	const uint32_t *mid = right;

	while (left < mid && right < end) {
		if (compare_names(&param[*left], &param[*right]) <= 0)
			*to++ = *left++;
		else
			*to++ = *right++;
	}
	while (left < mid)
		*to++ = *left++;
	while (right < end)
		*to++ = *right++;
}

/* The indexes of n parameters by name, then by place. A hash table would be
 * at the mercy of whoever chooses the names. */
static const uint32_t *
sort_names(struct json *j, uint32_t n)
{
	uint32_t *from = j->order, *to = j->order + n, *swap;
	size_t a, left, right;

	for (uint32_t i = 0; i < n; i++)
		from[i] = i;
	for (size_t run = 1; run < n; run *= 2) {
		for (a = 0; a < n; a += left + right) {
			left = n - a < run ? n - a : run;
			right = n - a - left < run ? n - a - left : run;
			merge(j->param, from + a, left, right, to + a);
		}
		swap = from;
		from = to;
		to = swap;
	}
	return from;
}

/* Chains the parameters of one name: RFC-36 allows them to repeat. */
static void
group_names(struct json *j, uint32_t n)
{
	const uint32_t *sorted = sort_names(j, n);
	struct json_param *before = NULL, *now;

	for (uint32_t i = 0; i < n; i++) {
		now = &j->param[sorted[i]];
		now->next = NONE;
		now->first = before == NULL || compare_names(before, now) != 0;
		if (!now->first)
			before->next = sorted[i];
		before = now;
	}
}

static char *
put_value(struct json *j, char *out, struct slice value)
{
	assert(value.n <= j->max_message);
	if (value.n > 0 && memchr(value.p, '\\', value.n) != NULL)
		value = slice_of(j->value, sdata_unescape(value, j->value));
	return put_string(out, value);
}

static char *
put_values(struct json *j, char *out, const struct json_param *p)
{
	if (p->next == NONE)
		return put_value(j, out, p->p.value);

	*out++ = '[';
	for (;;) {
		out = put_value(j, out, p->p.value);
		if (p->next == NONE)
			break;
		*out++ = ',';
		p = &j->param[p->next];
	}
	*out++ = ']';
	return out;
}

static char *
put_params(struct json *j, char *out, struct slice params)
{
	size_t cap = j->max_message / PARAM_MIN + 1;
	uint32_t n = 0;
	bool comma = false;

	while (sdata_next_param(&params, &j->param[n].p)) {
		n++;
		assert(n < cap);
	}
	group_names(j, n);
	*out++ = '{';
	for (uint32_t i = 0; i < n; i++) {
		if (!j->param[i].first)
			continue;
		if (comma)
			*out++ = ',';
		comma = true;
		out = put_string(out, j->param[i].p.name);
		*out++ = ':';
		out = put_values(j, out, &j->param[i]);
	}
	*out++ = '}';
	return out;
}

/* No SD-ID stands twice in valid STRUCTURED-DATA (RFC-30). */
static char *
put_sdata(struct json *j, char *out, struct slice sd)
{
	struct slice id, params;
	bool comma = false;

	*out++ = '{';
	while (sdata_next(&sd, &id, &params)) {
		if (comma)
			*out++ = ',';
		comma = true;
		out = put_string(out, id);
		*out++ = ':';
		out = put_params(j, out, params);
	}
	*out++ = '}';
	return out;
}

/* A valid message says what it says, and nothing where it has NILVALUE; of
 * digits and the like, as it is, there is nothing to escape. */
static inline char *
put_timestamp(struct when *w, const struct record *r, char *out)
{
	struct stamp sent;

	if (r->msg->valid && r->msg->time.n == 0)
		return put(out, SLICE_LIT("null"));
	*out++ = '"';
	if (r->msg->valid) {
		out = put(out, r->msg->time);
	} else {
		sent = msg_stamp(r->msg);
		out += when_sent(w, &sent, r->received, r->origin->zone, out);
	}
	*out++ = '"';
	return out;
}

static char *
put_form(char *out, enum msg_form form)
{
	switch (form) {
	case MSG_RFC5424:
		return put(out, SLICE_LIT("\"rfc5424\""));
	case MSG_RFC3164:
		return put(out, SLICE_LIT("\"rfc3164\""));
	case MSG_RAW:
		break;
	}
	return put(out, SLICE_LIT("\"raw\""));
}

/* Where it came from and how important it is. */
static char *
put_envelope(struct when *w, const struct record *r, char *out)
{
	const struct msg *m = r->msg;

	out = put(out, SLICE_LIT("{\"received\":\""));
	out += when_received(w, r->received, out);
	out = put(out, SLICE_LIT("\",\"from\":"));
	out = put_or_null(out, origin_address(r->origin));
	out = put(out, SLICE_LIT(",\"listener\":"));
	out = put_string(out, r->origin->listener);
	out = put(out, SLICE_LIT(",\"facility\":\""));
	out = put(out, slice_str(pri_facility_name(msg_facility(m))));
	out = put(out, SLICE_LIT("\",\"severity\":\""));
	out = put(out, slice_str(pri_severity_name(msg_severity(m))));
	out = put(out, SLICE_LIT("\",\"pri\":"));
	return put_number(out, m->pri);
}

/* Is the envelope of the last message that of this one? */
static inline bool
is_enveloped(
    const struct json_front *f, const struct record *r, struct slice from)
{
	return f->n > 0 && f->received.tv_nsec == r->received.tv_nsec &&
	    f->received.tv_sec == r->received.tv_sec && f->pri == r->msg->pri &&
	    f->listener.p == r->origin->listener.p &&
	    f->listener.n == r->origin->listener.n &&
	    slice_eq(slice_of(f->from, f->from_n), from);
}

/* All messages that one read gives have the same envelope, when they are of
 * one PRI. */
static char *
put_front(
    struct json_front *f, struct when *w, const struct record *r, char *out)
{
	struct slice from = origin_address(r->origin);
	char *end;

	if (is_enveloped(f, r, from))
		return put(out, slice_of(f->text, f->n));
	end = put_envelope(w, r, out);
	f->n = (size_t)(end - out);
	if (f->n > sizeof(f->text) || from.n > sizeof(f->from)) {
		f->n = 0;
		return end;
	}
	f->received = r->received;
	f->pri = r->msg->pri;
	f->listener = r->origin->listener;
	f->from_n = from.n;
	if (from.n > 0)
		memcpy(f->from, from.p, from.n);
	memcpy(f->text, out, f->n);
	return end;
}

void
json_forget(struct json *j)
{
	j->front.n = 0;
	j->middle.n = 0;
}

static char *
put_fields(struct json *j, const struct record *r, char *out)
{
	const struct msg *m = r->msg;

	out = put(out, SLICE_LIT(",\"hostname\":"));
	out = put_or_null(out, record_named_host(r));
	out = put(out, SLICE_LIT(",\"app_name\":"));
	out = put_or_null(out, m->app);
	out = put(out, SLICE_LIT(",\"procid\":"));
	out = put_or_null(out, m->procid);
	out = put(out, SLICE_LIT(",\"msgid\":"));
	out = put_or_null(out, m->msgid);
	out = put(out, SLICE_LIT(",\"sd\":"));
	return put_sdata(j, out, m->sd);
}

/* A program says the same of itself in each message: compared, not made anew.
 */
static char *
put_middle(struct json *j, const struct record *r, char *out)
{
	const struct msg *m = r->msg;
	struct json_middle *was = &j->middle;
	struct slice head = { .n = 0 };
	char *end;

	if (m->valid && !r->origin->distrust)
		head = slice_of(m->host.p, (size_t)(m->text.p - m->host.p));
	if (was->n > 0 && head.n > 0 &&
	    slice_eq(head, slice_of(was->head, was->head_n)))
		return put(out, slice_of(was->text, was->n));
	end = put_fields(j, r, out);
	if (head.n == 0 || head.n > sizeof(was->head) ||
	    (size_t)(end - out) > sizeof(was->text))
		return end;
	was->head_n = head.n;
	was->n = (size_t)(end - out);
	memcpy(was->head, head.p, head.n);
	memcpy(was->text, out, was->n);
	return end;
}

static char *
put_message(struct json *j, struct when *w, const struct record *r, char *out)
{
	const struct msg *m = r->msg;

	out = put(out, SLICE_LIT(",\"timestamp\":"));
	out = put_timestamp(w, r, out);
	out = put_middle(j, r, out);
	out = put(out, SLICE_LIT(",\"msg\":"));
	out = put_string(out, m->text);
	out = put(out, SLICE_LIT(",\"format\":"));
	return put_form(out, m->form);
}

size_t
json_write(struct json *j, struct when *w, const struct record *r, char *out)
{
	const struct origin *from = r->origin;
	char *o = out;

	assert(r->msg->raw.n <= j->max_message);
	o = put_front(&j->front, w, r, o);
	o = put_message(j, w, r, o);
	if (r->truncated)
		o = put(o, SLICE_LIT(",\"truncated\":true"));
	if (from->tls_peer.n > 0) {
		o = put(o, SLICE_LIT(",\"tls_peer\":"));
		o = put_string(o, from->tls_peer);
	}
	if (from->credentials) {
		o = put(o, SLICE_LIT(",\"pid\":"));
		o = put_number(o, (uint64_t)from->pid);
		o = put(o, SLICE_LIT(",\"uid\":"));
		o = put_number(o, from->uid);
		o = put(o, SLICE_LIT(",\"gid\":"));
		o = put_number(o, from->gid);
	}
	*o++ = '}';
	return (size_t)(o - out);
}
