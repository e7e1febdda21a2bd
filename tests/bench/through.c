/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * through.c - the load of libsyncline: one thread that calls syncline_send()
 *
 * Prints what load prints. The messages have the marks of the benchmark, so
 * that they can be counted; where the ring is full, the caller waits.
 */
#include "common.h"
#include "message.h"
#include "syncline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

enum {
	TRIES = 1000,
	HEADER = 80, /* bytes that the library puts before the text, about */
	TEXT_LEAST = 50,
};

static const char help[] =
    "Usage: through -p PORT [-n MESSAGES] [-s SIZE] [-x SECONDS]\n"
    "\n"
    "Sends syslog messages to TCP on this host by libsyncline, from one\n"
    "thread, and prints one line of JSON. The status is 0 when all were\n"
    "sent and acknowledged, 1 when it gave up, 2 for trouble.\n";

struct options {
	uint64_t port, messages, size;
	double give_up;
};

static void
read_options(struct options *p, int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "p:n:s:x:h")) != -1) {
		switch (o) {
		case 'p':
			p->port = number("-p", optarg, 1, UINT16_MAX);
			break;
		case 'n':
			p->messages = number("-n", optarg, 1, UINT32_MAX);
			break;
		case 's':
			p->size = number(
			    "-s", optarg, HEADER + TEXT_LEAST, SIZE_MOST / 8);
			break;
		case 'x':
			p->give_up = decimal("-x", optarg, 0.001, 1e6);
			break;
		case 'h':
			fputs(help, stdout);
			exit(STATUS_GOOD);
		default:
			die(0, "see through -h");
		}
	}
	if (optind != argc || p->port == 0)
		die(0, "see through -h");
}

static struct syncline *
open_port(uint64_t port)
{
	struct syncline_opts o = SYNCLINE_OPTS_INIT;
	struct syncline *s = NULL;
	char url[64], why[256] = "";

	o.overflow = SYNCLINE_BLOCK;
	o.block_ms = 10000;
	o.why = why;
	o.why_size = sizeof(why);
	snprintf(url, sizeof(url), "tcp://127.0.0.1:%" PRIu64, port);
	if (syncline_open(&s, url, &o) != 0)
		die(0, "%s", why);
	return s;
}

/* The mark alone: id, number, length, and what fills it up. */
static char *
make_text(const struct options *p, struct plan *plan)
{
	struct shape shape = { .framing = FRAME_NONE, .names = 1 };
	char *text;

	/* message_plan() puts a header of its own in front, of one length */
	shape.size = p->size;
	message_plan(plan, &shape);
	shape.size = p->size - HEADER + plan->mark;
	message_plan(plan, &shape);
	text = malloc(plan->frame);
	if (text == NULL)
		die(ENOMEM, "a message");
	message_render(plan, text, 0, 0);
	return text;
}

/* Returns how many were taken. */
static uint64_t
send_all(struct syncline *s, const struct options *p, int64_t deadline)
{
	struct digits digits;
	struct plan plan;
	char *text = make_text(p, &plan);
	uint64_t n = 0;

	memset(digits.text, '0', sizeof(digits.text));
	while (n < p->messages) {
		message_number(&plan, text, &digits);
		if (syncline_send(
			s, LOG_INFO, text + plan.mark, plan.mark_length) != 0)
			break;
		digits_next(&digits, plan.seq_digits);
		if (++n % TRIES == 0 && clock_ns(CLOCK_MONOTONIC) > deadline)
			break;
	}
	free(text);
	return n;
}

int
main(int argc, char **argv)
{
	struct options p = { .messages = 1000000, .size = 256, .give_up = 120 };
	struct syncline_stats st;
	struct syncline *s;
	int64_t first, last;
	uint64_t queued;
	double cpu;
	int left;

	read_options(&p, argc, argv);
	s = open_port(p.port);
	cpu = (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	first = clock_ns(CLOCK_MONOTONIC);
	queued = send_all(
	    s, &p, first + (int64_t)(p.give_up * (double)NS_PER_S));
	left = syncline_flush(s, (int)(p.give_up * 1000));
	last = clock_ns(CLOCK_MONOTONIC);
	cpu = ((double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) /
	    (double)NS_PER_S;
	syncline_stats(s, &st, sizeof(st));
	syncline_close(s, 0);
	printf("{\"sent\":%" PRIu64 ",\"unsent\":%" PRIu64
	       ",\"refused\":%" PRIu64 ",\"seconds\":%.6f,\"cpu\":%.6f"
	       ",\"first_ns\":%" PRId64 ",\"last_ns\":%" PRId64 "}\n",
	    st.sent, p.messages - queued, st.dropped,
	    (double)(last - first) / (double)NS_PER_S, cpu, first, last);
	return left == 0 && queued == p.messages ? STATUS_GOOD : STATUS_BAD;
}
