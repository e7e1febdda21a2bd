/* SPDX-License-Identifier: BSD-2-Clause */
/* message.c - see message.h */
#include "message.h"

#include "common.h"
#include "mark.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	HEADER_MOST = 512,
	AT_LENGTH = AT_DIGITS + 4, /* "at=" and a space */
};

enum framing
message_framing(const char *text)
{
	if (strcmp(text, "octet") == 0)
		return FRAME_OCTET;
	if (strcmp(text, "lf") == 0)
		return FRAME_LF;
	die(0, "-f %s: not one of octet and lf", text);
}

static int
width(uint32_t n)
{
	return snprintf(NULL, 0, "%u", n);
}

/* The header up to the mark. PROCID takes the digits that APP-NAME does not,
 * so that nothing moves from one name to the next. */
static int
header(const struct plan *p, char *to, uint32_t id, uint32_t name)
{
	const struct shape *s = &p->shape;
	int spare = width(s->names - 1) - width(name);
	char host[80], app[16] = "app", pid[16];
	const char *sdata = s->sdata
	    ? "[load@32473 host=\"loopback\" part=\"3\" of=\"17\"]"
	    : "-";
	const char *at = s->timed ? "at=0000000000000000000 " : "";

	if (p->small_head) {
		memset(host, 'h', p->host);
		host[p->host] = '\0';
		memcpy(app, "a", 2);
	} else {
		snprintf(host, sizeof(host), "h%06u", id);
	}
	if (s->names > 1)
		snprintf(app, sizeof(app), "app%u", name);
	snprintf(pid, sizeof(pid), "%.*s",
	    (p->small_head ? 1 : 4) + (s->names > 1 ? spare : 0),
	    "424242424242");
	if (s->rfc3164)
		return snprintf(to, HEADER_MOST,
		    p->small_head && s->names == 1
			? "<134>Jan  1 00:00:00 %s %s: %.0s%s"
			: "<134>Jan  1 00:00:00 %s %s[%s]: %s",
		    host, app, pid, at);
	return snprintf(to, HEADER_MOST,
	    "<134>1 2026-01-01T00:00:00.000000Z %s %s %s %s %s %s", host, app,
	    p->small_head && s->names == 1 ? "-" : pid,
	    p->small_head ? "-" : "MSGID", sdata, at);
}

/* Is there room for this form of header and mark? */
static bool
fits(struct plan *p, bool small_head, size_t mark)
{
	char text[HEADER_MOST];
	size_t n;

	p->small_head = small_head;
	p->host = 1;
	p->mark_length = mark;
	n = (size_t)header(p, text, 0, 0);
	if (n + mark > p->shape.size)
		return false;
	if (mark == MARK_SHORT) /* has nothing to grow by but the host name */
		p->host += (unsigned)(p->shape.size - n - mark);
	else
		p->mark_length = p->shape.size - n;
	p->mark = p->shape.size - p->mark_length;
	return true;
}

void
message_plan(struct plan *p, const struct shape *shape)
{
	*p = (struct plan){ .shape = *shape };
	if (!fits(p, false, MARK_LONG) && !fits(p, true, MARK_LONG) &&
	    (shape->timed || !fits(p, true, MARK_SHORT)))
		die(0, "-s %zu: too small for the fields that are asked for",
		    shape->size);
	if (shape->framing == FRAME_OCTET)
		p->head = (size_t)width((uint32_t)shape->size) + 1;
	p->frame = p->head + shape->size + (shape->framing == FRAME_LF);
	p->stamp = p->head + (shape->rfc3164 ? 5 : 7);
	p->mark += p->head;
	p->at = p->mark - AT_LENGTH + 3;
	if (p->mark_length == MARK_SHORT) {
		p->seq_digits = MARK_SHORT_SEQ;
		p->seq = p->seq_again = p->mark + 11;
		p->id_most = 999;
	} else {
		p->seq_digits = MARK_SEQ;
		p->seq = p->mark + 14;
		p->seq_again = p->head + shape->size - MARK_SEQ;
		p->id_most = 999999;
	}
}

void
message_render(const struct plan *p, char *to, uint32_t id, uint32_t name)
{
	char text[HEADER_MOST];
	char *pad;
	size_t n;

	snprintf(text, sizeof(text), "%zu ", p->shape.size);
	memcpy(to, text, p->head);
	n = (size_t)header(p, text, id, name);
	memcpy(to + p->head, text, n);
	if (p->mark_length == MARK_SHORT) {
		snprintf(text, sizeof(text), "id=%03u seq=%08u", id, 0u);
		memcpy(to + p->mark, text, MARK_SHORT);
	} else {
		snprintf(text, sizeof(text), "id=%06u seq=%010u len=%05zu ", id,
		    0u, p->mark_length);
		memcpy(to + p->mark, text, MARK_PAD);
		pad = to + p->mark + MARK_PAD;
		for (size_t i = 0; i < p->mark_length - MARK_LONG; i++)
			pad[i] = (char)('a' + i % 26);
		snprintf(text, sizeof(text), " end=%010u", 0u);
		memcpy(to + p->seq_again - 5, text, 15);
	}
	if (p->shape.framing == FRAME_LF)
		to[p->frame - 1] = '\n';
}

void
message_at(const struct plan *p, char *frame, int64_t ns)
{
	for (size_t i = AT_DIGITS; i-- > 0; ns /= 10)
		frame[p->at + i] = (char)('0' + ns % 10);
}
