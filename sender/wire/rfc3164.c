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

#include "wire/host.h"
#include "wire/pri.h"
#include "wire/tag.h"
#include "wire/word.h"

enum { NUMBER_LONGEST = 12 /* digits of a sequence number */ };

static bool
has_byte(struct slice s, size_t i, char c)
{
	return i < s.n && s.p[i] == c;
}

/* Takes those words, when s starts with them. */
static bool
take_words(struct slice *s, struct slice words)
{
	if (s->n < words.n || memcmp(s->p, words.p, words.n) != 0)
		return false;
	slice_skip(s, words.n);
	return true;
}

/* NILVALUE, where a relay knew of no name, is none. */
static struct slice
named(struct slice s)
{
	return slice_eq(s, SLICE_LIT("-")) ? slice_of(s.p, 0) : s;
}

/* What is left is a tag and the text, or only the text. */
static void
take_tag(struct slice in, enum tag_rule rule, struct msg *m)
{
	struct tag t;

	if (tag_read(in, rule, &t)) {
		m->app = named(t.name);
		m->procid = named(t.pid);
		slice_skip(&in, t.used);
	}
	m->bom = tag_has_bom(in);
	if (m->bom)
		slice_skip(&in, 3);
	m->text = in;
}

/*
 * Whether word names the severity in PRI, and a tag with the number of its
 * process follows at once: anything less may be words of the text.
 */
static bool
is_severity(struct slice word, struct slice after, unsigned severity)
{
	struct tag t;

	if (!slice_eq(word, slice_str(pri_severity_name(severity))) ||
	    !tag_read(after, TAG_ALONE, &t) || t.name.n == 0)
		return false;
	for (size_t i = 0; i < t.pid.n; i++)
		if (!word_is_digit(t.pid.p[i]))
			return false;
	return t.pid.n > 0;
}

/*
 * Whether the word behind the host is a colon that ends the header: when a tag
 * follows, and where a colon joins the date to the time.
 */
static bool
is_end(struct slice word, struct slice after, const struct msg *m)
{
	struct tag t;

	if (!slice_eq(word, SLICE_LIT(":")))
		return false;
	return tag_read(after, TAG_ALONE, &t) ||
	    (m->time.n > 10 && m->time.p[2] == '/' && m->time.p[10] == ':');
}

/*
 * Behind a host a byte order mark makes the word before it the tag: the mark
 * begins MSG (RFC 5424 section 6.4), and a relay has lost the colon. A word
 * for the severity was put there for people to read.
 */
static void
take_hosted(struct slice in, struct msg *m)
{
	struct slice word = host_word(in), after = in;
	struct tag t;

	if (word.n > 0 && word.n < in.n) {
		slice_skip(&after, word.n + 1);
		if (tag_has_bom(after) && !tag_read(in, TAG_HOSTED, &t)) {
			m->app = named(word);
			in = after;
		} else if (is_end(word, after, m) ||
		    is_severity(word, after, msg_severity(m))) {
			in = after;
		}
	}
	take_tag(in, TAG_HOSTED, m);
}

/*
 * On our own machine syslog(3) writes no host, and idents may hold blanks. A
 * time that begins with a digit is not of its making: other rules hold there.
 */
static bool
is_local(const struct msg_hints *hints, const struct msg *m)
{
	return hints->local && (m->time.n == 0 || !word_is_digit(m->time.p[0]));
}

/*
 * Whether a word is made like the names of hosts, and unlike a word that an
 * ident begins with: letters and digits, or with a domain. That is how those
 * of containers look, which share our socket but not our name.
 */
static bool
is_numbered(struct slice word)
{
	bool digit = false, other = false;

	if (!host_is_name(word))
		return false;
	for (size_t i = 0; i < word.n; i++) {
		if (word_is_digit(word.p[i]))
			digit = true;
		else
			other = true;
	}
	return other && (digit || memchr(word.p, '.', word.n) != NULL) &&
	    memchr(word.p, '/', word.n) == NULL;
}

/* Takes the tag behind a time of syslog(3), and a host only when it is sure. */
static void
take_local(struct slice in, const struct msg_hints *hints, struct msg *m)
{
	struct slice word = host_word(in), after = in;
	struct tag t;

	slice_skip(&after, word.n + 1);
	if (host_is_same(word, hints->self)) {
		m->host = word;
		take_hosted(after, m);
	} else if (tag_read(in, TAG_SPACED, &t) &&
	    !(is_numbered(word) && tag_read(after, TAG_ALONE, &t))) {
		take_tag(in, TAG_SPACED, m);
	} else if (host_is_name(word) && tag_read(after, TAG_ALONE, &t)) {
		m->host = word;
		take_tag(after, TAG_ALONE, m);
	}
}

/* Whether a word is a host's name: a number alone is so only before a tag. */
static bool
is_host(struct slice word, struct slice after)
{
	struct tag t;

	if (!host_is_name(word))
		return false;
	return !word_is_number(word) || tag_read(after, TAG_ALONE, &t);
}

/* Takes what a relay puts before the tag: "Message forwarded from h: ". */
static bool
take_relay(struct slice *in, struct msg *m)
{
	struct slice s = *in, word;

	if (!take_words(&s, SLICE_LIT("Message forwarded from ")))
		return false;
	word = host_word(s);
	if (word.n < 2 || word.n == s.n || word.p[word.n - 1] != ':')
		return false;
	slice_skip(&s, word.n + 1);
	word.n--;
	if (!host_is_address(&word) && !host_is_name(word))
		return false;
	m->host = word;
	*in = s;
	return true;
}

/* What is said in place of a message that comes again, and needs no tag. */
static bool
is_repetition(struct slice s)
{
	return take_words(&s, SLICE_LIT("last message repeated "));
}

/*
 * Whether a word is an ident with a colon, "celery:beat[7]:". syslog(3) writes
 * a blank behind the colon that ends one.
 */
static bool
is_ident(struct slice word)
{
	struct tag t;

	return tag_read(word, TAG_SPACED, &t) &&
	    memchr(t.name.p, ':', t.name.n) != NULL;
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
	if (is_repetition(in))
		return;
	if (take_relay(&in, m) ||
	    (!is_local(hints, m) && host_take_before_event(&in, &m->host))) {
		take_hosted(in, m);
		return;
	}
	word = host_word(in);
	after = in;
	slice_skip(&after, word.n + (word.n < in.n));
	if (!host_is_address(&word)) {
		if (is_local(hints, m) && is_ident(word)) {
			take_tag(in, TAG_SPACED, m);
			return;
		}
		if (tag_read(in, TAG_HEADED, &t)) {
			take_tag(in, TAG_HEADED, m);
			return;
		}
		if (word.n == in.n)
			return; /* a single word is what was to be said */
		if (slice_eq(word, SLICE_LIT("-"))) {
			word.n = 0; /* NILVALUE: a relay knew of none */
		} else if (is_local(hints, m)) {
			take_local(in, hints, m);
			return;
		} else if (!is_host(word, after)) {
			return;
		}
	}
	m->host = word;
	take_hosted(after, m);
}

/* Takes "123: ". */
static bool
take_number(struct slice *in)
{
	size_t i = 0;

	while (i < in->n && i < NUMBER_LONGEST && word_is_digit(in->p[i]))
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
	    (word_is_digit(in->p[i]) ||
		(i > 0 && in->p[i] != '\0' &&
		    strchr(":ywdhms", in->p[i]) != NULL)))
		i++;
	if (i < 3 || in->p[i - 1] != ':' || !has_byte(*in, i, ' '))
		return false;
	slice_skip(in, i + 1);
	return true;
}

/* Without a sequence number before it, it is one when an event follows. */
static bool
take_sole_uptime(struct slice *in)
{
	struct slice s = *in;

	if (!take_uptime(&s) || !has_byte(s, 0, '%'))
		return false;
	*in = s;
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

/* Takes "*name: ", the task that says it. */
static bool
take_task(struct slice *in)
{
	struct slice word = host_word(*in);

	if (word.n < 3 || word.n == in->n || word.p[0] != '*' ||
	    word.p[word.n - 1] != ':' ||
	    !host_is_name(slice_of(word.p + 1, word.n - 2)))
		return false;
	slice_skip(in, word.n + 1);
	return true;
}

/* Takes the colon that ends the header behind a time: at once or alone. */
static bool
take_end(struct slice *in)
{
	if (!take_words(in, SLICE_LIT(":")) &&
	    !take_words(in, SLICE_LIT(" : ")))
		return false;
	(void)take_words(in, SLICE_LIT(" "));
	return true;
}

/*
 * Takes "name: " and the time behind it, perhaps with a task between, when
 * that ends with a colon too; or, behind a sequence number, an uptime or an
 * event's name.
 */
static bool
take_origin_id(struct slice *in, bool numbered, struct msg *m)
{
	struct slice s = *in, word = host_word(s);
	struct msg before = *m;

	if (word.n < 2 || word.p[word.n - 1] != ':' || word.n == s.n)
		return false;
	slice_skip(&s, word.n + 1);
	word.n--;
	if (!host_is_address(&word) && !host_is_name(word))
		return false;
	if (take_number(&s))
		numbered = true;
	(void)take_task(&s);
	if (take_time(&s, m)
		? !has_byte(s, 0, ':')
		: !numbered || (!take_uptime(&s) && !has_byte(s, 0, '%'))) {
		*m = before;
		return false;
	}
	m->host = word;
	*in = s;
	return true;
}

/*
 * Takes "[host ]a/b/c:" and the time at once behind it, when a colon ends the
 * header. The path is that of a part of the host, and its name if need be.
 */
static bool
take_node(struct slice *in, struct msg *m)
{
	struct slice s = *in, host = { .n = 0 }, node = host_word(s), end;
	const char *colon = memchr(node.p, ':', node.n);
	struct msg before = *m;
	bool timed;

	if (colon == NULL && node.n < s.n) {
		host = node;
		slice_skip(&s, node.n + 1);
		node = host_word(s);
		colon = memchr(node.p, ':', node.n);
	}
	if (colon == NULL)
		return false;
	node.n = (size_t)(colon - node.p);
	slice_skip(&s, node.n + 1);
	if (memchr(node.p, '/', node.n) == NULL || !host_is_name(node) ||
	    (host.n > 0 && !host_is_name(host)))
		return false;
	timed = take_time(&s, m);
	end = s;
	if (!timed || !take_end(&end)) {
		*m = before;
		return false;
	}
	m->host = host.n > 0 ? host : node;
	*in = s;
	return true;
}

/* Takes VERSION of RFC 5424 and a time in digits that is none of RFC 5424. */
static bool
take_version(struct slice *in, struct msg *m)
{
	struct slice s = *in;

	if (!take_words(&s, SLICE_LIT("1 ")) || s.n == 0 ||
	    !word_is_digit(s.p[0]) || !take_time(&s, m))
		return false;
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

	if (take_version(in, m))
		return true;
	if (s.n > 0 && s.p[0] == ':')
		slice_skip(&s, 1);
	while (s.n > 0 && s.p[0] == ' ')
		slice_skip(&s, 1);
	for (int i = 0; i < 2 && take_number(&s); i++)
		numbered = true;
	if (!take_time(&s, m) &&
	    !(numbered && (take_uptime(&s) || has_byte(s, 0, '%'))) &&
	    !take_sole_uptime(&s) && !take_origin_id(&s, numbered, m) &&
	    !take_node(&s, m))
		return false;
	*in = s;
	return true;
}

/* Takes a tag without any header, and be there a blank before it. */
static void
take_bare(struct slice in, struct msg *m)
{
	struct slice after = in;
	struct tag t;

	if (take_words(&after, SLICE_LIT(" ")) &&
	    tag_read(after, TAG_ALONE, &t))
		in = after;
	take_tag(in, TAG_ALONE, m);
}

void
rfc3164_parse(struct slice rest, const struct msg_hints *hints, struct msg *m)
{
	struct slice in = rest;

	m->form = MSG_RFC3164;
	if (!take_header(&in, m)) {
		if (!hints->local && host_take_before_event(&in, &m->host))
			take_tag(in, TAG_ALONE, m);
		else
			take_bare(in, m);
	} else if (m->time.n == 0 || take_end(&in)) {
		/* an uptime, and its colon with it; such headers name no host
		 * here */
		take_tag(in, TAG_HEADED, m);
	} else {
		if (in.n > 0)
			slice_skip(&in, 1);
		if (!hints->local && host_take_zone(&in, rest, &m->time))
			take_tag(in, TAG_HEADED, m);
		else
			take_origin(in, hints, m);
	}
}
