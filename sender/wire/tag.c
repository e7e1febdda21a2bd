/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tag.c - the name of a program and its process
 */
#include "wire/tag.h"

#include <stdint.h>

#include "wire/host.h"
#include "wire/stamp.h"
#include "wire/word.h"

enum {
	NAME_LONGEST = 128,
	PID_LONGEST = 128,
	IDENT_LONGEST = 48 /* with blanks and colons: more are a sentence */
};

/* Program names hold '/', '.', '-', '(', '%' …, but not what data is made of.
 */
static bool
is_name_byte(char c)
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

/* What may stand at once behind a tag's colon, a blank apart: not what makes
 * of it a part of "http://x", "C:\x", "CEF:0|x", "std::x". */
static bool
is_text_start(struct slice s)
{
	return word_is_letter(s.p[0]) ||
	    word_is_one_of(s.p[0], SLICE_LIT("\t{[(<\"'")) || tag_has_bom(s);
}

/* Whether a colon stands alone behind one blank. */
static bool
is_lone_colon(struct slice s, size_t i)
{
	return has_byte(s, i, ' ') && has_byte(s, i + 1, ':') &&
	    (i + 2 == s.n || s.p[i + 2] == ' ');
}

/*
 * Reads "[pid]:" or, behind a time, "[pid] " or "[pid] :", that stands at the
 * name's end.
 * It is sure of itself: "[main] text" is no pid of nobody, "some words[0]
 * text" no tag, and letters that are not ASCII are seldom a program's.
 */
static bool
read_pid(struct slice s, enum tag_rule rule, bool unsure, struct tag *t)
{
	size_t i = t->name.n + 1;

	t->pid.p = s.p + i;
	while (i < s.n && i - t->name.n <= PID_LONGEST &&
	    word_is_print(s.p[i]) && s.p[i] != '[' && s.p[i] != ']')
		i++;
	if (!has_byte(s, i, ']'))
		return false;
	t->pid.n = (size_t)(s.p + i - t->pid.p);
	if (unsure && !word_is_number(t->pid))
		return false;
	t->used = i + 1;
	if (has_byte(s, i + 1, ':')) {
		t->used++;
		return true;
	}
	if (unsure || rule == TAG_ALONE || (i + 1 < s.n && s.p[i + 1] != ' '))
		return false;
	if (is_lone_colon(s, i + 1))
		t->used += 2;
	return true;
}

/*
 * Whether the number that a colon ends is a program's name: not the hour of a
 * time of day, nor a number in front of a time or of the name of an event.
 */
static bool
is_numeric_name(struct slice after, enum tag_rule rule)
{
	struct stamp ignored;

	if (rule != TAG_HOSTED || after.n < 2 || after.p[0] != ' ')
		return false;
	slice_skip(&after, 1);
	if (word_is_one_of(after.p[0], SLICE_LIT("*.%")))
		return false;
	return !stamp_take_3164(&after, &ignored);
}

/* Whether the name that ends at a colon is a tag, whose text is after. */
static bool
is_colon_tag(
    struct slice name, struct slice after, enum tag_rule rule, bool unsure)
{
	/* "@cee: " is a mark that the text is JSON, and belongs to it */
	if (rule == TAG_SPACED || unsure || name.p[0] == '@')
		return false;
	if (word_is_number(name))
		return is_numeric_name(after, rule);
	if (name.n == 2 && host_is_card(slice_of(name.p, name.n + 1 + after.n)))
		return false;
	return after.n == 0 || after.p[0] == ' ' || after.p[0] == '\t' ||
	    (rule != TAG_ALONE && is_text_start(after));
}

/*
 * Reads "some: words[123]: " up to the first bracket. An ident of syslog(3)
 * may hold colons as well as blanks, and the number of the process ends it.
 */
static bool
read_ident(struct slice s, struct tag *t)
{
	size_t i = 0;

	while (i < s.n && i <= IDENT_LONGEST &&
	    ((uint8_t)s.p[i] >= 0x80 || is_name_byte(s.p[i]) || s.p[i] == ' ' ||
		s.p[i] == ':'))
		i++;
	if (i > IDENT_LONGEST || !has_byte(s, i, '[') || i == 0 ||
	    s.p[i - 1] == ' ' || s.p[i - 1] == ':')
		return false;
	t->name = slice_of(s.p, i);
	return read_pid(s, TAG_SPACED, true, t);
}

bool
tag_read(struct slice s, enum tag_rule rule, struct tag *t)
{
	bool wide = false;
	struct slice after;
	size_t i = 0;

	for (; i < s.n && i < NAME_LONGEST; i++) {
		if ((uint8_t)s.p[i] >= 0x80)
			wide = true;
		else if (!is_name_byte(s.p[i]) &&
		    (rule != TAG_SPACED || s.p[i] != ' '))
			break;
	}
	t->name = slice_of(s.p, i);
	t->pid = slice_of(s.p, 0);
	if (has_byte(s, i, '[')) {
		if (!read_pid(s, rule, wide || i == 0 || rule == TAG_SPACED, t))
			return false;
	} else {
		after = s;
		if (i == 0 || !has_byte(s, i, ':'))
			return false;
		slice_skip(&after, i + 1);
		if (is_colon_tag(t->name, after, rule, wide))
			t->used = i + 1;
		else if (rule != TAG_SPACED || !read_ident(s, t))
			return false;
	}
	if (has_byte(s, t->used, ' '))
		t->used++;
	return true;
}
