/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quick3164.c - see quick3164.h
 *
 * rfc3164.c asks a few dozen questions of each message, because senders
 * differ in all there is. What syslog(3) and nearly all relays send answers
 * them at once: a host that begins with a small letter is no year, no zone and
 * no address, and a tag of letters that "[digits]: " or ": " ends is nothing
 * else. A test holds the two against each other.
 */
#include "wire/quick3164.h"

#include "wire/scan.h"
#include "wire/tag.h"
#include "wire/word.h"

/* Less than what the limits of rfc3164.c are, so that these do not matter, and
 * no more than those of RFC 5424. */
enum { HOST_MOST = 100, TAG_MOST = 48, PID_MOST = 20 };

/* "host ", from p on; NULL: something else. */
static inline const char *
take_host(const char *p, const char *end, struct slice *host)
{
	size_t n;

	if (p == end || *p < 'a' || *p > 'z')
		return NULL;
	n = word_label(slice_of(p, (size_t)(end - p)));
	*host = slice_of(p, n);
	p += n;
	return p < end && *p == ' ' && n <= HOST_MOST ? p + 1 : NULL;
}

/* "tag: " or "tag[pid]: " */
static inline const char *
take_tag(const char *p, const char *end, struct slice *tag, struct slice *pid)
{
	const char *from;
	size_t n;

	if (p == end || !word_is_letter(*p))
		return NULL;
	n = word_label(slice_of(p, (size_t)(end - p)));
	*tag = *pid = slice_of(p, n);
	pid->n = 0;
	p += n;
	if (p < end && *p == '[') {
		from = ++p;
		while (p < end && word_is_digit(*p))
			p++;
		*pid = slice_of(from, (size_t)(p - from));
		if (pid->n == 0 || pid->n > PID_MOST || p == end || *p != ']')
			return NULL;
		p++;
	}
	return end - p >= 2 && p[0] == ':' && p[1] == ' ' && n <= TAG_MOST
	    ? p + 2
	    : NULL;
}

bool
quick3164_parse(struct slice rest, const struct msg_hints *hints,
    const struct msg_cache *cache, struct msg *m)
{
	const char *p = rest.p, *end = p + rest.n;
	struct slice host, tag, pid;

	if (!cache->bsd_known || hints->local || rest.n <= MSG_BSD_TIME ||
	    memcmp(p, cache->bsd, MSG_BSD_TIME) != 0 || p[MSG_BSD_TIME] != ' ')
		return false;
	p = take_host(p + MSG_BSD_TIME + 1, end, &host);
	if (p == NULL || (p = take_tag(p, end, &tag, &pid)) == NULL)
		return false;
	m->form = MSG_RFC3164;
	m->valid = false;
	m->plain = true;
	m->time = slice_of(rest.p, MSG_BSD_TIME);
	m->sent = cache->bsd_sent;
	m->host = host;
	m->app = tag;
	m->procid = pid;
	m->msgid = m->sd = slice_of(rest.p, 0);
	m->text = slice_of(p, (size_t)(end - p));
	m->bom = tag_has_bom(m->text);
	if (m->bom)
		slice_skip(&m->text, 3);
	/* no byte of the header needs an escape, and neither does the mark */
	m->clean = scan_clean(m->text) == m->text.n;
	return true;
}

void
quick3164_remember(
    struct slice rest, const struct msg *m, struct msg_cache *cache)
{
	const char *p = m->time.p;

	/* of this shape, and no byte more: without year, zone, or fraction */
	if (m->time.n != MSG_BSD_TIME || p != rest.p || !m->sent.known ||
	    !word_is_letter(p[0]) || p[3] != ' ' || p[6] != ' ' ||
	    p[9] != ':' || p[12] != ':')
		return;
	memcpy(cache->bsd, p, MSG_BSD_TIME);
	cache->bsd_sent = m->sent;
	cache->bsd_known = true;
}
