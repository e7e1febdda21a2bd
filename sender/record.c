/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * record.c - queueing messages with structured data; see syncline.h
 */
#include <errno.h>

#include "queue.h"
#include "wire/sdput.h"

enum { PAIRS_MAX = 32 };

static struct slice
string(const char *s)
{
	return s != NULL ? slice_str(s) : slice_of(NULL, 0);
}

static size_t
put_element(const struct syncline_element *e, char *out)
{
	size_t n = sdput_open(string(e->id), out);
	const struct syncline_param *p;

	for (size_t i = 0; i < e->n_params; i++) {
		p = &e->params[i];
		n += sdput_param(string(p->name),
		    slice_of(p->value, p->value_len),
		    out != NULL ? out + n : NULL);
	}
	return n + sdput_close(out != NULL ? out + n : NULL);
}

static size_t
put_elements(const struct syncline_record *r, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_elements; i++)
		n += put_element(&r->elements[i], out != NULL ? out + n : NULL);
	return n;
}

/* Names are there, and no SD-ID is there twice (RFC-30). */
static int
check_elements(const struct syncline_record *r, uint8_t *own)
{
	static const struct {
		struct slice id;
		uint8_t bit;
	} ours[] = { { { "meta", 4 }, COMPOSE_META },
		{ { "timeQuality", 11 }, COMPOSE_TIME_QUALITY },
		{ { "origin", 6 }, COMPOSE_ORIGIN } };
	const struct syncline_element *e;

	for (size_t i = 0; i < r->n_elements; i++) {
		e = &r->elements[i];
		if (string(e->id).n == 0)
			return -EINVAL;
		for (size_t j = 0; j < e->n_params; j++)
			if (string(e->params[j].name).n == 0 ||
			    (e->params[j].value == NULL &&
				e->params[j].value_len > 0))
				return -EINVAL;
		for (size_t j = 0; j < i; j++)
			if (sdput_same(
				string(e->id), string(r->elements[j].id)))
				return -EINVAL;
		for (size_t j = 0; j < 3; j++)
			if (slice_eq(string(e->id), ours[j].id))
				*own |= ours[j].bit;
	}
	return 0;
}

/* Fills what stands behind the entry. */
static void
fill(char *to, const struct syncline_record *r, const struct entry *e)
{
	if (e->app_n > 0)
		compose_copy(slice_of(r->ident, e->app_n), to);
	to += e->app_n;
	if (e->msgid_n > 0)
		compose_copy(slice_of(r->msgid, e->msgid_n), to);
	to += e->msgid_n;
	if (e->sd_n > 0)
		(void)put_elements(r, to);
	if (e->text_n > 0 && r->text != NULL)
		(void)memcpy(to + e->sd_n, r->text, e->text_n);
}

static int
queue_record(struct syncline *s, int pri, const struct syncline_record *r)
{
	struct entry e = { .pri = (uint8_t)pri };
	size_t sd_n;
	uint64_t used;
	char *record;

	if ((r->text == NULL && r->text_len > 0) ||
	    (r->elements == NULL && r->n_elements > 0) ||
	    check_elements(r, &e.own) != 0 || r->time.tv_nsec < 0 ||
	    r->time.tv_nsec > 999999999)
		return -EINVAL;
	sd_n = put_elements(r, NULL);
	if (sd_n > s->max_message)
		return -EMSGSIZE;
	if ((s->flags & SYNCLINE_PERROR) != 0)
		queue_print(
		    s, string(r->ident), slice_of(r->text, r->text_len));
	e.app_n = (uint8_t)(r->ident != NULL ? strnlen(r->ident, COMPOSE_APP)
					     : 0);
	e.msgid_n = (uint8_t)(r->msgid != NULL
		? strnlen(r->msgid, COMPOSE_MSGID)
		: 0);
	e.sd_n = (uint32_t)sd_n;
	e.text_n = (uint32_t)queue_cut(
	    s, slice_of(r->text, r->text_len), s->max_message)
		       .n;
	if (r->time.tv_sec == 0 && r->time.tv_nsec == 0)
		queue_stamp(&e);
	else
		e.sec = r->time.tv_sec;
	if (e.sec == r->time.tv_sec)
		e.usec = (uint32_t)(r->time.tv_nsec / 1000);
	record = queue_reserve(s, &e, true, &used);
	if (record == NULL)
		return -ENOBUFS;
	fill(record + sizeof(e), r, &e);
	queue_end(s, record, used);
	return 0;
}

int
syncline_record(struct syncline *s, const struct syncline_record *record)
{
	struct syncline_record r = SYNCLINE_RECORD_INIT;
	int saved = errno, status;

	if (record == NULL || record->size < sizeof(size_t) ||
	    record->size > 4 * sizeof(r))
		return -EINVAL;
	(void)memcpy(
	    &r, record, record->size < sizeof(r) ? record->size : sizeof(r));
	status = queue_begin(s, &r.pri);
	if (status == 0)
		status = queue_record(s, r.pri, &r);
	errno = saved;
	return status == QUEUE_MASKED ? 0 : status;
}

int
syncline_kv(struct syncline *s, int pri, const char *text, ...)
{
	struct syncline_param params[PAIRS_MAX];
	struct syncline_element element = { .id = s->sd_id, .params = params };
	struct syncline_record r = SYNCLINE_RECORD_INIT;
	const char *name;
	va_list ap;
	bool whole = true;

	va_start(ap, text);
	while ((name = va_arg(ap, const char *)) != NULL) {
		struct slice value = string(va_arg(ap, const char *));

		whole = element.n_params < PAIRS_MAX;
		if (!whole)
			break;
		params[element.n_params++] = (struct syncline_param){
			.name = name, .value = value.p, .value_len = value.n
		};
	}
	va_end(ap);
	if (!whole)
		return -E2BIG;
	r.pri = pri;
	r.text = text;
	r.text_len = string(text).n;
	r.elements = &element;
	r.n_elements = element.n_params > 0 ? 1 : 0;
	return syncline_record(s, &r);
}
