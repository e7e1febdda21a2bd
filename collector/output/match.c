/* SPDX-License-Identifier: BSD-2-Clause */
/* match.c - which names of live files a path with fields can give */
#include "output/match.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Steps of a pattern; what is less is that very byte. */
enum { STEP_DIGIT = 256, STEP_SAFE, STEP_MORE /* any number of safe ones */ };

struct part {
	uint16_t *step; /* owned */
	size_t n;
};

struct match {
	struct part *part; /* owned; by component */
	size_t parts, fields;
};

static bool
is_slash(const struct piece *p)
{
	return p->field == FIELD_LITERAL && p->text.p[0] == '/';
}

/* How many digits; 0: it is no date. */
static size_t
digits_of(enum field f)
{
	switch (f) {
	case FIELD_YEAR:
	case FIELD_MONTH:
	case FIELD_DAY:
	case FIELD_HOUR:
		return template_width(f);
	default:
		return 0;
	}
}

static size_t
steps_of(const struct piece *p)
{
	if (p->field == FIELD_LITERAL)
		return p->text.n;
	return digits_of(p->field) > 0 ? digits_of(p->field) : 2;
}

static void
add_steps(struct part *part, const struct piece *p)
{
	if (p->field != FIELD_LITERAL && digits_of(p->field) == 0) {
		part->step[part->n++] = STEP_SAFE;
		part->step[part->n++] = STEP_MORE;
		return;
	}
	for (size_t i = 0; i < steps_of(p); i++)
		part->step[part->n++] = p->field != FIELD_LITERAL
		    ? (uint16_t)STEP_DIGIT
		    : (unsigned char)p->text.p[i];
}

/* The component that begins with piece p; how many pieces it has. 0: no
 * memory. */
static size_t
make_part(struct match *m, const struct piece *p, size_t left)
{
	struct part *part = &m->part[m->parts];
	size_t pieces = 0, steps = 0;

	while (pieces < left && !is_slash(&p[pieces])) {
		steps += steps_of(&p[pieces]);
		m->fields += p[pieces].field != FIELD_LITERAL;
		pieces++;
	}
	part->step = calloc(steps + 1, sizeof(*part->step));
	if (part->step == NULL)
		return 0;
	m->parts++;
	for (size_t i = 0; i < pieces; i++)
		add_steps(part, &p[i]);
	return pieces;
}

struct match *
match_new(const struct template *t)
{
	struct match *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->part = calloc(t->n + 1, sizeof(*m->part));
	for (size_t i = t->base, n; m->part != NULL && i < t->n; i += n) {
		if (is_slash(&t->piece[i]))
			i++;
		n = make_part(m, &t->piece[i], t->n - i);
		if (n == 0)
			break;
		if (i + n == t->n)
			return m;
	}
	match_free(m);
	return NULL;
}

void
match_free(struct match *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; m->part != NULL && i < m->parts; i++)
		free(m->part[i].step);
	free(m->part);
	free(m);
}

size_t
match_folders(const struct match *m)
{
	return m->parts - 1;
}

size_t
match_fields(const struct match *m)
{
	return m->fields;
}

static bool
is_safe(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

static bool
is_met(uint16_t step, unsigned char c)
{
	if (step == STEP_SAFE)
		return is_safe(c);
	return step == STEP_DIGIT ? c >= '0' && c <= '9' : step == c;
}

bool
match_part(const struct match *m, size_t folders, struct slice name)
{
	const struct part *part = &m->part[folders];
	size_t i = 0, step = 0, back = SIZE_MAX, from = 0;

	if (name.n == 0 || name.n > TEMPLATE_COMPONENT || name.p[0] == '.')
		return false;
	while (i < name.n) {
		unsigned char c = (unsigned char)name.p[i];

		if (step < part->n && part->step[step] == STEP_MORE) {
			back = ++step;
			from = i;
		} else if (step < part->n && is_met(part->step[step], c)) {
			step++;
			i++;
		} else if (back != SIZE_MAX &&
		    is_safe((unsigned char)name.p[from])) {
			/* only the last of them ever has to take more */
			step = back;
			i = ++from;
		} else {
			return false;
		}
	}
	while (step < part->n && part->step[step] == STEP_MORE)
		step++;
	return step == part->n;
}

bool
match_name(const struct match *m, struct slice name)
{
	size_t folders = 0;

	if (slice_eq(name, SLICE_LIT("_other")))
		return true;
	for (;;) {
		const char *slash = memchr(name.p, '/', name.n);
		size_t n = slash != NULL ? (size_t)(slash - name.p) : name.n;

		if ((slash == NULL) != (folders == match_folders(m)) ||
		    !match_part(m, folders, slice_of(name.p, n)))
			return false;
		if (slash == NULL)
			return true;
		folders++;
		slice_skip(&name, n + 1);
	}
}
