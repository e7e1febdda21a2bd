/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compose_quick.c - see compose_quick.h
 */
#include "wire/compose_quick.h"

enum {
	PRI = 3,   /* "<0>" */
	USEC = 22, /* behind PRI: "1 2003-10-11T22:14:15." */
	USEC_DIGITS = 6,
	NUMBER_END = 3 /* `1"]` */
};

/* What it has of its own goes into the header of others. */
static bool
is_plain(const struct compose *c, const struct compose_msg *m)
{
	return m->app.n == 0 && m->msgid.n == 0 && m->own == 0 &&
	    (m->sd.n == 0 || (c->form == COMPOSE_5424 && m->sequence > 0));
}

static bool
fits(const struct compose_quick *q, const struct compose *c,
    const struct compose_msg *m)
{
	return q->n > 0 && q->sec == m->sec && q->offset == m->offset &&
	    q->synced == c->synced &&
	    q->numbered == (c->form == COMPOSE_5424 && m->sequence > 0);
}

/* False: such a time has no header that others could use. */
static bool
make(struct compose_quick *q, const struct compose *c,
    const struct compose_msg *m)
{
	struct compose_msg first = { .offset = m->offset,
		.sec = m->sec,
		.sequence = m->sequence > 0 ? 1 : 0 };
	char head[PRI + QUICK_HEAD];
	size_t n;

	if (compose_room(c, &first) > sizeof(head))
		return false;
	n = compose(c, &first, head) - PRI;
	q->usec = c->form == COMPOSE_5424 ? USEC : 0;
	if (q->usec > 0 && head[PRI + USEC - 1] != '.')
		return false;
	q->numbered = c->form == COMPOSE_5424 && m->sequence > 0;
	q->n = (uint16_t)(q->numbered ? n - NUMBER_END : n);
	(void)memcpy(q->head, head + PRI, q->n);
	q->sec = m->sec;
	q->offset = m->offset;
	q->synced = c->synced;
	return true;
}

static void
put_usec(char *out, uint32_t usec)
{
	for (int i = USEC_DIGITS; i-- > 0; usec /= 10)
		out[i] = (char)('0' + usec % 10);
}

/* Of ten that follow each other only the last digit changes. */
static char *
put_sequence(struct compose_quick *q, uint32_t sequence, char *out)
{
	if (q->digits_n == 0 || sequence - q->tens > 9) {
		q->tens = sequence / 10 * 10;
		q->digits_n = (uint8_t)compose_number(q->tens, q->digits);
	}
	(void)memcpy(out, q->digits, QUICK_DIGITS); /* there is room */
	out += q->digits_n;
	out[-1] = (char)('0' + (sequence - q->tens));
	return out;
}

size_t
compose_quick(struct compose_quick *q, const struct compose *c,
    const struct compose_msg *m, char *out)
{
	char *o = out;

	if (!is_plain(c, m))
		return compose(c, m, out);
	if (!fits(q, c, m) && !make(q, c, m)) {
		q->n = 0;
		return compose(c, m, out);
	}
	*o++ = '<';
	o += compose_number(m->pri, o);
	*o++ = '>';
	(void)memcpy(o, q->head, q->n);
	if (q->usec > 0)
		put_usec(o + q->usec, m->usec);
	o += q->n;
	if (q->numbered) {
		o = put_sequence(q, m->sequence, o);
		*o++ = '"';
		*o++ = ']';
		(void)memcpy(o, m->sd.n > 0 ? m->sd.p : "", m->sd.n);
		o += m->sd.n;
	}
	if (m->text.n == 0)
		return (size_t)(o - out);
	if (c->form == COMPOSE_5424)
		*o++ = ' ';
	(void)memcpy(o, m->text.p, m->text.n);
	return (size_t)(o - out) + m->text.n;
}
