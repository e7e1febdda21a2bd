/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sdata.c - STRUCTURED-DATA: is it well formed, and what does it hold
 */
#include "wire/sdata.h"

#include <stdint.h>

#include "wire/scan.h"
#include "wire/word.h"

enum {
	NAME_MAX_LEN = 32, /* SD-NAME, RFC 5424 section 6 */
	FEW = 8,           /* elements that are compared each with each */
	TABLE = 16384, /* slots, 64 KiB of stack; only with more than a few */
	TABLE_FILL = TABLE / 4 * 3
};

/* The characters that a backslash may take their meaning from (RFC-32). */
static bool
is_escaped(char c)
{
	return c == '"' || c == '\\' || c == ']';
}

/*
 * The index of the quote that ends the PARAM-VALUE which s starts with (its
 * opening quote is gone); s.n when it does not end or is no valid one.
 */
static inline size_t
value_span(struct slice s)
{
	size_t i = 0, len;
	uint32_t code;

	for (;;) {
		i += word_value(slice_of(s.p + i, s.n - i));
		if (i == s.n || s.p[i] == '"')
			return i;
		if (s.p[i] == ']')
			return s.n;
		if (s.p[i] == '\\') {
			i += i + 1 < s.n && is_escaped(s.p[i + 1]) ? 2 : 1;
			continue;
		}
		/* One that is not ASCII is seldom alone. */
		while (i < s.n && (uint8_t)s.p[i] >= 0x80) {
			len = scan_char(slice_of(s.p + i, s.n - i), &code);
			if (len == 0)
				return s.n;
			i += len;
		}
	}
}

/* The length of the SD-NAME that s starts with; 0: there is none. */
static inline size_t
name_span(struct slice s)
{
	size_t n = word_name(s, NAME_MAX_LEN);

	return n <= NAME_MAX_LEN ? n : 0;
}

/* The length of the ' NAME="VALUE"' that s starts with; 0: there is none. */
static inline size_t
param_span(struct slice s)
{
	size_t name, value, i;

	name = name_span(slice_of(s.p + 1, s.n - 1));
	i = 1 + name;
	if (name == 0 || s.n - i < 3 || s.p[i] != '=' || s.p[i + 1] != '"')
		return 0;
	i += 2;
	value = value_span(slice_of(s.p + i, s.n - i));
	return i + value < s.n ? i + value + 1 : 0;
}

/*
 * The length of the "[SD-ID ...]" that s starts with, and that of its SD-ID;
 * 0: there is none. s is not empty.
 */
static inline size_t
element_span(struct slice s, size_t *id)
{
	size_t i, len;

	*id = name_span(slice_of(s.p + 1, s.n - 1));
	if (s.p[0] != '[' || *id == 0)
		return 0;
	for (i = 1 + *id; i < s.n && s.p[i] == ' '; i += len) {
		len = param_span(slice_of(s.p + i, s.n - i));
		if (len == 0)
			return 0;
	}
	return i < s.n && s.p[i] == ']' ? i + 1 : 0;
}

/* Mixes two words; nobody who does not know one of them can foresee it. */
static uint64_t
mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (__extension__(
						      unsigned __int128) a) *
	    b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * Where the address space was laid out is our secret: a sender who knew the
 * hash could make SD-IDs that all fall on one slot.
 */
static uint64_t
hash_id(struct slice id, uint64_t secret)
{
	uint64_t w[4] = { 0 };

	memcpy(w, id.p, id.n);
	return mix(mix(w[0] ^ secret, w[1] ^ 0x9e3779b97f4a7c15U),
	    mix(w[2] ^ ~secret, w[3] ^ 0xd1b54a32d192ed03U) ^ secret);
}

/* The SD-ID at an offset of valid STRUCTURED-DATA, its bracket before it. */
static struct slice
id_at(struct slice sd, size_t at)
{
	struct slice id = slice_of(sd.p + at, sd.n - at);

	id.n = name_span(id);
	return id;
}

/* The table of SD-IDs seen, and which of them belong into it this time. */
struct id_table {
	uint32_t slot[TABLE]; /* offset of an SD-ID; 0: free */
	size_t slots;         /* in use, a power of two */
	size_t pass, passes;
};

/* Enters the SD-IDs of this pass. False when one is there already. */
static bool
enter_ids(struct slice sd, struct id_table *t)
{
	uint64_t secret = (uint64_t)(uintptr_t)t * 0xbf58476d1ce4e5b9U;
	struct slice rest = sd, id, params;
	size_t at, filled = 0;
	uint64_t hash;

	memset(t->slot, 0, t->slots * sizeof(t->slot[0]));
	while (sdata_next(&rest, &id, &params)) {
		hash = hash_id(id, secret);
		if ((hash >> 32) % t->passes != t->pass)
			continue;
		/* A third more than expected: not by chance. */
		if (++filled == t->slots)
			return false;
		for (at = hash % t->slots; t->slot[at] != 0;
		     at = (at + 1) % t->slots)
			if (slice_eq(id_at(sd, t->slot[at]), id))
				return false;
		t->slot[at] = (uint32_t)(id.p - sd.p);
	}
	return true;
}

/*
 * True when no SD-ID of valid STRUCTURED-DATA stands there twice. Each pass
 * reads all of it; 64 KiB of the shortest elements need two.
 */
static __attribute__((noinline)) bool
ids_differ(struct slice sd, size_t count)
{
	struct id_table t; /* not zeroed: a pass clears what it uses */

	if (sd.n > UINT32_MAX)
		return false;
	t.passes = count / TABLE_FILL + 1;
	for (t.slots = (size_t)2 * FEW; t.slots < TABLE && t.slots < 2 * count;)
		t.slots *= 2;
	for (t.pass = 0; t.pass < t.passes; t.pass++)
		if (!enter_ids(sd, &t))
			return false;
	return true;
}

static bool
is_among(struct slice id, const struct slice *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(ids[i], id))
			return true;
	return false;
}

size_t
sdata_span(struct slice s)
{
	struct slice ids[FEW], id;
	size_t i = 0, len, count = 0;

	if (s.n > 0 && s.p[0] == '-')
		return 1;
	while (i < s.n && s.p[i] == '[') {
		len = element_span(slice_of(s.p + i, s.n - i), &id.n);
		if (len == 0)
			return 0;
		id.p = s.p + i + 1;
		if (count < FEW) {
			if (is_among(id, ids, count))
				return 0;
			ids[count] = id;
		}
		count++;
		i += len;
	}
	if (count > FEW && !ids_differ(slice_of(s.p, i), count))
		return 0;
	return i;
}

bool
sdata_next(struct slice *sd, struct slice *id, struct slice *params)
{
	size_t len, name;

	if (sd->n == 0)
		return false;
	len = element_span(*sd, &name);
	if (len == 0)
		return false;
	*id = slice_of(sd->p + 1, name);
	*params = slice_of(sd->p + 1 + name, len - name - 2);
	slice_skip(sd, len);
	return true;
}

bool
sdata_next_param(struct slice *params, struct sdata_param *param)
{
	size_t len, name;

	if (params->n == 0 || params->p[0] != ' ')
		return false;
	len = param_span(*params);
	if (len == 0)
		return false;
	name = name_span(slice_of(params->p + 1, params->n - 1));
	param->name = slice_of(params->p + 1, name);
	param->value = slice_of(params->p + name + 3, len - name - 4);
	slice_skip(params, len);
	return true;
}

size_t
sdata_unescape(struct slice value, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '\\' && i + 1 < value.n &&
		    is_escaped(value.p[i + 1]))
			i++;
		out[n++] = value.p[i];
	}
	return n;
}
