/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame.c - see frame.h
 *
 * Every decision here depends on the bytes of the stream alone and never on
 * how many of them have arrived: where more bytes could change the answer,
 * the answer is FRAME_MORE. That is what makes the messages the same however
 * the network cuts the stream.
 */
#include "wire/frame.h"

#include "wire/escape.h"

enum {
	COUNT_DIGITS = 9,
	/* Behind max bytes of text these may still be trimmed away: LF NUL
	 * or CR LF, and in a NUL stream CR LF NUL. Their last is the
	 * delimiter. */
	TAIL_UNDECIDED = 2,
	TAIL = 3
};

enum answer { NO, YES, OPEN }; /* OPEN: the next bytes will tell */

void
framer_init(struct framer *f, size_t max, enum frame_mode mode)
{
	*f = (struct framer){ .max = max, .mode = mode };
	if (mode == FRAME_LF)
		f->delimiter = DELIM_LF;
	else if (mode == FRAME_NUL)
		f->delimiter = DELIM_NUL;
}

static bool
is_separator(char c)
{
	return c == '\n' || c == '\r' || c == '\0';
}

/* Takes off trailing LF and NUL, and the CR before such an LF. */
static struct slice
trim(struct slice s)
{
	while (s.n > 0) {
		if (s.p[s.n - 1] == '\n') {
			s.n--;
			if (s.n > 0 && s.p[s.n - 1] == '\r')
				s.n--;
		} else if (s.p[s.n - 1] == '\0') {
			s.n--;
		} else {
			break;
		}
	}
	return s;
}

/* The first max bytes, less a character that would be torn. */
static struct slice
cut(struct slice s, size_t max)
{
	return trim(slice_of(s.p, escape_whole(slice_of(s.p, max))));
}

/*
 * RFC 6587 section 3.4.1: MSG-LEN SP. A '<' must follow unless any is set,
 * because lines that begin with a number are common. *head is the length of
 * count and space.
 */
static inline enum answer
read_count(struct slice in, bool any, size_t *head, size_t *len)
{
	size_t i, value = 0;

	for (i = 0; i < in.n && in.p[i] >= '0' && in.p[i] <= '9'; i++) {
		if (i == COUNT_DIGITS || in.p[0] == '0')
			return NO;
		value = value * 10 + (size_t)(in.p[i] - '0');
	}
	if (i == in.n)
		return OPEN;
	if (i == 0 || in.p[i] != ' ')
		return NO;
	i++;
	if (!any && i == in.n)
		return OPEN;
	if (!any && in.p[i] != '<')
		return NO;
	*head = i;
	*len = value;
	return YES;
}

static enum frame_status
take_counted(struct framer *f, struct slice *in, size_t head, size_t len,
    struct slice *msg)
{
	size_t have = in->n - head;

	if (len <= f->max) {
		if (have < len)
			return FRAME_MORE;
		*msg = trim(slice_of(in->p + head, len));
		slice_skip(in, head + len);
		return FRAME_OK;
	}
	if (have < f->max)
		return FRAME_MORE;
	*msg = cut(slice_of(in->p + head, f->max), f->max);
	slice_skip(in, head + f->max);
	f->skip = len - f->max;
	return FRAME_CUT;
}

/* Gives the first max bytes of a delimited frame that is longer. */
static enum frame_status
cut_delimited(struct framer *f, struct slice *in, struct slice *msg)
{
	*msg = cut(*in, f->max);
	slice_skip(in, f->max);
	f->skipping = true;
	f->scanned = 0;
	return FRAME_CUT;
}

/* True when trimming may yet take off all that is there behind max bytes. */
static bool
may_fit(struct slice in, size_t max)
{
	for (size_t i = max; i < in.n; i++) {
		if (!is_separator(in.p[i]))
			return false;
	}
	return true;
}

/* RFC 6587 section 3.4.2, once the delimiter is known. */
static enum frame_status
take_delimited(struct framer *f, struct slice *in, struct slice *msg)
{
	char delimiter = f->delimiter == DELIM_NUL ? '\0' : '\n';
	size_t window = f->max + TAIL;
	const char *end;

	if (window > in->n)
		window = in->n;
	assert(f->scanned <= window);
	end = memchr(in->p + f->scanned, delimiter, window - f->scanned);
	if (end == NULL) {
		if (window == f->max + TAIL || !may_fit(*in, f->max))
			return cut_delimited(f, in, msg);
		f->scanned = window;
		return FRAME_MORE;
	}
	f->scanned = 0;
	*msg = trim(slice_of(in->p, (size_t)(end - in->p) + 1));
	slice_skip(in, (size_t)(end - in->p) + 1);
	if (msg->n <= f->max)
		return FRAME_OK;
	*msg = cut(*msg, f->max);
	return FRAME_CUT;
}

/* The first LF or NUL in s, or NULL. */
static const char *
find_either(struct slice s)
{
	const char *lf, *nul;

	if (s.n == 0)
		return NULL;
	lf = memchr(s.p, '\n', s.n);
	nul = memchr(s.p, '\0', lf != NULL ? (size_t)(lf - s.p) : s.n);
	return nul != NULL ? nul : lf;
}

/* What an LF that these bytes follow says of the delimiter. OPEN: they do
 * not suffice; NO: nothing. */
static enum answer
behind_lf(struct slice s, enum frame_delimiter *d)
{
	size_t head, len;

	if (s.n == 0)
		return OPEN;
	*d = s.p[0] == '\0' ? DELIM_NUL : DELIM_LF;
	if (s.p[0] == '<' || is_separator(s.p[0]))
		return YES;
	return read_count(s, false, &head, &len);
}

static void
decide(struct framer *f, enum frame_delimiter d, size_t scanned)
{
	f->delimiter = d;
	f->scanned = scanned;
	f->holding = false;
}

/*
 * The first delimited frame of a stream: is it ended by LF or by NUL? YES
 * sets the delimiter; NO: the frame is too long whatever ends it; OPEN: the
 * text is held. holding says that an LF was seen that may be a delimiter;
 * scanned is where the search goes on.
 */
static enum answer
find_delimiter(struct framer *f, struct slice in)
{
	size_t window = f->max + TAIL_UNDECIDED, at;
	enum frame_delimiter d = DELIM_UNKNOWN;
	const char *p;

	if (window > in.n)
		window = in.n;
	while (f->scanned < window) {
		p = find_either(
		    slice_of(in.p + f->scanned, window - f->scanned));
		at = p != NULL ? (size_t)(p - in.p) : window;
		f->scanned = at;
		if (p == NULL)
			break;
		if (*p == '\0') {
			decide(f, DELIM_NUL, at);
			return YES;
		}
		f->holding = true;
		switch (behind_lf(slice_of(p + 1, in.n - at - 1), &d)) {
		case YES:
			decide(f, d, d == DELIM_NUL ? at + 1 : 0);
			return YES;
		case OPEN:
			return OPEN;
		case NO:
			f->scanned = at + 1;
		}
	}
	if (window < f->max + TAIL_UNDECIDED)
		return OPEN;
	if (!f->holding)
		return NO;
	decide(f, DELIM_LF, 0); /* held as long as may be */
	return YES;
}

/* The same while the rest of a frame is dropped: nothing can be held, so an
 * LF that no NUL follows is the delimiter. */
static bool
find_delimiter_skipping(struct framer *f, struct slice *in)
{
	const char *p = find_either(*in);

	slice_skip(in, p != NULL ? (size_t)(p - in->p) : in->n);
	if (p == NULL)
		return false;
	if (*p == '\n' && in->n == 1) {
		f->holding = true;
		return false;
	}
	decide(f, *p == '\0' || p[1] == '\0' ? DELIM_NUL : DELIM_LF, 0);
	return true;
}

/* Drops the rest of a frame that was cut; true when it has ended. */
static bool
skip_rest(struct framer *f, struct slice *in)
{
	const char *end;
	size_t n;

	if (f->skip > 0) {
		n = f->skip < in->n ? (size_t)f->skip : in->n;
		slice_skip(in, n);
		f->skip -= n;
		return f->skip == 0;
	}
	if (in->n == 0)
		return false;
	if (f->delimiter == DELIM_UNKNOWN && !find_delimiter_skipping(f, in))
		return false;
	end = memchr(in->p, f->delimiter == DELIM_NUL ? '\0' : '\n', in->n);
	slice_skip(in, end != NULL ? (size_t)(end - in->p) + 1 : in->n);
	f->skipping = end == NULL;
	return end != NULL;
}

static enum frame_status
next_delimited(struct framer *f, struct slice *in, struct slice *msg)
{
	if (f->delimiter == DELIM_UNKNOWN) {
		switch (find_delimiter(f, *in)) {
		case OPEN:
			return FRAME_MORE;
		case NO:
			return cut_delimited(f, in, msg);
		case YES:
			break;
		}
	}
	return take_delimited(f, in, msg);
}

enum frame_status
frame_any(struct framer *f, struct slice *in, struct slice *msg)
{
	size_t head = 0, len = 0;

	if ((f->skip > 0 || f->skipping) && !skip_rest(f, in))
		return FRAME_MORE;
	if (f->scanned > 0) /* and known not to be counted */
		return next_delimited(f, in, msg);

	while (in->n > 0 && is_separator(in->p[0]))
		slice_skip(in, 1);
	if (in->n == 0)
		return FRAME_MORE;
	if (f->mode == FRAME_LF || f->mode == FRAME_NUL)
		return take_delimited(f, in, msg);

	switch (read_count(*in, f->mode == FRAME_OCTET, &head, &len)) {
	case YES:
		return take_counted(f, in, head, len, msg);
	case OPEN:
		return FRAME_MORE;
	case NO:
		break;
	}
	if (f->mode == FRAME_OCTET)
		return FRAME_BAD;
	return next_delimited(f, in, msg);
}

void
frame_settle(struct framer *f)
{
	if (f->holding && f->delimiter == DELIM_UNKNOWN)
		decide(f, DELIM_LF, 0);
}

bool
frame_is_counted(const struct framer *f, struct slice in)
{
	bool octet = f->mode == FRAME_OCTET;
	size_t head, len;

	if (f->skip > 0)
		return true;
	if (in.n == 0 || f->skipping || f->scanned > 0)
		return false;
	if (f->mode == FRAME_LF || f->mode == FRAME_NUL)
		return false;
	switch (read_count(in, octet, &head, &len)) {
	case YES:
		return true;
	case OPEN:
		return octet;
	case NO:
		break;
	}
	return false;
}

enum frame_status
frame_end(struct framer *f, struct slice *in, struct slice *msg)
{
	enum frame_status status = FRAME_MORE;
	size_t head, len;
	bool counted;

	frame_settle(f); /* the end of the stream decides for LF */
	if (in->n > 0)
		status = frame_next(f, in, msg);
	if (status == FRAME_OK || status == FRAME_CUT)
		return status;

	*msg = *in;
	slice_skip(in, in->n);
	if (status == FRAME_BAD || msg->n == 0)
		return FRAME_MORE;

	counted = frame_is_counted(f, *msg);
	if (counted) {
		head = msg->n; /* a count and nothing behind it */
		(void)read_count(*msg, f->mode == FRAME_OCTET, &head, &len);
		slice_skip(msg, head);
	}
	f->scanned = 0;
	*msg = trim(*msg);
	if (msg->n <= f->max)
		return counted ? FRAME_CUT : FRAME_OK;
	*msg = cut(*msg, f->max);
	return FRAME_CUT;
}

enum frame_status
frame_datagram(struct slice in, size_t max, struct slice *msg)
{
	size_t head, len;

	if (read_count(in, false, &head, &len) == YES && len == in.n - head)
		slice_skip(&in, head);
	*msg = trim(in);
	if (msg->n <= max)
		return FRAME_OK;
	*msg = cut(*msg, max);
	return FRAME_CUT;
}
