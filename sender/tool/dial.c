/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char default_port[] = "6514";

/* whole: what it is the end of */
static int
read_port(
    struct target *t, const char *text, const char *whole, struct err *err)
{
	char *end;
	unsigned long port;

	errno = 0;
	port = strtoul(text, &end, 10);
	if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0' ||
	    port < 1 || port > 65535)
		return err_set(
		    err, "%.100s: the port is a number from 1 to 65535", whole);
	(void)snprintf(t->port, sizeof(t->port), "%lu", port);
	return 0;
}

/* Where ":PORT" begins, or the end: an IPv6 address has colons of its own. */
static const char *
find_port(const char *text)
{
	const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
	const char *colon = strchr(text, ':');

	if (bracket != NULL)
		return bracket + 1;
	if (colon == NULL || strchr(colon + 1, ':') != NULL)
		return text + strlen(text);
	return colon;
}

int
dial_read(struct target *t, const char *text, struct err *err)
{
	static const char scheme[] = "tls://";
	const char *whole = text;
	char host[2 * HOSTNAME_TEXT];
	const char *port;

	if (strncmp(text, scheme, sizeof(scheme) - 1) == 0)
		text += sizeof(scheme) - 1;
	port = find_port(text);
	if (port == text || (*port != ':' && *port != '\0') ||
	    (size_t)(port - text) >= sizeof(host))
		return err_set(err,
		    "%.100s: this should be HOST:PORT, like "
		    "logs.example.net:6514 or [2001:db8::1]:6514",
		    whole);
	(void)snprintf(host, sizeof(host), "%.*s", (int)(port - text), text);
	if (hostname_read(&t->host, host, err) != 0)
		return -1;
	return read_port(t, *port == ':' ? port + 1 : default_port, whole, err);
}

static void
on_alarm(int number)
{
	static const char text[] =
	    "FAILED  address      the name server does not answer\n"
	    "                     cure: look at /etc/resolv.conf, or give the "
	    "address, and the name with --name\n";

	(void)number;
	(void)!write(STDOUT_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

int
dial_find(const struct target *t, unsigned int seconds, struct addrinfo **out,
    struct err *err, struct err *cure)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV |
		    (t->host.octets > 0 ? AI_NUMERICHOST : 0) };
	int status;

	(void)signal(SIGALRM, on_alarm);
	(void)alarm(seconds);
	status = getaddrinfo(t->host.text, t->port, &hints, out);
	(void)alarm(0);
	(void)signal(SIGALRM, SIG_DFL);
	if (status == 0)
		return 0;
	(void)err_set(err, "%s: %s", t->host.text,
	    status == EAI_SYSTEM ? strerror(errno) : gai_strerror(status));
	(void)err_set(cure, "%s",
	    status == EAI_NONAME
		? "is the name right? Else give the address, and the name "
		  "with --name"
		: "look at /etc/resolv.conf, or give the address, and the "
		  "name with --name");
	return -1;
}

void
dial_write(const struct addrinfo *at, char out[DIAL_ADDRESS])
{
	char text[INET6_ADDRSTRLEN] = "?";
	bool six = at->ai_family == AF_INET6;
	const struct sockaddr_in
	    *in = (const struct sockaddr_in *)(const void *)at->ai_addr;
	const struct sockaddr_in6
	    *in6 = (const struct sockaddr_in6 *)(const void *)at->ai_addr;

	(void)inet_ntop(at->ai_family,
	    six ? (const void *)&in6->sin6_addr : (const void *)&in->sin_addr,
	    text, sizeof(text));
	(void)snprintf(out, DIAL_ADDRESS, "%s port %u", text,
	    ntohs(six ? in6->sin6_port : in->sin_port));
}

int64_t
dial_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
dial_wait(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int status;

	do {
		int64_t left = deadline - dial_now();

		if (left <= 0)
			return 0;
		status = poll(&p, 1, left < INT_MAX ? (int)left : INT_MAX);
	} while (status < 0 && errno == EINTR);
	return status;
}

static void
say_cure(int number, struct err *cure)
{
	switch (number) {
	case ECONNREFUSED:
		(void)err_set(cure,
		    "nobody listens there: is the collector "
		    "running, with a listener tls:// on this port and for "
		    "this address?");
		break;
	case ETIMEDOUT:
		(void)err_set(cure,
		    "nothing came back: a firewall in between, "
		    "or a machine that is off");
		break;
	case EHOSTUNREACH:
	case ENETUNREACH:
		(void)err_set(cure,
		    "there is no way to that address from "
		    "here: look at ip route, and at the firewalls");
		break;
	default:
		(void)err_set(cure, "look at the network of this machine");
		break;
	}
}

/* connect(2), and what became of it; the time is up: ETIMEDOUT. */
static int
finish(int fd, const struct addrinfo *at, int64_t deadline)
{
	socklen_t n = sizeof(int);
	int number = 0;
	int ready;

	if (connect(fd, at->ai_addr, at->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -1;
	ready = dial_wait(fd, POLLOUT, deadline);
	if (ready == 0)
		errno = ETIMEDOUT;
	if (ready <= 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &n) != 0)
		return -1;
	errno = number;
	return number == 0 ? 0 : -1;
}

int
dial_connect(const struct addrinfo *at, int64_t deadline, struct err *err,
    struct err *cure)
{
	char text[DIAL_ADDRESS];
	int fd = socket(
	    at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && finish(fd, at, deadline) == 0)
		return fd;
	dial_write(at, text);
	(void)err_sys(err, "%s", text);
	say_cure(errno, cure);
	if (fd >= 0)
		close(fd);
	return -1;
}
