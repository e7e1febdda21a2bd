/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rfc3164.c - a message as senders have always written it
 *
 * RFC 3164 describes what was seen, and senders differ even from that: time,
 * host and tag are each optional, in any combination. The rules below take a
 * field only when its shape is certain; in doubt the words stay in the text,
 * where nothing is lost.
 */
#include "wire/rfc3164.h"

#include <arpa/inet.h>
#include <strings.h>

#include "wire/word.h"

enum {
	TAG_LONGEST = 128,
	PID_LONGEST = 128,
	NUMBER_LONGEST = 12 /* digits of a sequence number */
};

/* What may be taken for a tag, from the strictest on. */
enum tag_rule {
	TAG_ALONE,  /* nothing stands before it: "tag: " or "tag[pid]:" */
	TAG_HEADED, /* behind a time: also "tag:text" and "tag[pid] text" */
	TAG_SPACED  /* "some words[123]: ", and nothing else */
};

struct tag {
	struct slice name, pid;
	size_t used; /* bytes up to the text */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
is_number(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/* The part of s before the first blank. */
static struct slice
first_word(struct slice s)
{
	const char *end = s.n > 0 ? memchr(s.p, ' ', s.n) : NULL;

	return end != NULL ? slice_of(s.p, (size_t)(end - s.p)) : s;
}

/* Program names hold '/', '.', '-', '(', '%' …, but not what data is made of.
 */
static bool
is_tag_byte(char c)
{
	return word_is_print(c) && c != ':' && c != '[' && c != ']' &&
	    c != '"' && c != '=' && c != '{' && c != '}' && c != '<' &&
	    c != '>';
}

static bool
has_byte(struct slice s, size_t i, char c)
{
	return i < s.n && s.p[i] == c;
}

static bool
has_bom(struct slice s)
{
	return s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0;
}

/* Reads "[pid]:" or, behind a time, "[pid] ", that stands at the name's end. */
static bool
read_pid(struct slice s, enum tag_rule rule, struct tag *t)
{
	size_t i = t->name.n + 1;

	t->pid.p = s.p + i;
	while (i < s.n && i - t->name.n <= PID_LONGEST &&
	    word_is_print(s.p[i]) && s.p[i] != '[' && s.p[i] != ']')
		i++;
	if (!has_byte(s, i, ']'))
		return false;
	t->pid.n = (size_t)(s.p + i - t->pid.p);
	/* "[main] text" is no pid of nobody, "some words[0] text" no tag */
	if ((t->name.n == 0 || rule == TAG_SPACED) && !is_number(t->pid))
		return false;
	t->used = i + 1;
	if (has_byte(s, i + 1, ':')) {
		t->used++;
		return true;
	}
	return rule == TAG_HEADED && t->name.n > 0 &&
	    (i + 1 == s.n || s.p[i + 1] == ' ');
}

/* Reads the tag that s starts with. */
static bool
read_tag(struct slice s, enum tag_rule rule, struct tag *t)
{
	size_t i = 0;

	while (i < s.n && i < TAG_LONGEST &&
	    (is_tag_byte(s.p[i]) || (rule == TAG_SPACED && s.p[i] == ' ')))
		i++;
	t->name = slice_of(s.p, i);
	t->pid = slice_of(s.p, 0);
	if (has_byte(s, i, '[')) {
		if (!read_pid(s, rule, t))
			return false;
	} else {
		/* a number and a colon: a time of day, a sequence number */
		if (rule == TAG_SPACED || !has_byte(s, i, ':') || i == 0 ||
		    is_number(t->name))
			return false;
		/* not "http://x", "C:\x", "CEF:0|x" */
		if (i + 1 < s.n && s.p[i + 1] != ' ' &&
		    !(rule == TAG_HEADED && is_letter(s.p[i + 1])))
			return false;
		t->used = i + 1;
	}
	if (has_byte(s, t->used, ' '))
		t->used++;
	return true;
}

/* What is left is a tag and the text, or only the text. */
static void
take_tag(struct slice in, enum tag_rule rule, struct msg *m)
{
	struct tag t;

	if (read_tag(in, rule, &t)) {
		m->app = t.name;
		m->procid = t.pid;
		slice_skip(&in, t.used);
	}
	m->bom = has_bom(in);
	if (m->bom)
		slice_skip(&in, 3);
	m->text = in;
}

/*
 * Behind a host a byte order mark makes the word before it the tag: the mark
 * begins MSG (RFC 5424 section 6.4), and a relay has lost the colon. A colon
 * that stands alone before a tag ends the header, as it may end the time.
 */
static void
take_hosted(struct slice in, struct msg *m)
{
	struct slice word = first_word(in), after = in;
	struct tag t;

	if (word.n > 0 && word.n < in.n) {
		slice_skip(&after, word.n + 1);
		if (has_bom(after) && !read_tag(in, TAG_HEADED, &t)) {
			m->app = word;
			in = after;
		} else if (word.n == 1 && word.p[0] == ':' &&
		    read_tag(after, TAG_ALONE, &t)) {
			in = after;
		}
	}
	take_tag(in, TAG_HEADED, m);
}

/* An IPv6 address, also in brackets, which are taken off. */
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

/* A host name or IPv4 address; '/' because blades put their slot before it. */
static bool
is_name(struct slice word)
{
	if (word.n == 0 || word.n > 255)
		return false;
	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];

		if (!is_digit(c) && !is_letter(c) && c != '_' &&
		    (i == 0 || (c != '.' && c != '-' && c != '/')))
			return false;
	}
	return true;
}

/* Two names of one host: the same, or one is the other with a domain. */
static bool
is_same_host(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	if (n == 0 || strncasecmp(a.p, b.p, n) != 0)
		return false;
	return has_byte(a, n, '.') || has_byte(b, n, '.') || a.n == b.n;
}

/*
 * On our own machine syslog(3) writes no host, and idents may hold blanks. A
 * header in ISO 8601 is not of its making: other rules hold there.
 */
static bool
is_local(const struct msg_hints *hints, const struct msg *m)
{
	return hints->local && (m->time.n < 5 || m->time.p[4] != '-');
}

/* Takes the tag behind a time of syslog(3), and a host only when it is sure. */
static void
take_local(struct slice in, const struct msg_hints *hints, struct msg *m)
{
	struct slice word = first_word(in), after = in;
	struct tag t;

	slice_skip(&after, word.n + 1);
	if (is_same_host(word, hints->self)) {
		m->host = word;
		take_hosted(after, m);
	} else if (read_tag(in, TAG_SPACED, &t)) {
		take_tag(in, TAG_SPACED, m);
	} else if (is_name(word) && read_tag(after, TAG_ALONE, &t)) {
		m->host = word;
		take_tag(after, TAG_ALONE, m);
	}
}

/* Takes host and tag, behind the time and one blank. */
static void
take_origin(struct slice in, const struct msg_hints *hints, struct msg *m)
{
	struct slice word, after;
	struct tag t;

	m->text = in;
	/* a second blank: the host is empty, or the sender likes blanks */
	while (in.n > 0 && in.p[0] == ' ')
		slice_skip(&in, 1);
	word = first_word(in);
	if (!is_ipv6(&word)) {
		if (read_tag(in, TAG_HEADED, &t)) {
			take_tag(in, TAG_HEADED, m);
			return;
		}
		if (word.n == in.n)
			return; /* a single word is what was to be said */
		if (word.n == 1 && word.p[0] == '-') {
			word.n = 0; /* NILVALUE: a relay knew of none */
		} else if (is_local(hints, m)) {
			take_local(in, hints, m);
			return;
		} else if (!is_name(word)) {
			return;
		}
	}
	m->host = word;
	after = in;
	slice_skip(&after, first_word(in).n);
	if (after.n > 0)
		slice_skip(&after, 1);
	take_hosted(after, m);
}

/* Takes "123: ". */
static bool
take_number(struct slice *in)
{
	size_t i = 0;

	while (i < in->n && i < NUMBER_LONGEST && is_digit(in->p[i]))
		i++;
	if (i == 0 || !has_byte(*in, i, ':') || !has_byte(*in, i + 1, ' '))
		return false;
	slice_skip(in, i + 2);
	return true;
}

/* Takes the time since the start, as "3d18h: " or "00:00:46: ". */
static bool
take_uptime(struct slice *in)
{
	size_t i = 0;

	while (i < in->n && i < NUMBER_LONGEST &&
	    (is_digit(in->p[i]) ||
		(i > 0 && in->p[i] != '\0' &&
		    strchr(":ywdhms", in->p[i]) != NULL)))
		i++;
	if (i < 3 || in->p[i - 1] != ':' || !has_byte(*in, i, ' '))
		return false;
	slice_skip(in, i + 1);
	return true;
}

/* Takes the time, before it a mark that says how good the clock is. */
static bool
take_time(struct slice *in, struct msg *m)
{
	struct slice s = *in;

	if (s.n > 0 && (s.p[0] == '*' || s.p[0] == '.'))
		slice_skip(&s, 1);
	m->time.p = s.p;
	if (!stamp_take_3164(&s, &m->sent))
		return false;
	m->time.n = (size_t)(s.p - m->time.p);
	*in = s;
	return true;
}

/* Takes "name: " and the time behind it, when that ends with a colon too. */
static bool
take_origin_id(struct slice *in, struct msg *m)
{
	struct slice s = *in, word = first_word(s);

	if (word.n < 2 || word.p[word.n - 1] != ':' || word.n == s.n)
		return false;
	slice_skip(&s, word.n + 1);
	word.n--;
	if (!is_name(word) || !take_time(&s, m))
		return false;
	if (!has_byte(s, 0, ':')) {
		m->sent.known = false;
		m->time.n = 0;
		return false;
	}
	m->host = word;
	*in = s;
	return true;
}

/*
 * Takes the header of network equipment, as far as it goes: a colon, sequence
 * numbers, the sender's name, a time, a colon. False: none of the times.
 */
static bool
take_header(struct slice *in, struct msg *m)
{
	struct slice s = *in;
	bool numbered = false;

	if (s.n > 0 && s.p[0] == ':')
		slice_skip(&s, 1);
	while (s.n > 0 && s.p[0] == ' ')
		slice_skip(&s, 1);
	for (int i = 0; i < 2 && take_number(&s); i++)
		numbered = true;
	if (!take_time(&s, m) && !take_origin_id(&s, m) &&
	    !(numbered && take_uptime(&s)))
		return false;
	*in = s;
	return true;
}

void
rfc3164_parse(struct slice rest, const struct msg_hints *hints, struct msg *m)
{
	struct slice in = rest;

	m->form = MSG_RFC3164;
	if (!take_header(&in, m)) {
		take_tag(rest, TAG_ALONE, m);
		return;
	}
	if (m->time.n == 0) { /* an uptime, and its colon with it */
		take_tag(in, TAG_HEADED, m);
		return;
	}
	if (has_byte(in, 0, ':')) { /* such headers name no host here */
		slice_skip(&in, 1);
		if (has_byte(in, 0, ' '))
			slice_skip(&in, 1);
		take_tag(in, TAG_HEADED, m);
		return;
	}
	if (in.n > 0)
		slice_skip(&in, 1);
	take_origin(in, hints, m);
}
