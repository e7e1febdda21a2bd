/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * template.c - see template.h
 */
#include "config/template.h"

#include <assert.h>
#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include "wire/escape.h"
#include "wire/scan.h"

#include "base/run.h"
#include "config/suggest.h"

enum {
	SD_NAME = 32,     /* bytes; RFC 5424 section 6 */
	WORD_SHOWN = 40,  /* of what is wrong */
	HASH_ROOM = 20,   /* what a component may need behind its fields */
	ROTATED_ROOM = 40 /* by which names of rotated files are longer */
};

struct field_name {
	const char *name;
	enum field field;
	size_t width; /* see template_width() */
};

/* Widths: the longest labels are "authpriv" and "warning"; a port has five
 * digits, an ID of the kernel ten. */
static const struct field_name fields[] = {
	{ "pri", FIELD_PRI, 3 },
	{ "facility", FIELD_FACILITY, 8 },
	{ "severity", FIELD_SEVERITY, 7 },
	{ "version", FIELD_VERSION, 1 },
	{ "timestamp", FIELD_TIMESTAMP, 0 },
	{ "hostname", FIELD_HOSTNAME, 0 },
	{ "app_name", FIELD_APP_NAME, 0 },
	{ "procid", FIELD_PROCID, 0 },
	{ "msgid", FIELD_MSGID, 0 },
	{ "sd", FIELD_SD, 0 },
	{ "msg", FIELD_MSG, 0 },
	{ "raw", FIELD_RAW, 0 },
	{ "truncated", FIELD_TRUNCATED, 4 },
	{ "received", FIELD_RECEIVED, 0 },
	{ "from", FIELD_FROM, 0 },
	{ "from_port", FIELD_FROM_PORT, 5 },
	{ "listener", FIELD_LISTENER, 0 },
	{ "tls_peer", FIELD_TLS_PEER, 0 },
	{ "year", FIELD_YEAR, 4 },
	{ "month", FIELD_MONTH, 2 },
	{ "day", FIELD_DAY, 2 },
	{ "hour", FIELD_HOUR, 2 },
	{ "pid", FIELD_PID, 10 },
	{ "uid", FIELD_UID, 10 },
	{ "gid", FIELD_GID, 10 },
	{ NULL, FIELD_LITERAL, 0 },
};

/* What other collectors call them. */
static const struct field_name foreign[] = {
	{ "message", FIELD_MSG, 0 },
	{ "host", FIELD_HOSTNAME, 0 },
	{ "program", FIELD_APP_NAME, 0 },
	{ "app", FIELD_APP_NAME, 0 },
	{ "priority", FIELD_PRI, 0 },
	{ "date", FIELD_TIMESTAMP, 0 },
	{ "structured-data", FIELD_SD, 0 },
	{ "rawmsg", FIELD_RAW, 0 },
	{ "fromhost-ip", FIELD_FROM, 0 },
	{ NULL, FIELD_LITERAL, 0 },
};

size_t
template_width(enum field f)
{
	for (const struct field_name *p = fields; p->name != NULL; p++) {
		if (p->field == f)
			return p->width;
	}
	return 0;
}

/* A template that is being made. */
struct maker {
	struct template *t;
	size_t used; /* bytes of t->text */
	bool path;
	struct err *err;
};

static int
add_piece(struct maker *m, struct piece p)
{
	assert(m->t->piece != NULL);
	if (m->t->n == TEMPLATE_PIECES)
		return err_set(m->err, "has more than %d parts; use fewer",
		    (int)TEMPLATE_PIECES);
	m->t->piece[m->t->n++] = p;
	return 0;
}

/* Adds one character to the literal that ends the template so far. */
static int
add_literal(struct maker *m, struct slice c)
{
	struct piece *last = m->t->n > 0 ? &m->t->piece[m->t->n - 1] : NULL;
	bool slash = m->path && c.p[0] == '/';
	char *to = m->t->text + m->used;

	memcpy(to, c.p, c.n);
	m->used += c.n;
	if (last != NULL && last->field == FIELD_LITERAL && !slash &&
	    !(m->path && last->text.p[0] == '/')) {
		last->text.n += c.n;
		return 0;
	}
	return add_piece(m,
	    (struct piece){
		.field = FIELD_LITERAL, .text = slice_of(to, c.n) });
}

static bool
is_sd_name(struct slice s)
{
	if (s.n == 0 || s.n > SD_NAME)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] > '~' ||
		    strchr("=]\"", s.p[i]) != NULL)
			return false;
	}
	return true;
}

/* Keeps a copy of s beside the literals. */
static struct slice
keep(struct maker *m, struct slice s)
{
	char *to = m->t->text + m->used;

	if (s.n > 0)
		memcpy(to, s.p, s.n);
	m->used += s.n;
	return slice_of(to, s.n);
}

/* What stands behind "sd:" in braces. */
static int
add_sd_param(struct maker *m, struct slice word)
{
	const char *colon = word.n > 0 ? memchr(word.p, ':', word.n) : NULL;
	struct slice id = word, name = { .n = 0 };
	size_t n;

	if (colon != NULL) {
		id.n = (size_t)(colon - word.p);
		name = word;
		slice_skip(&name, id.n + 1);
	}
	if (!is_sd_name(id) || !is_sd_name(name)) {
		n = word.n < WORD_SHOWN ? word.n : WORD_SHOWN;
		return err_set(m->err,
		    "%%{sd:%.*s}: must be like %%{sd:ID:NAME}, as in "
		    "%%{sd:origin:ip}",
		    (int)n, word.p);
	}
	return add_piece(m,
	    (struct piece){ .field = FIELD_SD_PARAM,
		.id = keep(m, id),
		.name = keep(m, name) });
}

static const char *
own_name(const char *name)
{
	const struct field_name *f = foreign;

	while (f->name != NULL && f->name != name)
		f++;
	for (const struct field_name *p = fields;
	     f->name != NULL && p->name != NULL; p++) {
		if (p->field == f->field)
			return p->name;
	}
	return name;
}

static int
unknown_field(struct maker *m, struct slice word)
{
	char text[WORD_SHOWN + 1], low[WORD_SHOWN + 1];
	struct suggest s;

	if (word.n > WORD_SHOWN)
		word.n = escape_whole(slice_of(word.p, WORD_SHOWN));
	memcpy(text, word.p, word.n);
	text[word.n] = '\0';
	for (size_t i = 0; i <= word.n; i++)
		low[i] = (char)tolower((unsigned char)text[i]);
	suggest_init(&s, low);
	for (const struct field_name *f = fields; f->name != NULL; f++)
		suggest_offer(&s, f->name);
	for (const struct field_name *f = foreign; f->name != NULL; f++)
		suggest_offer(&s, f->name);
	if (s.best != NULL)
		return err_set(m->err,
		    "there is no field %%{%s}; did you mean %%{%s}?", text,
		    own_name(s.best));
	return err_set(m->err,
	    "there is no field %%{%s}; there are timestamp, hostname, "
	    "app_name, msg and others",
	    text);
}

/* What stands in braces. */
static int
add_field(struct maker *m, struct slice word)
{
	if (word.n >= 3 && memcmp(word.p, "sd:", 3) == 0) {
		slice_skip(&word, 3);
		return add_sd_param(m, word);
	}
	for (const struct field_name *f = fields; f->name != NULL; f++) {
		if (slice_eq(word, slice_str(f->name)))
			return add_piece(
			    m, (struct piece){ .field = f->field });
	}
	return unknown_field(m, word);
}

/* Takes what begins with '%'. */
static int
take_percent(struct maker *m, struct slice *in)
{
	const char *end;
	size_t n;

	if (in->n >= 2 && in->p[1] == '%') {
		slice_skip(in, 2);
		return add_literal(m, SLICE_LIT("%"));
	}
	if (in->n < 2 || in->p[1] != '{')
		return err_set(m->err,
		    "a \"%%\" must begin a field, like %%{msg}, or be written "
		    "\"%%%%\"");
	end = memchr(in->p, '}', in->n);
	if (end == NULL)
		return err_set(m->err, "a \"%%{\" without its \"}\"");
	n = (size_t)(end - in->p);
	if (add_field(m, slice_of(in->p + 2, n - 2)) == -1)
		return -1;
	slice_skip(in, n + 1);
	return 0;
}

static int
take_all(struct maker *m, struct slice in)
{
	uint32_t code;
	size_t n;

	while (in.n > 0) {
		if (in.p[0] == '%') {
			if (take_percent(m, &in) == -1)
				return -1;
			continue;
		}
		n = scan_char(in, &code);
		if (n == 0 || scan_is_unsafe(code))
			return err_set(
			    m->err, "must be UTF-8 without control characters");
		if (add_literal(m, slice_of(in.p, n)) == -1)
			return -1;
		slice_skip(&in, n);
	}
	return 0;
}

static bool
is_fixed(const struct template *t)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->piece[i].field != FIELD_LITERAL)
			return false;
	}
	return true;
}

static struct template *
make(const char *text, bool path, struct err *err)
{
	size_t n = strnlen(text, TEMPLATE_TEXT + 1);
	struct maker m = { .path = path, .err = err };

	if (n > TEMPLATE_TEXT) {
		(void)err_set(err, "is longer than %d bytes; make it shorter",
		    (int)TEMPLATE_TEXT);
		return NULL;
	}
	m.t = calloc(1, sizeof(*m.t));
	if (m.t == NULL)
		goto none;
	m.t->text = malloc(n + 1);
	m.t->piece = calloc(TEMPLATE_PIECES, sizeof(*m.t->piece));
	if (m.t->text == NULL || m.t->piece == NULL)
		goto none;
	if (take_all(&m, slice_of(text, n)) == -1)
		goto fail;
	if (is_fixed(m.t)) {
		(void)err_set(err, "has no field, like %%{hostname}");
		goto fail;
	}
	return m.t;

none:
	(void)err_set(err, "out of memory");
fail:
	template_free(m.t);
	return NULL;
}

struct template *
template_new(const char *text, struct err *err)
{
	/* it takes the word "template" for that of another language */
	/* cppcheck-suppress CastIntegerToAddressAtReturn */
	return make(text, false, err);
}

static bool
is_slash(const struct piece *p)
{
	return p->field == FIELD_LITERAL && p->text.p[0] == '/';
}

/* The pieces before the component with the first field become one, which a
 * NUL ends: the slash behind it is needed no more. */
static void
join_base(struct template *t)
{
	size_t first = 0, n = 0;

	for (size_t i = 0; t->piece[i].field == FIELD_LITERAL; i++) {
		if (is_slash(&t->piece[i]))
			first = i + 1;
	}
	if (first == 0)
		return;
	for (size_t i = 0; i < first; i++)
		n += t->piece[i].text.n;
	while (n > 1 && t->text[n - 1] == '/')
		n--;
	if (n > 1 || t->text[0] != '/') {
		t->text[n] = '\0';
		t->piece[0].text = slice_of(t->text, n);
	} else {
		t->piece[0].text = SLICE_LIT("/");
	}
	memmove(&t->piece[1], &t->piece[first],
	    (t->n - first) * sizeof(t->piece[0]));
	t->n -= first - 1;
	t->base = 1;
}

static bool
is_dots(struct slice s)
{
	return slice_eq(s, SLICE_LIT(".")) || slice_eq(s, SLICE_LIT(".."));
}

/* One component behind the base; *longest grows by what it has at most. */
static int
check_component(
    const struct piece *p, size_t n, size_t *longest, struct err *err)
{
	size_t fixed = 0, open = 0, width, need;

	if (n == 0)
		return err_set(err,
		    "has \"//\" behind a field, or \"/\" at the end; a file "
		    "name is wanted");
	if (p[0].field == FIELD_LITERAL && n == 1 && is_dots(p[0].text))
		return err_set(err,
		    "has \"%.*s\" behind a field; it must stay in its folder",
		    (int)p[0].text.n, p[0].text.p);
	if (p[0].field == FIELD_LITERAL && p[0].text.p[0] == '.')
		return err_set(err,
		    "has a name that begins with \".\" behind the first "
		    "folders; such names are kept for temporary files");
	for (size_t i = 0; i < n; i++) {
		width = p[i].field == FIELD_LITERAL
		    ? p[i].text.n
		    : template_width(p[i].field);
		fixed += width;
		open += width == 0 ? 1 : 0;
	}
	need = fixed;
	if (open > 0 || n > 1 || p[0].field != FIELD_LITERAL)
		need += open > 0 ? open * TEMPLATE_SHARE : HASH_ROOM;
	if (need > TEMPLATE_COMPONENT)
		return err_set(err,
		    "has a component whose %zu bytes of text leave too little "
		    "of %d for its fields; make it shorter, or use more "
		    "folders",
		    fixed, (int)TEMPLATE_COMPONENT);
	*longest += open > 0 ? (size_t)TEMPLATE_COMPONENT : need;
	return 0;
}

static int
check_path(const struct template *t, struct err *err)
{
	size_t longest = 0, begin = t->base, i;

	for (i = t->base; i <= t->n; i++) {
		if (i < t->n && !is_slash(&t->piece[i]))
			continue;
		if (check_component(
			&t->piece[begin], i - begin, &longest, err) == -1)
			return -1;
		longest++;
		begin = i + 1;
	}
	if (longest > RUN_NAME_MAX ||
	    template_base(t).n + longest + ROTATED_ROOM >= PATH_MAX)
		return err_set(err,
		    "may become longer than a path can be; use fewer folders");
	return 0;
}

struct template *
template_new_path(const char *text, struct err *err)
{
	struct template *t = make(text, true, err);

	if (t == NULL)
		return NULL;
	join_base(t);
	if (check_path(t, err) == -1) {
		template_free(t);
		return NULL;
	}
	return t;
}

void
template_free(struct template *t)
{
	if (t == NULL)
		return;
	free(t->piece);
	free(t->text);
	free(t);
}

bool
template_asks_who(const struct template *t)
{
	for (size_t i = 0; t != NULL && i < t->n; i++)
		switch (t->piece[i].field) {
		case FIELD_PID:
		case FIELD_UID:
		case FIELD_GID:
			return true;
		default:
			break;
		}
	return false;
}

bool
template_has_fields(const char *text)
{
	for (; text[0] != '\0'; text++) {
		if (text[0] != '%')
			continue;
		if (text[1] == '{')
			return true;
		if (text[1] == '%')
			text++;
	}
	return false;
}

struct slice
template_base(const struct template *t)
{
	return t->base > 0 ? t->piece[0].text : SLICE_LIT(".");
}
