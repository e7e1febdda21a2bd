/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.c - sends syslog messages faster than any server takes them
 *
 * The generator shares the machine with what it measures, so it does as little
 * as it can: messages are rendered at the beginning (load.h).
 */
#include "load.h"

#include "common.h"
#include "load_tls.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "Usage: load -t udp|tcp|tls|unix -p PORT|-u PATH [OPTION]...\n"
    "\n"
    "Sends syslog messages to this host, and prints one line of JSON. The\n"
    "status is 0 when all were sent, 1 when it gave up, 2 for trouble.\n"
    "\n"
    "  -t TRANSPORT    udp, tcp, tls (1.3), unix (datagrams)\n"
    "  -p PORT         of 127.0.0.1; with -6, of ::1\n"
    "  -u PATH         the unix socket\n"
    "  -c CONNECTIONS  senders, each with its own id and numbers (1)\n"
    "  -n MESSAGES     of all senders together (1000000; with -I, one each)\n"
    "  -s SIZE         bytes of a message without framing, 64 to 65536 (256)\n"
    "  -f FRAMING      tcp, tls: octet (default) or lf\n"
    "  -C FILE         tls: the certificate must be signed by this authority\n"
    "                  (any is good)\n"
    "  -r RATE         messages a second of all senders (no limit)\n"
    "  -k MESSAGES     in one write; udp, unix: handed over together (as many\n"
    "                  as is best, with a rate 1/4000 of it); tls: in records\n"
    "                  of 16 KiB at most\n"
    "  -g              udp: segmentation offload\n"
    "  -w BYTES        udp: lose nothing: go on only while less than that\n"
    "                  waits in the receiver's socket\n"
    "  -3              RFC 3164\n"
    "  -D              with structured data\n"
    "  -F NAMES        APP-NAME is one of app0, app1, ... in turn\n"
    "  -i FIRST_ID     of the senders (0)\n"
    "  -I              send, print READY, hold the connections until the\n"
    "                  standard input ends\n"
    "  -H              tls: -n full handshakes, -c at one time, no messages\n"
    "  -x SECONDS      then give up (120)\n"
    "  -h              this text\n";

static bool
shape_option(struct shape *s, int o, const char *text)
{
	switch (o) {
	case 's':
		s->size = number("-s", text, SIZE_LEAST, SIZE_MOST);
		return true;
	case 'f':
		s->framing = message_framing(text);
		return true;
	case '3':
		s->rfc3164 = true;
		return true;
	case 'D':
		s->sdata = true;
		return true;
	case 'F':
		s->names = (uint32_t)number("-F", text, 1, NAMES_MOST);
		return true;
	default:
		return false;
	}
}

static void
option(struct options *p, int o, const char *text)
{
	switch (o) {
	case 'c':
		p->connections = (uint32_t)number("-c", text, 1, 100000);
		break;
	case 'n':
		p->messages = number("-n", text, 1, UINT64_MAX / 2);
		break;
	case 'r':
		p->rate = decimal("-r", text, 0.001, 1e9);
		break;
	case 'k':
		p->per_write = (uint32_t)number("-k", text, 1, 100000);
		break;
	case 'g':
		p->segments = true;
		break;
	case 'w':
		p->waiting = (uint32_t)number("-w", text, 1, UINT32_MAX);
		break;
	case 'i':
		p->first_id = (uint32_t)number("-i", text, 0, 999999);
		break;
	case 'I':
		p->idle = true;
		break;
	case 'C':
		p->ca = text;
		break;
	case 'H':
		p->handshakes = true;
		break;
	case 'x':
		p->give_up = decimal("-x", text, 0.001, 1e6);
		break;
	case 'h':
		fputs(help, stdout);
		exit(STATUS_GOOD);
	default:
		die(0, "see load -h");
	}
}

static void
options(struct options *p, int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv,
		    TARGET_OPTIONS "c:n:s:f:r:k:gw:3DF:i:IC:Hx:h")) != -1) {
		if (!target_option(&p->target, o, optarg) &&
		    !shape_option(&p->shape, o, optarg))
			option(p, o, optarg);
	}
	if (optind != argc)
		die(0, "%s: what is that? see load -h", argv[optind]);
	target_check(&p->target);
	if (p->target.transport != TRANSPORT_UDP && (p->segments || p->waiting))
		die(0, "-g and -w are for udp");
	if (p->target.transport != TRANSPORT_TLS && (p->ca || p->handshakes))
		die(0, "-C and -H are for tls");
	if (p->shape.rfc3164 && p->shape.sdata)
		die(0, "-3 has no structured data: without -D, please");
	if (!p->messages)
		p->messages = p->idle ? p->connections : 1000000;
}

static double
cpu_seconds(void)
{
	return (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / (double)NS_PER_S;
}

static void
hold(void)
{
	char junk[256];

	puts("READY");
	fflush(stdout);
	while (read(STDIN_FILENO, junk, sizeof(junk)) > 0)
		continue;
}

int
main(int argc, char **argv)
{
	struct load l = { .options = { .connections = 1,
			      .give_up = 120,
			      .shape = { .size = 256,
				  .framing = FRAME_OCTET,
				  .names = 1 } } };
	uint64_t sent;
	double cpu;

	options(&l.options, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	use_all_descriptors();
	use_exact_timers();
	if (l.options.handshakes)
		return load_handshakes(&l);
	senders_plan(&l);
	senders_open(&l);

	cpu = cpu_seconds();
	l.first = clock_ns(CLOCK_MONOTONIC);
	l.deadline = l.first + (int64_t)(l.options.give_up * (double)NS_PER_S);
	if (target_is_stream(&l.options.target))
		load_streams(&l);
	else
		load_datagrams(&l);
	l.last = clock_ns(CLOCK_MONOTONIC);
	cpu = cpu_seconds() - cpu;

	if (l.options.idle)
		hold();
	sent = senders_sent(&l);
	senders_close(&l);
	printf("{\"sent\":%" PRIu64 ",\"unsent\":%" PRIu64
	       ",\"refused\":%" PRIu64 ",\"seconds\":%.6f,\"cpu\":%.6f"
	       ",\"first_ns\":%" PRId64 ",\"last_ns\":%" PRId64 "}\n",
	    sent, l.options.messages - sent, l.refused,
	    (double)(l.last - l.first) / (double)NS_PER_S, cpu, l.first,
	    l.last);
	return sent == l.options.messages ? STATUS_GOOD : STATUS_BAD;
}
