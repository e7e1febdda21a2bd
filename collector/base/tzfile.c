/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tzfile.c - what a zone file says
 *
 * A file has one block of data with times of four bytes and, from version 2
 * on, another one with eight, which says all that the first says and more.
 */
#include "base/tzfile.h"

#include <stdlib.h>

enum {
	HEADER = 44,
	COUNTS = 20, /* where in it the six counts begin */
	TYPE = 6,    /* bytes of a record: offset, summer time, name */
	STEP = 128,  /* entries by which a table grows; a power of two */
	/* RFC 8536 section 3.2, utoff: a bit more than a day */
	OFFSET_MIN = -89999,
	OFFSET_MAX = 93599
};

/* What the header of a block says is in it, and the block itself. */
struct block {
	uint32_t isut, isstd, leap, times, types, chars;
	size_t width; /* bytes of a time */
	const char *at, *index, *type;
};

static uint32_t
read32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 |
	    (uint32_t)u[2] << 8 | u[3];
}

static int64_t
read_time(const struct block *b, uint32_t i)
{
	const char *p = b->at + i * b->width;

	if (b->width == 4)
		return (int32_t)read32(p);
	return (int64_t)((uint64_t)read32(p) << 32 | read32(p + 4));
}

/* Takes a header and the block behind it; false: there is not as much. */
static bool
take_block(struct slice *in, size_t width, struct block *b)
{
	const char *p;
	uint64_t data;

	if (in->n < HEADER || memcmp(in->p, "TZif", 4) != 0)
		return false;
	p = in->p + COUNTS;
	*b = (struct block){ .isut = read32(p),
		.isstd = read32(p + 4),
		.leap = read32(p + 8),
		.times = read32(p + 12),
		.types = read32(p + 16),
		.chars = read32(p + 20),
		.width = width };
	slice_skip(in, HEADER);
	/* none of these sums comes near 2^64 */
	data = (uint64_t)b->times * (width + 1) + (uint64_t)b->types * TYPE +
	    b->chars + (uint64_t)b->leap * (width + 4) + b->isstd + b->isut;
	if (data > in->n)
		return false;
	b->at = in->p;
	b->index = b->at + b->times * width;
	b->type = b->index + b->times;
	slice_skip(in, (size_t)data);
	return true;
}

/* The offset of a type; false: no clock is that far off. */
static bool
read_offset(const struct block *b, uint32_t type, int32_t *offset)
{
	*offset = (int32_t)read32(b->type + (size_t)type * TYPE);
	return *offset >= OFFSET_MIN && *offset <= OFFSET_MAX;
}

bool
tztable_add(struct tztable *t, int64_t at, int32_t offset)
{
	size_t room = t->n + STEP;
	int64_t *ats;
	int32_t *offsets;

	if (t->n > 0 && at <= t->at[t->n - 1]) {
		if (at == t->at[t->n - 1])
			t->offset[t->n - 1] = offset;
		return true;
	}
	if (t->n % STEP == 0) {
		ats = reallocarray(t->at, room, sizeof(*ats));
		if (ats == NULL)
			return false;
		t->at = ats;
		offsets = reallocarray(t->offset, room, sizeof(*offsets));
		if (offsets == NULL)
			return false;
		t->offset = offsets;
	}
	t->at[t->n] = at;
	t->offset[t->n++] = offset;
	return true;
}

void
tztable_clear(struct tztable *t)
{
	free(t->at);
	free(t->offset);
	*t = (struct tztable){ .n = 0 };
}

static int
read_changes(const struct block *b, struct tztable *t, struct err *err)
{
	unsigned type;
	int32_t offset;

	/* RFC 8536 section 3.2: type 0 is what was before the first change */
	if (b->types == 0 || !read_offset(b, 0, &t->first))
		return err_set(err, "is a damaged zone file: no first offset");
	if (b->leap > 0)
		return err_set(err,
		    "is a zone file that counts leap seconds, which the clock "
		    "of this system does not; take the zone without \"right/\"");
	for (uint32_t i = 0; i < b->times; i++) {
		type = (unsigned char)b->index[i];
		if (type >= b->types || !read_offset(b, type, &offset))
			return err_set(err,
			    "is a damaged zone file: no such offset as that "
			    "of change %u",
			    i);
		if (i > 0 && read_time(b, i) <= read_time(b, i - 1))
			return err_set(err,
			    "is a damaged zone file: change %u is not behind "
			    "the one before",
			    i);
		if (!tztable_add(t, read_time(b, i), offset))
			return err_set(err, "out of memory");
	}
	return 0;
}

/* Takes LF, the rule, LF. */
static bool
take_rule(struct slice in, struct slice *rule)
{
	const char *end;

	if (in.n < 2 || in.p[0] != '\n')
		return false;
	slice_skip(&in, 1);
	end = memchr(in.p, '\n', in.n);
	if (end == NULL)
		return false;
	*rule = slice_of(in.p, (size_t)(end - in.p));
	return true;
}

int
tzfile_read(
    struct slice file, struct tztable *t, struct slice *rule, struct err *err)
{
	struct tztable got = { .n = 0 };
	struct slice in = file;
	struct block b;

	*rule = slice_of(file.p, 0);
	if (file.n < HEADER || memcmp(file.p, "TZif", 4) != 0)
		return err_set(err, "is no zone file (TZif, RFC 8536)");
	if (!take_block(&in, 4, &b))
		return err_set(err, "is a damaged zone file: too short");
	/* '\0' is version 1; later ones only add to the second block */
	if (file.p[4] != '\0' &&
	    (!take_block(&in, 8, &b) || !take_rule(in, rule)))
		return err_set(err, "is a damaged zone file: too short");
	if (read_changes(&b, &got, err) == -1) {
		tztable_clear(&got);
		return -1;
	}
	*t = got;
	return 0;
}
