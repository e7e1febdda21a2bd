/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * count.c - counts what is missing, doubled, disordered or damaged in files
 *
 * A bit for each message that was sent, so memory is bounded by what was sent
 * and not by what the files hold.
 */
#include "common.h"
#include "mark.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BUFFER = 1 << 20, /* and the longest line that can be good */
	SHOWN = 3,        /* bad lines of which the beginning is shown */
};

struct tally {
	uint64_t senders, messages, first; /* what was sent */
	bool apart; /* a sender's messages are in many files at a time */

	uint64_t *seen; /* a bit for each message */
	uint64_t *next; /* for each sender: one above the highest seen */
	uint64_t lines, found;
	uint64_t doubled, disordered, damaged, unexpected;
	struct mark mark; /* of the line before: the next one is like it */
};

static const char help[] =
    "Usage: count -c SENDERS -n MESSAGES [-i FIRST_ID] [-d] FILE...\n"
    "\n"
    "Counts the messages that load sent, in files in the order in which they\n"
    "were written, and says what is missing, doubled, disordered (within a\n"
    "sender), damaged or unexpected. The status is 0 when all of that is 0,\n"
    "1 when not, 2 when it could not be counted.\n"
    "\n"
    "  -c SENDERS   load's -c\n"
    "  -n MESSAGES  load's -n: of all senders together\n"
    "  -i FIRST_ID  load's -i (0)\n"
    "  -d           the files are written side by side, not one after the\n"
    "               other: order is looked at within each file\n";

/* How many messages sender number i had to send. */
static uint64_t
quota(const struct tally *t, uint64_t i)
{
	return t->messages / t->senders + (i < t->messages % t->senders);
}

/* The first of its bits. */
static uint64_t
base(const struct tally *t, uint64_t i)
{
	uint64_t rest = t->messages % t->senders;

	return i * (t->messages / t->senders) + (i < rest ? i : rest);
}

static void
count_message(struct tally *t, const struct mark *m)
{
	uint64_t i = m->id - t->first, at, bit;

	if (m->id < t->first || i >= t->senders || m->seq >= quota(t, i)) {
		t->unexpected++;
		return;
	}
	at = base(t, i) + m->seq;
	bit = 1ull << (at % 64);
	if (t->seen[at / 64] & bit) {
		t->doubled++;
		return;
	}
	t->seen[at / 64] |= bit;
	t->found++;
	if (m->seq < t->next[i])
		t->disordered++;
	else
		t->next[i] = m->seq + 1;
}

static void
count_damage(struct tally *t, const char *name, const char *line, size_t length)
{
	if (t->damaged++ < SHOWN)
		fprintf(stderr, "count: %s: damaged: %.*s\n", name,
		    length > 300 ? 300 : (int)length, line);
}

/* Counts the whole lines of a piece; returns how many bytes they are. */
static size_t
count_piece(struct tally *t, const char *name, const char *piece, size_t length)
{
	const char *p = piece, *end = piece + length, *lf;

	while (p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		size_t n = (size_t)(lf - p);

		t->lines++;
		if (mark_find(p, n, &t->mark))
			count_message(t, &t->mark);
		else
			count_damage(t, name, p, n);
		p = lf + 1;
	}
	return (size_t)(p - piece);
}

static void
count_file(struct tally *t, const char *name, char *buffer)
{
	size_t have = 0, used;
	ssize_t n;
	bool skip = false; /* the rest of a line that is too long */
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(errno, "%s", name);
	if (t->apart)
		memset(t->next, 0, t->senders * sizeof(*t->next));
	while ((n = read(fd, buffer + have, BUFFER - have)) != 0) {
		if (n < 0)
			die(errno, "%s", name);
		have += (size_t)n;
		used = 0;
		if (skip) {
			char *lf = memchr(buffer, '\n', have);

			used = lf ? (size_t)(lf - buffer) + 1 : have;
			skip = !lf;
		}
		used += count_piece(t, name, buffer + used, have - used);
		if (used == 0 && have == BUFFER) {
			t->lines++;
			count_damage(t, name, buffer, have);
			skip = true;
			used = have;
		}
		have -= used;
		memmove(buffer, buffer + used, have);
	}
	if (have > 0) { /* no LF: not a whole line */
		t->lines++;
		count_damage(t, name, buffer, have);
	}
	close(fd);
}

static void
options(struct tally *t, int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "c:n:i:dh")) != -1) {
		switch (o) {
		case 'c':
			t->senders = number("-c", optarg, 1, 1000000);
			break;
		case 'n': /* a gigabyte of bits */
			t->messages = number("-n", optarg, 1, 8ull << 30);
			break;
		case 'i':
			t->first = number("-i", optarg, 0, 999999);
			break;
		case 'd':
			t->apart = true;
			break;
		case 'h':
			fputs(help, stdout);
			exit(STATUS_GOOD);
		default:
			die(0, "see count -h");
		}
	}
	if (!t->senders || !t->messages || optind == argc)
		die(0, "-c, -n and a file are needed; see count -h");
}

int
main(int argc, char **argv)
{
	struct tally t = { 0 };
	uint64_t missing;
	char *buffer = malloc(BUFFER);

	options(&t, argc, argv);
	t.seen = calloc(t.messages / 64 + 1, sizeof(*t.seen));
	t.next = calloc(t.senders, sizeof(*t.next));
	if (!buffer || !t.seen || !t.next)
		die(ENOMEM, "%" PRIu64 " messages", t.messages);
	for (int i = optind; i < argc; i++)
		count_file(&t, argv[i], buffer);
	missing = t.messages - t.found;
	printf("{\"lines\":%" PRIu64 ",\"missing\":%" PRIu64
	       ",\"doubled\":%" PRIu64 ",\"disordered\":%" PRIu64
	       ",\"damaged\":%" PRIu64 ",\"unexpected\":%" PRIu64 "}\n",
	    t.lines, missing, t.doubled, t.disordered, t.damaged, t.unexpected);
	free(t.next);
	free(t.seen);
	free(buffer);
	return missing || t.doubled || t.disordered || t.damaged || t.unexpected
	    ? STATUS_BAD
	    : STATUS_GOOD;
}
