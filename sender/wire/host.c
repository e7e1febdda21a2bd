/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.c - what a host is called in the header of a message
 */
#include "wire/host.h"

#include <arpa/inet.h>
#include <strings.h>

#include "wire/word.h"

enum {
	CARD = 17,   /* bytes of "aa:bb:cc:dd:ee:ff" */
	SECOND = 15, /* bytes of "Oct 11 22:14:15" */
	EVENT_LONGEST = 128
};

static bool
is_hex(char c)
{
	return word_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

bool
host_is_card(struct slice s)
{
	if (s.n < CARD || (s.n > CARD && is_hex(s.p[CARD])))
		return false;
	for (size_t i = 0; i < CARD; i++)
		if (i % 3 == 2 ? s.p[i] != ':' : !is_hex(s.p[i]))
			return false;
	return true;
}

static bool
is_ipv6(struct slice *word)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;
	struct slice w = *word, bare;
	const char *scope;

	if (w.n >= 2 && w.p[0] == '[' && w.p[w.n - 1] == ']')
		w = slice_of(w.p + 1, w.n - 2);
	bare = w;
	if (w.n == 0 || memchr(w.p, ':', w.n) == NULL)
		return false;
	scope = memchr(w.p, '%', w.n);
	if (scope != NULL)
		bare.n = (size_t)(scope - w.p);
	if (bare.n < 2 || bare.n >= sizeof(text))
		return false;
	memcpy(text, bare.p, bare.n);
	text[bare.n] = '\0';
	if (inet_pton(AF_INET6, text, &addr) != 1)
		return false;
	*word = w;
	return true;
}

bool
host_is_address(struct slice *word)
{
	if (word->n == CARD && host_is_card(*word))
		return true;
	return is_ipv6(word);
}

bool
host_is_name(struct slice word)
{
	if (word.n == 0 || word.n > 255)
		return false;
	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];

		if (!word_is_digit(c) && !word_is_letter(c) && c != '_' &&
		    (i == 0 || (c != '.' && c != '-' && c != '/')))
			return false;
	}
	return true;
}

bool
host_is_same(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	if (n == 0 || strncasecmp(a.p, b.p, n) != 0)
		return false;
	return a.n == b.n || (a.n > n ? a.p[n] : b.p[n]) == '.';
}

bool
host_has_tag(struct slice s)
{
	struct slice word = host_word(s);

	slice_skip(&s, word.n);
	if (s.n < 2 || (!host_is_address(&word) && !host_is_name(word)))
		return false;
	slice_skip(&s, 1);
	word = host_word(s);
	return word.n > 0 &&
	    (word.p[word.n - 1] == ':' || word.p[word.n - 1] == ']');
}

bool
host_is_missing(struct slice s)
{
	struct slice word;

	if (s.n < 2 || s.p[0] != ':' || s.p[1] != ' ')
		return false;
	slice_skip(&s, 2);
	word = host_word(s);
	return word.n > 2 && word.p[word.n - 1] == ':' &&
	    word.p[word.n - 2] == ']';
}

/* "%FACILITY-SEVERITY-MNEMONIC:", the facility perhaps of several words. */
static bool
is_event(struct slice s)
{
	bool severity = false;
	size_t i;

	if (s.n == 0 || s.p[0] != '%')
		return false;
	for (i = 1; i < s.n && i < EVENT_LONGEST; i++) {
		if (s.p[i] == '-' && i > 1 && i + 2 < s.n &&
		    s.p[i + 1] >= '0' && s.p[i + 1] <= '7' && s.p[i + 2] == '-')
			severity = true;
		else if (!word_is_letter(s.p[i]) && !word_is_digit(s.p[i]) &&
		    s.p[i] != '_' && s.p[i] != '-')
			break;
	}
	return severity && i < s.n && s.p[i] == ':';
}

bool
host_take_before_event(struct slice *in, struct slice *host)
{
	struct slice s = *in, word = host_word(s);

	if (word.n == 0 || s.n - word.n < 2 ||
	    (s.p[word.n + 1] != '%' && s.p[word.n + 1] != ':'))
		return false;
	slice_skip(&s, word.n + 1);
	if (word.p[word.n - 1] == ':')
		word.n--;
	else if (s.n > 2 && s.p[0] == ':' && s.p[1] == ' ')
		slice_skip(&s, 2);
	if (!is_event(s) || word_is_number(word) ||
	    (!host_is_address(&word) && !host_is_name(word)))
		return false;
	*host = word;
	*in = s;
	return true;
}

/*
 * Whether the clock is that of network equipment: behind a number, a colon or
 * a mark, or with a fraction of a second. Its own name such equipment writes
 * before the time.
 */
static bool
is_clock(struct slice rest, struct slice time)
{
	size_t n = (size_t)(time.p - rest.p);

	if (n > 1 && time.p[-1] == ' ')
		n--;
	if (n > 0 && word_is_one_of(rest.p[n - 1], SLICE_LIT("*.:")))
		return true;
	return time.n > SECOND && word_is_letter(time.p[0]) &&
	    memchr(time.p, '.', time.n) != NULL;
}

bool
host_take_zone(struct slice *in, struct slice rest, struct slice *time)
{
	struct slice s = *in, zone;

	if (!is_clock(rest, *time) || !word_is_digit(time->p[time->n - 1]))
		return false;
	if (s.n == 0 || !word_is_letter(s.p[0]) ||
	    !host_take_before_event(&s, &zone) || zone.p[zone.n] != ':')
		return false;
	time->n = (size_t)(zone.p + zone.n - time->p);
	*in = s;
	return true;
}
