/* SPDX-License-Identifier: BSD-2-Clause */
#include "healthcheck.h"

#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "wire/err.h"

enum { PATIENCE_S = 3, ANSWER_MAX = 1024, PORT_TEXT = 8 };

/* One clock for everything that may take long, a name server included. */
static void
on_alarm(int number)
{
	static const char said[] =
	    "syncline: healthcheck: no answer within 3 s\n";

	(void)number;
	if (write(STDERR_FILENO, said, sizeof(said) - 1) == -1)
		_exit(1);
	_exit(1);
}

static int
connect_to(const char *host, int64_t number, struct err *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char port[PORT_TEXT];
	int fd = -1, rc;

	(void)snprintf(port, sizeof(port), "%u", (unsigned)(uint16_t)number);
	rc = getaddrinfo(host, port, &hints, &found);
	if (rc != 0)
		return err_set(err, "%s: %s", host, gai_strerror(rc));
	for (const struct addrinfo *ai = found; fd == -1 && ai != NULL;
	     ai = ai->ai_next) {
		fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd != -1 && connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
			break;
		(void)err_sys(err, "%s port %s", host, port);
		if (fd != -1)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

/* The first line of what is answered, or all of it. */
static int
read_line(int fd, char to[ANSWER_MAX], struct err *err)
{
	size_t n = 0;

	to[0] = '\0';
	while (n < ANSWER_MAX - 1 && strchr(to, '\n') == NULL) {
		ssize_t got = recv(fd, to + n, ANSWER_MAX - 1 - n, 0);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return err_sys(err, "no answer");
		if (got == 0)
			break;
		n += (size_t)got;
		to[n] = '\0';
	}
	to[strcspn(to, "\r\n")] = '\0';
	return 0;
}

/* HTTP/1.0 needs no Host, and ends with the connection. */
static int
ask(int fd, struct err *err)
{
	static const char request[] = "GET /healthz HTTP/1.0\r\n\r\n";
	char answer[ANSWER_MAX];

	if (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(request) - 1)
		return err_sys(err, "cannot ask");
	if (read_line(fd, answer, err) == -1)
		return -1;
	if (strncmp(answer, "HTTP/1.", 7) != 0 || answer[7] == '\0' ||
	    strncmp(answer + 8, " 200 ", 5) != 0)
		return err_set(
		    err, "not well, or no collector: \"%.100s\"", answer);
	return 0;
}

static int
try(const struct config *c, struct err *err)
{
	int fd, rc;

	if (c->http == NULL)
		return err_set(err,
		    "http is none, so there is nobody to ask; give --http "
		    "ADDR:PORT to the collector and here");
	if (c->http_port == 0)
		return err_set(err,
		    "http has port 0, which is another one at each start; "
		    "give the real one, --http ADDR:PORT");
	/* who serves every address serves this one */
	fd = connect_to(
	    strcmp(c->http_host, "*") == 0 ? "127.0.0.1" : c->http_host,
	    c->http_port, err);
	if (fd == -1)
		return -1;
	rc = ask(fd, err);
	close(fd);
	return rc;
}

int
healthcheck(const struct config *c)
{
	struct err err;

	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGALRM, on_alarm);
	(void)alarm(PATIENCE_S);
	if (try(c, &err) == 0)
		return 0;
	log_line(LOG_ERR, "healthcheck: %s", err.text);
	return 1;
}
