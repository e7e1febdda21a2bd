/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target_query.c - the parameters of a tls:// URL
 *
 * Percent-decoded, as those of a listener; a fingerprint may stand there
 * several times, or with commas between.
 */
#include <stddef.h>
#include <stdlib.h>

#include "target.h"
#include "wire/word.h"

enum kind { TEXT, YES_NO, PRINTS };

static const struct {
	char name[sizeof("fingerprint")]; /* the longest */
	enum kind kind;
	size_t at; /* in struct tls_wish */
} params[] = {
	{ "ca", TEXT, offsetof(struct tls_wish, ca) },
	{ "certificate", TEXT, offsetof(struct tls_wish, certificate) },
	{ "key", TEXT, offsetof(struct tls_wish, key) },
	{ "crl", TEXT, offsetof(struct tls_wish, crl) },
	{ "name", TEXT, offsetof(struct tls_wish, name) },
	{ "fingerprint", PRINTS, 0 },
	{ "match_cn", YES_NO, offsetof(struct tls_wish, match_cn) },
	{ "legacy", YES_NO, offsetof(struct tls_wish, legacy) },
};

enum { PARAMS = sizeof(params) / sizeof(params[0]) };

static int
digit_of(char c)
{
	if (word_is_digit(c))
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. -1: a % without two digits behind it, or a NUL. */
static int
decode(char *s)
{
	char *to = s;
	int high, low;

	for (; *s != '\0'; s++) {
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		high = digit_of(s[1]);
		low = high == -1 ? -1 : digit_of(s[2]);
		if (low == -1 || high + low == 0)
			return -1;
		*to++ = (char)(high << 4 | low);
		s += 2;
	}
	*to = '\0';
	return 0;
}

static int
add_prints(struct target *t, char *list, struct err *err)
{
	struct tls_wish *w = &t->wish;
	char *next;

	for (; list != NULL; list = next) {
		next = strchr(list, ',');
		if (next != NULL)
			*next++ = '\0';
		if (w->n_prints == TLS_TRUST_PRINTS)
			return err_set(err, "%s: more than %d fingerprints",
			    t->url, (int)TLS_TRUST_PRINTS);
		w->prints[w->n_prints++] = list;
	}
	return 0;
}

static int
set_flag(struct target *t, size_t i, const char *value, struct err *err)
{
	bool yes = strcmp(value, "true") == 0;

	if (!yes && strcmp(value, "false") != 0)
		return err_set(err, "%s: %s must be true or false, not %.100s",
		    t->url, params[i].name, value);
	*(bool *)((char *)&t->wish + params[i].at) = yes;
	return 0;
}

static int
set_text(struct target *t, size_t i, const char *value, struct err *err)
{
	const char **text = (const char **)((char *)&t->wish + params[i].at);

	if (*text != NULL)
		return err_set(
		    err, "%s: %s is there twice", t->url, params[i].name);
	*text = value;
	return 0;
}

static int
take_param(struct target *t, char *pair, struct err *err)
{
	char *value = strchr(pair, '=');
	size_t i = 0;

	if (value != NULL)
		*value++ = '\0';
	while (i < PARAMS && strcmp(params[i].name, pair) != 0)
		i++;
	if (i == PARAMS)
		return err_set(err,
		    "%s: there is no parameter \"%.40s\"; known are ca, "
		    "certificate, key, crl, name, fingerprint, match_cn and "
		    "legacy",
		    t->url, pair);
	if (value == NULL || *value == '\0' || decode(value) == -1)
		return err_set(err,
		    "%s: %s=VALUE is wanted, where %%25 is a percent sign, %%26 "
		    "an & and %%20 a blank",
		    t->url, pair);
	switch (params[i].kind) {
	case YES_NO:
		return set_flag(t, i, value, err);
	case PRINTS:
		return add_prints(t, value, err);
	case TEXT:
		break;
	}
	return set_text(t, i, value, err);
}

/* The host as it may stand in a certificate: without the scope of an address,
 * and the dot that ends a name. */
static char *
default_name(const struct target *t)
{
	size_t n = strcspn(t->host, "%");

	if (n > 1 && t->host[n - 1] == '.')
		n--;
	return strndup(t->host, n);
}

int
target_query(struct target *t, struct slice query, struct err *err)
{
	char *name = default_name(t), *pair, *next;
	size_t n = name != NULL ? strlen(name) + 1 : 0;

	/* all in one piece: the default name, then what is taken apart */
	t->query = name != NULL ? calloc(1, n + query.n + 1) : NULL;
	if (t->query == NULL) {
		free(name);
		return err_set(err, "%s: no memory", t->url);
	}
	(void)memcpy(t->query, name, n);
	free(name);
	pair = t->query + n;
	if (query.n > 0)
		(void)memcpy(pair, query.p, query.n);
	for (; pair != NULL && *pair != '\0'; pair = next) {
		next = strchr(pair, '&');
		if (next != NULL)
			*next++ = '\0';
		if (take_param(t, pair, err) == -1)
			return -1;
	}
	if (t->wish.name == NULL)
		t->wish.name = t->query;
	return 0;
}
