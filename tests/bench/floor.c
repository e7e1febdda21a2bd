/* SPDX-License-Identifier: BSD-2-Clause */
/* floor.c - see floor.h; options, sockets, and the end */
#include "floor.h"

#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	DRAIN_S = 5,            /* to read what waits at the end */
	RECEIVE_ROOM = 4 << 20, /* bytes of a datagram socket */
};

static volatile sig_atomic_t stopping;
static int64_t over; /* ns */

static const char help[] =
    "Usage: floor udp|octet|lf PORT FILE [OPTION]...\n"
    "       floor tls PORT FILE CERTIFICATE KEY [OPTION]...\n"
    "       floor unix PATH FILE [OPTION]...\n"
    "\n"
    "The least that a collector can do: receives, cuts frames, and appends to\n"
    "FILE. Says \"ready PORT\" (a free one for port 0) or \"ready PATH\", and\n"
    "ends on SIGTERM, when all that waited is written.\n"
    "\n"
    "  -n MICROSECONDS  nap when nothing waits\n"
    "  -r BYTES         rotate at that size, to FILE-000001 and so on\n"
    "  -h               this text\n";

/* A signal that comes just before we wait would not wake us: it comes again
 * until somebody looks. */
static void
on_stop(int number)
{
	(void)number;
	stopping = 1;
	alarm(1);
}

bool
floor_is_stopping(void)
{
	return stopping;
}

bool
floor_is_over(void)
{
	if (!stopping)
		return false;
	if (over == 0)
		over = clock_ns(CLOCK_MONOTONIC) + DRAIN_S * NS_PER_S;
	return clock_ns(CLOCK_MONOTONIC) > over;
}

void
floor_rest(struct floor *f)
{
	output_flush(&f->output);
	if (f->nap > 0)
		usleep(f->nap);
}

static void
take_signals(void)
{
	struct sigaction stop = { .sa_handler = on_stop };

	/* A connection that is closed in the middle of its handshake. */
	signal(SIGPIPE, SIG_IGN);
	if (sigaction(SIGTERM, &stop, NULL) || sigaction(SIGINT, &stop, NULL) ||
	    sigaction(SIGALRM, &stop, NULL))
		die(errno, "sigaction");
}

static int
open_unix(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(un.sun_path))
		die(0, "%s: longer than %zu bytes", path,
		    sizeof(un.sun_path) - 1);
	memcpy(un.sun_path, path, strlen(path));
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof(un)))
		die(errno, "%s", path);
	printf("ready %s\n", path);
	return fd;
}

static int
open_inet(int type, const char *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)number("PORT", port, 0, 65535)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(in);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 ||
	    (type == SOCK_STREAM &&
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one))) ||
	    bind(fd, (struct sockaddr *)&in, sizeof(in)) ||
	    (type == SOCK_STREAM && listen(fd, 4096)) ||
	    getsockname(fd, (struct sockaddr *)&in, &length))
		die(errno, "port %s", port);
	printf("ready %u\n", ntohs(in.sin_port));
	return fd;
}

/* Listens; a datagram socket is left with room for what comes while we write.
 */
static int
open_socket(struct floor *f, const char *kind, const char *where)
{
	int room = RECEIVE_ROOM;
	bool udp = strcmp(kind, "udp") == 0;

	if (f->tls || strcmp(kind, "octet") == 0 || strcmp(kind, "lf") == 0) {
		f->framing = *kind == 'l' ? LF : OCTET;
		f->fd = open_inet(SOCK_STREAM, where);
		return SOCK_STREAM;
	}
	if (!udp && strcmp(kind, "unix") != 0)
		die(0, "%s: not one of udp, octet, lf, tls and unix", kind);
	f->fd = udp ? open_inet(SOCK_DGRAM, where) : open_unix(where);
	if (setsockopt(f->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)))
		die(errno, "SO_RCVBUF");
	return SOCK_DGRAM;
}

int
main(int argc, char **argv)
{
	struct floor f = { 0 };
	uint64_t rotate = 0;
	bool tls;
	int o, type;

	while ((o = getopt(argc, argv, "n:r:h")) != -1) {
		switch (o) {
		case 'n':
			f.nap = (unsigned)number("-n", optarg, 0, 999999);
			break;
		case 'r':
			rotate = number("-r", optarg, 1, INT64_MAX);
			break;
		case 'h':
			fputs(help, stdout);
			return STATUS_GOOD;
		default:
			die(0, "see floor -h");
		}
	}
	tls = optind < argc && strcmp(argv[optind], "tls") == 0;
	if (argc - optind != (tls ? 5 : 3))
		die(0, "kind, port and file are needed; see floor -h");
	take_signals();
	use_all_descriptors();
	output_open(&f.output, argv[optind + 2], rotate);
	if (tls)
		floor_tls_open(&f, argv[optind + 3], argv[optind + 4]);
	type = open_socket(&f, argv[optind], argv[optind + 1]);
	fflush(stdout);
	if (type == SOCK_STREAM)
		floor_streams(&f);
	else
		floor_datagrams(&f);
	floor_tls_close(&f);
	output_close(&f.output);
	close(f.fd);
	return STATUS_GOOD;
}
