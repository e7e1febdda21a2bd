/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lag.c - how long a message takes from send(2) until it can be read in a file
 *
 * Each message carries the time at which it was sent. The file is looked at
 * every LOOK_NS at least; what a look finds counts as visible from then on, so
 * a delay is told up to that much too long, never too short.
 */
#include "lag.h"

#include "common.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LOOK_NS = 50000,
	BUFFER = 1 << 20,
};

static const char help[] =
    "Usage: lag -t tcp|udp|unix -p PORT|-u PATH -o FILE -r RATE -n MESSAGES\n"
    "           [OPTION]...\n"
    "\n"
    "Sends syslog messages at an even rate to this host, reads them in the live\n"
    "file FILE and, after a rotation, in those called as FILE, then - or ., and\n"
    "at the end a growing number; says in one line of JSON how long they took\n"
    "until they could be read. The status is 0 when all were seen, 1 when not, 2\n"
    "for trouble.\n"
    "\n"
    "  -t TRANSPORT    udp, tcp, unix (datagrams)\n"
    "  -p PORT         of 127.0.0.1; with -6, of ::1\n"
    "  -u PATH         the unix socket\n"
    "  -o FILE         the live file; what is in it is passed over\n"
    "  -r RATE         messages a second of all connections\n"
    "  -n MESSAGES     of all connections\n"
    "  -c CONNECTIONS  that send in turn (1)\n"
    "  -s SIZE         bytes of a message (256)\n"
    "  -f FRAMING      tcp: octet (default) or lf\n"
    "  -k MESSAGES     together (1)\n"
    "  -x SECONDS      give up when nothing was seen for so long since all was\n"
    "                  sent (10)\n"
    "  -h              this text\n";

/* The time in a message's text, before its mark; 0: there is none. */
static int64_t
time_in(const char *line, const struct mark *m)
{
	enum { LENGTH = AT_DIGITS + 4 };
	const char *p = line + m->start - LENGTH;
	int64_t ns = 0;

	if (m->start < LENGTH || memcmp(p, "at=", 3) != 0)
		return 0;
	for (int i = 0; i < AT_DIGITS; i++) {
		if (p[3 + i] < '0' || p[3 + i] > '9' ||
		    __builtin_mul_overflow(ns, 10, &ns) ||
		    __builtin_add_overflow(ns, p[3 + i] - '0', &ns))
			return 0;
	}
	return ns;
}

static void
see_line(struct lag *g, const char *line, size_t length, int64_t now)
{
	const struct options *o = &g->load.options;
	uint64_t at, bit;
	int64_t sent;

	if (!mark_find(line, length, &g->mark) ||
	    (sent = time_in(line, &g->mark)) == 0 ||
	    g->mark.id >= o->connections ||
	    g->mark.seq > o->messages / o->connections) {
		g->damaged++;
		return;
	}
	at = g->mark.id + g->mark.seq * o->connections;
	bit = 1ull << (at % 64);
	if (g->known[at / 64] & bit) {
		g->doubled++;
		return;
	}
	g->known[at / 64] |= bit;
	g->seen++;
	histogram_add(&g->delays, now - sent);
}

static void
see_lines(struct lag *g, int64_t now)
{
	char *p = g->buffer, *end = p + g->length, *lf;

	while (p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		see_line(g, p, (size_t)(lf - p), now);
		p = lf + 1;
	}
	g->length = (size_t)(end - p);
	if (g->length == BUFFER) { /* no line of ours */
		g->damaged++;
		g->length = 0;
	}
	memmove(g->buffer, p, g->length);
}

/* Everything that is there; returns whether that was anything. */
static bool
look(struct lag *g)
{
	bool fresh, any = false;
	size_t n;

	for (;;) {
		n = follow_read(&g->follow, g->buffer + g->length,
		    BUFFER - g->length, &fresh);
		if (fresh && g->length > 0) {
			memmove(g->buffer, g->buffer + g->length, n);
			g->length = 0;
			g->damaged++;
		}
		if (n == 0)
			return any;
		any = true;
		g->length += n;
		see_lines(g, clock_ns(CLOCK_MONOTONIC));
	}
}

static void
watch(struct lag *g)
{
	int64_t last = clock_ns(CLOCK_MONOTONIC), quiet = last;
	int64_t patience = (int64_t)(g->load.options.give_up *
	    (double)NS_PER_S);

	while (g->seen < g->load.options.messages) {
		bool sent = g->sent; /* before the look */
		bool any = look(g);
		int64_t now = clock_ns(CLOCK_MONOTONIC);

		histogram_add(&g->looks, now - last);
		last = now;
		if (any || !sent)
			quiet = now;
		else if (now - quiet > patience)
			return;
		sleep_until(now + LOOK_NS);
	}
}

static void
option(struct options *p, int o, const char *text)
{
	switch (o) {
	case 'r':
		p->rate = decimal("-r", text, 0.001, 1e9);
		break;
	case 'n':
		p->messages = number("-n", text, 1, 1ull << 32);
		break;
	case 'c':
		p->connections = (uint32_t)number("-c", text, 1, 100000);
		break;
	case 's':
		p->shape.size = number("-s", text, SIZE_LEAST, SIZE_MOST);
		break;
	case 'f':
		p->shape.framing = message_framing(text);
		break;
	case 'k':
		p->per_write = (uint32_t)number("-k", text, 1, 100000);
		break;
	case 'x':
		p->give_up = decimal("-x", text, 0.001, 1e6);
		break;
	case 'h':
		fputs(help, stdout);
		exit(STATUS_GOOD);
	default:
		die(0, "see lag -h");
	}
}

/* Returns the name of the file. */
static const char *
options(struct options *p, int argc, char **argv)
{
	const char *file = NULL;
	int o;

	while ((o = getopt(argc, argv, TARGET_OPTIONS "o:r:n:c:s:f:k:x:h")) !=
	    -1) {
		if (o == 'o')
			file = optarg;
		else if (!target_option(&p->target, o, optarg))
			option(p, o, optarg);
	}
	if (optind != argc)
		die(0, "%s: what is that? see lag -h", argv[optind]);
	target_check(&p->target);
	if (p->target.transport == TRANSPORT_TLS)
		die(0, "-t tls: that is for load");
	if (!file || p->rate <= 0 || !p->messages)
		die(0, "-o, -r and -n are needed; see lag -h");
	return file;
}

static double
us(const struct histogram *h, double part)
{
	return (double)histogram_part(h, part) / (double)NS_PER_US;
}

static void
report(const struct lag *g)
{
	printf("{\"sent\":%" PRIu64 ",\"seen\":%" PRIu64 ",\"doubled\":%" PRIu64
	       ",\"damaged\":%" PRIu64
	       ",\"median_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f"
	       ",\"max_us\":%.1f,\"own_p99_us\":%.1f,\"own_max_us\":%.1f"
	       ",\"look_us\":%.1f,\"look_p99_us\":%.1f"
	       ",\"look_max_us\":%.1f,\"seconds\":%.3f,\"rotations\":%" PRIu64
	       ",\"files_lost\":%" PRIu64 "}\n",
	    senders_sent(&g->load), g->seen, g->doubled, g->damaged,
	    us(&g->delays, 0.5), us(&g->delays, 0.99), us(&g->delays, 0.999),
	    us(&g->delays, 1), us(&g->late, 0.99), us(&g->late, 1),
	    us(&g->looks, 0.5), us(&g->looks, 0.99), us(&g->looks, 1),
	    (double)(g->load.last - g->load.first) / (double)NS_PER_S,
	    g->follow.files, g->follow.lost);
}

static void
run(struct lag *g)
{
	struct load *l = &g->load;
	pthread_t sender;
	int error;

	l->first = clock_ns(CLOCK_MONOTONIC);
	/* Twice as long as it should take, and then some. */
	l->deadline = l->first +
	    (int64_t)((l->options.give_up +
			  2 * (double)l->options.messages / l->options.rate) *
		(double)NS_PER_S);
	error = pthread_create(&sender, NULL, lag_send, g);
	if (error)
		die(error, "a thread");
	watch(g);
	error = pthread_join(sender, NULL);
	if (error)
		die(error, "a thread");
}

int
main(int argc, char **argv)
{
	struct lag *g = calloc(1, sizeof(*g));
	const char *file;
	struct load *l;
	bool good;

	if (!g)
		die(ENOMEM, "lag");
	l = &g->load;
	l->options = (struct options){ .connections = 1,
		.give_up = 10,
		.per_write = 1,
		.shape = { .size = 256,
		    .framing = FRAME_OCTET,
		    .names = 1,
		    .timed = true } };
	file = options(&l->options, argc, argv);
	senders_plan(l);
	g->known = calloc(
	    (l->options.messages + l->options.connections) / 64 + 1,
	    sizeof(*g->known));
	g->buffer = malloc(BUFFER);
	if (!g->known || !g->buffer)
		die(ENOMEM, "%" PRIu64 " messages", l->options.messages);
	use_all_descriptors();
	use_exact_timers();
	signal(SIGPIPE, SIG_IGN);
	follow_open(&g->follow, file);
	senders_open(l);
	run(g);
	report(g);
	good = g->seen == l->options.messages && !g->doubled && !g->damaged;
	follow_close(&g->follow);
	senders_close(l);
	free(g->buffer);
	free(g->known);
	free(g);
	return good ? STATUS_GOOD : STATUS_BAD;
}
