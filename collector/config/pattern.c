/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pattern.c - see pattern.h
 *
 * PCRE2 tries a pattern at each place of a text, and its own limit begins
 * anew at each: a text of 64 KiB could take half a minute without meeting
 * it. So every pattern is compiled with callouts between its items, and they
 * count the work of the whole search. That costs a tenth of a microsecond
 * where a message is short, and the answer is the same with and without JIT.
 */
#include "config/pattern.h"

#include <stdint.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
	PATTERN_MAX = 4096,
	NESTED_MAX = 100,        /* parentheses */
	WORK_MAX = 1000000,      /* some 6 ns each, 20 without JIT */
	STRIDE = 16,             /* bytes passed over for one unit of work */
	MATCH_LIMIT = 10000000,  /* at one place; callouts meet theirs first */
	HEAP_KIB = 8192,         /* what must be remembered to go back */
	STACK_MIN = 32 * 1024,   /* the same, of JIT */
	STACK_MAX = 4096 * 1024, /* only what is used becomes real */
	REASON = 160,
	EXCERPT = 24
};

struct pattern {
	pcre2_code *code; /* owned */
	char *text;       /* owned */
	int64_t step;     /* work at each callout */
};

/* The work that is left, and where in the text the search was last. */
struct meter {
	int64_t left;
	size_t last, reach;
	const struct pattern *p;
};

struct pattern_scratch {
	pcre2_match_data *data;       /* owned */
	pcre2_match_context *context; /* owned */
	pcre2_jit_stack *stack;       /* owned; NULL: this machine has no JIT */
	struct meter meter;
};

/*
 * The greatest number behind a brace. To find so many characters is one step
 * to PCRE2, and when there are fewer, no callout tells how far it went.
 */
static int64_t
greatest_count(const char *text)
{
	int64_t most = 0, n;

	while ((text = strchr(text, '{')) != NULL) {
		n = 0;
		for (text++; *text >= '0' && *text <= '9'; text++)
			n = n < UINT16_MAX ? n * 10 + (*text - '0') : n;
		most = n > most ? n : most;
	}
	return most;
}

static pcre2_code *
compile(const char *text, struct err *err)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	PCRE2_UCHAR reason[REASON];
	pcre2_code *code;
	PCRE2_SIZE at = 0;
	int why = 0;

	if (context == NULL) {
		(void)err_set(err, "out of memory");
		return NULL;
	}
	(void)pcre2_set_max_pattern_length(context, PATTERN_MAX);
	(void)pcre2_set_parens_nest_limit(context, NESTED_MAX);
	code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
	    PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
		PCRE2_AUTO_CALLOUT,
	    &why, &at, context);
	pcre2_compile_context_free(context);
	if (code != NULL)
		return code;
	if (pcre2_get_error_message(why, reason, sizeof(reason)) < 0)
		reason[0] = '\0';
	at = at <= strlen(text) ? at : strlen(text);
	(void)err_set(err, "at offset %zu, %s\"%.*s\": %s", at,
	    at < strlen(text) ? "before " : "the end, ", EXCERPT, text + at,
	    (const char *)reason);
	return NULL;
}

struct pattern *
pattern_new(const char *text, struct err *err)
{
	struct pattern *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->text = strdup(text);
	if (p == NULL || p->text == NULL) {
		(void)err_set(err, "out of memory");
		pattern_free(p);
		return NULL;
	}
	p->code = compile(text, err);
	if (p->code == NULL) {
		pattern_free(p);
		return NULL;
	}
	/* Where it cannot be had (no memory may be written and run), the same
	 * is done more slowly. */
	(void)pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
	p->step = 1 + greatest_count(text) / STRIDE;
	return p;
}

void
pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	pcre2_code_free(p->code);
	free(p->text);
	free(p);
}

/* Does this item compare with what was found before? */
static bool
is_reference(const char *item)
{
	if (item[0] == '\\' && item[1] != '\0')
		return strchr("123456789gk", item[1]) != NULL;
	return strncmp(item, "(?P=", 4) == 0;
}

/* Called by PCRE2 before each item of the pattern that it tries. */
static int
on_item(pcre2_callout_block *b, void *arg)
{
	struct meter *m = arg;
	size_t at = b->current_position;
	size_t moved = at > m->last ? at - m->last : m->last - at;

	m->last = at;
	m->left -= m->p->step + (int64_t)(moved / STRIDE);
	m->reach = at > m->reach ? at : m->reach;
	if (m->reach > b->start_match &&
	    is_reference(m->p->text + b->pattern_position))
		m->left -= (int64_t)((m->reach - b->start_match) / STRIDE);
	return m->left < 0 ? PCRE2_ERROR_CALLOUT : 0;
}

struct pattern_scratch *
pattern_scratch_new(struct err *err)
{
	struct pattern_scratch *s = calloc(1, sizeof(*s));

	if (s == NULL)
		goto fail;
	s->data = pcre2_match_data_create(1, NULL);
	s->context = pcre2_match_context_create(NULL);
	if (s->data == NULL || s->context == NULL)
		goto fail;
	s->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
	if (s->stack != NULL)
		pcre2_jit_stack_assign(s->context, NULL, s->stack);
	(void)pcre2_set_match_limit(s->context, MATCH_LIMIT);
	(void)pcre2_set_heap_limit(s->context, HEAP_KIB);
	(void)pcre2_set_callout(s->context, on_item, &s->meter);
	return s;

fail:
	(void)err_set(err, "out of memory");
	pattern_scratch_free(s);
	return NULL;
}

void
pattern_scratch_free(struct pattern_scratch *s)
{
	if (s == NULL)
		return;
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->context);
	pcre2_jit_stack_free(s->stack);
	free(s);
}

enum pattern_result
pattern_match(
    const struct pattern *p, struct pattern_scratch *m, struct slice s)
{
	const char *text = s.n > 0 ? s.p : "";
	int rc;

	m->meter = (struct meter){ .left = WORK_MAX, .p = p };
	rc = pcre2_match(
	    p->code, (PCRE2_SPTR)text, s.n, 0, 0, m->data, m->context);
	if (rc >= 0)
		return PATTERN_YES;
	return rc == PCRE2_ERROR_NOMATCH ? PATTERN_NO : PATTERN_GAVE_UP;
}
