/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_template.c - any template and any message: one line, a harmless name
 *
 * A line lies within its bound, needs no escape, and what it was made from can
 * be recovered. A name stays below its folder, has components of at most 100
 * bytes that neither are nor begin with ".", and is that of another message
 * only when all fields have the same values.
 */
#include <stdint.h>
#include <stdlib.h>

#include "wire/msg.h"
#include "wire/scan.h"

#include "config/template.h"
#include "route/field.h"
#include "route/format.h"
#include "route/pathname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_MESSAGE = 65536, LOCAL = 1, DISTRUST = 2, TRUNCATED = 4 };

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

/* A message and what it came with. */
struct input {
	struct msg m;
	struct origin o;
	struct record r;
};

static void
make_input(struct input *in, struct slice raw, unsigned flags)
{
	struct msg_hints hints = { .local = (flags & LOCAL) != 0,
		.self = SLICE_LIT("self#012") };
	struct msg_cache cache = { .known = false };

	*in = (struct input){ .o = { .listener = SLICE_LIT("udp://*:514") } };
	in->o.addr.ss_family = AF_INET6;
	in->o.local = hints.local;
	in->o.credentials = hints.local;
	in->o.distrust = (flags & DISTRUST) != 0;
	msg_parse(raw, &hints, &cache, &in->m);
	in->r = (struct record){ .msg = &in->m,
		.origin = &in->o,
		.received = { .tv_sec = 1795342500, .tv_nsec = 123456789 },
		.self = hints.self,
		.truncated = (flags & TRUNCATED) != 0 };
}

static void
expect_safe(struct slice line)
{
	uint32_t code;
	size_t n;

	for (; line.n > 0; slice_skip(&line, n)) {
		n = scan_char(line, &code);
		expect(n > 0 && !scan_is_unsafe(code));
	}
}

/* The next byte of a line, its escape undone. */
static char
take_byte(struct slice *line)
{
	char c;

	expect(line->n > 0);
	c = line->p[0];
	if (scan_is_octal(*line)) {
		c = (char)((line->p[1] - '0') << 6 | (line->p[2] - '0') << 3 |
		    (line->p[3] - '0'));
		slice_skip(line, 3);
	}
	slice_skip(line, 1);
	return c;
}

static void
check_line(struct formatter *fm, enum format format, const struct template *t,
    const struct record *r)
{
	struct output_conf conf = { .format = format };
	size_t bound, n;
	struct slice line, v;
	char *out;

	if (t != NULL)
		conf.line = (struct template *)(uintptr_t)t;
	bound = format_bound(&conf, r);
	out = malloc(bound);
	if (out == NULL)
		return;
	n = format_line(fm, &conf, r, out);
	expect(n > 0 && n <= bound && out[n - 1] == '\n');
	line = slice_of(out, n - 1);
	expect_safe(line);
	for (size_t i = 0; t != NULL && i < t->n; i++) {
		v = field_value(formatter_fields(fm), &t->piece[i], r);
		for (size_t k = 0; k < v.n; k++)
			expect(take_byte(&line) == v.p[k]);
	}
	expect(t == NULL || line.n == 0);
	free(out);
}

static void
expect_component(struct slice c)
{
	expect(c.n > 0 && c.n <= TEMPLATE_COMPONENT && c.p[0] != '.');
	expect_safe(c);
}

static void
expect_harmless(const struct template *t, struct slice name)
{
	size_t slashes = 0, begin = 0;

	expect(name.n > 0 && name.n <= RUN_NAME_MAX);
	for (size_t i = 0; i <= name.n; i++) {
		if (i < name.n && name.p[i] != '/')
			continue;
		expect_component(slice_of(name.p + begin, i - begin));
		begin = i + 1;
		slashes += i < name.n;
	}
	/* as many folders as the template has */
	for (size_t i = t->base; i < t->n; i++) {
		if (i > t->base && t->piece[i].field == FIELD_LITERAL &&
		    t->piece[i].text.p[0] == '/')
			slashes--;
	}
	expect(slashes == 0);
}

/* Have both the same value in this field? */
static bool
is_same(struct formatter *fm, const struct piece *p, const struct record *a,
    const struct record *b)
{
	struct slice v = field_value(formatter_fields(fm), p, a);
	char *copy = malloc(v.n);
	bool same;

	if (copy == NULL)
		return true;
	memcpy(copy, v.p, v.n);
	same = slice_eq(
	    slice_of(copy, v.n), field_value(formatter_fields(fm), p, b));
	free(copy);
	return same;
}

static void
check_name(struct formatter *fm, const struct template *t,
    const struct record *a, const struct record *b)
{
	char one[RUN_NAME_MAX], other[RUN_NAME_MAX];
	struct slice x = slice_of(one, pathname_write(fm, t, a, one));
	struct slice y = slice_of(other, pathname_write(fm, t, b, other));

	expect_harmless(t, x);
	expect_harmless(t, y);
	expect(template_base(t).n > 0 &&
	    template_base(t).p[template_base(t).n] == '\0');
	if (!slice_eq(x, y))
		return;
	for (size_t i = t->base; i < t->n; i++)
		expect(is_same(fm, &t->piece[i], a, b));
}

static void
check(const char *text, struct slice rest, unsigned flags)
{
	static struct formatter *fm; /* for all: it is large */
	struct slice half = slice_of(rest.p, rest.n / 2);
	struct template *t;
	struct input a, b;
	struct err err;

	if (fm == NULL)
		fm = formatter_new(MAX_MESSAGE);
	if (fm == NULL || rest.n > MAX_MESSAGE)
		return;
	slice_skip(&rest, half.n);
	make_input(&a, half, flags);
	make_input(&b, rest, flags >> 3);
	for (int f = FORMAT_RFC5424; f < FORMAT_TEMPLATE; f++)
		check_line(fm, (enum format)f, NULL, &b.r);
	t = template_new(text, &err);
	if (t != NULL) {
		expect(template_has_fields(text));
		check_line(fm, FORMAT_TEMPLATE, t, &a.r);
		check_line(fm, FORMAT_TEMPLATE, t, &b.r);
	}
	template_free(t);
	t = template_new_path(text, &err);
	if (t != NULL)
		check_name(fm, t, &a.r, &b.r);
	template_free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end;
	struct slice rest;
	size_t n;
	char *copy;

	/* flags, a template, NUL, two messages of one length */
	if (size < 2)
		return 0;
	end = memchr(data + 1, 0, size - 1);
	if (end == NULL)
		return 0;
	rest = slice_of(end + 1, size - (size_t)(end + 1 - data));
	n = rest.n;
	copy = malloc(n); /* no byte more: reading on is an error */
	if (copy == NULL && n > 0)
		return 0;
	if (n > 0)
		memcpy(copy, rest.p, n);
	check((const char *)data + 1, slice_of(copy, n), data[0]);
	free(copy);
	return 0;
}
