/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filter.c - see filter.h
 */
#include "route/filter.h"

static char
lower(char c)
{
	if (c < 'A' || c > 'Z')
		return c;
	return (char)(c - 'A' + 'a');
}

static bool
fits(char pattern, char c, bool fold)
{
	if (pattern == '?')
		return true;
	return fold ? lower(pattern) == lower(c) : pattern == c;
}

/*
 * Only the last '*' is ever extended: if a later one can be met at all, it
 * can be met with the earlier ones as short as they are.
 */
bool
filter_glob(const char *pattern, struct slice text, bool fold)
{
	const char *star = NULL;
	size_t i = 0, star_i = 0;

	while (i < text.n) {
		if (*pattern == '*') {
			star = ++pattern;
			star_i = i;
		} else if (*pattern != '\0' &&
		    fits(*pattern, text.p[i], fold)) {
			pattern++;
			i++;
		} else if (star != NULL) {
			pattern = star;
			i = ++star_i;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
is_listed(const struct texts *list, struct slice text, bool fold)
{
	bool plain = false, found = false;

	for (size_t i = 0; i < list->n; i++) {
		const char *pattern = list->text[i];

		if (pattern[0] != '!') {
			plain = true;
			found = found || filter_glob(pattern, text, fold);
		} else if (filter_glob(pattern + 1, text, fold)) {
			return false;
		}
	}
	return found || !plain;
}

bool
filter_pri(const struct choice *c, uint8_t pri)
{
	const struct msg m = { .pri = pri };

	if (c->facilities != 0 && (c->facilities >> msg_facility(&m) & 1) == 0)
		return false;
	return c->severities == 0 || (c->severities >> msg_severity(&m) & 1);
}

bool
filter_names(const struct choice *c, const struct record *r)
{
	struct slice app = r->msg->app;

	if (c->app.n > 0 &&
	    !is_listed(&c->app, app.n > 0 ? app : SLICE_LIT("-"), false))
		return false;
	return c->host.n == 0 || is_listed(&c->host, record_host(r), true);
}

enum filter_result
filter_match(const struct choice *c, const struct record *r,
    struct pattern_scratch *scratch)
{
	if (c->match == NULL)
		return FILTER_YES;
	switch (pattern_match(c->match, scratch, r->msg->text)) {
	case PATTERN_YES:
		return FILTER_YES;
	case PATTERN_GAVE_UP:
		return FILTER_GAVE_UP;
	case PATTERN_NO:
		break;
	}
	return FILTER_NO;
}

enum filter_result
filter_ask(const struct choice *c, const struct record *r,
    struct pattern_scratch *scratch)
{
	if (!filter_pri(c, r->msg->pri) || !filter_names(c, r))
		return FILTER_NO;
	return filter_match(c, r, scratch);
}
