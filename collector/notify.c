/* SPDX-License-Identifier: BSD-2-Clause */
#include "notify.h"

#include <sys/time.h>

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { MESSAGE_MAX = 64, PATIENCE_S = 1 };

/* A number in the environment; 0: none, or what is no number. */
static uint64_t
read_variable(const char *name)
{
	const char *text = getenv(name);
	char *end;
	uint64_t n;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	n = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' ? n : 0;
}

/* The watchdog may be meant for whoever started us. */
static int64_t
read_watchdog(void)
{
	uint64_t us = read_variable("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");

	if (us == 0 || us > INT64_MAX ||
	    (pid != NULL && pid[0] != '\0' &&
		read_variable("WATCHDOG_PID") != (uint64_t)getpid()))
		return 0;
	return us < 1000 ? 1 : (int64_t)(us / 1000);
}

/* A path, or with @ in front a name that is in no file system. */
static int
read_address(struct notify *n, const char *text, struct err *err)
{
	size_t length = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || length < 2 ||
	    length >= sizeof(n->to.sun_path))
		return err_set(err,
		    "NOTIFY_SOCKET: \"%.100s\" is neither a path nor an "
		    "abstract name; unset it, or let systemd set it",
		    text);
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, text, length);
	if (text[0] == '@')
		n->to.sun_path[0] = '\0';
	n->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    length);
	return 0;
}

int
notify_init(struct notify *n, struct err *err)
{
	const struct timeval patience = { PATIENCE_S, 0 };
	const char *text = getenv("NOTIFY_SOCKET");

	*n = (struct notify){ .fd = -1 };
	if (text == NULL || text[0] == '\0')
		return 0;
	if (read_address(n, text, err) == -1)
		return -1;
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd == -1 ||
	    setsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		sizeof(patience)) == -1) {
		(void)err_sys(err, "NOTIFY_SOCKET");
		notify_clear(n);
		return -1;
	}
	n->watchdog_ms = read_watchdog();
	return 0;
}

void
notify_clear(struct notify *n)
{
	if (n->fd != -1)
		close(n->fd);
	n->fd = -1;
}

static void
tell(const struct notify *n, const char *text, int flags)
{
	if (n->fd == -1)
		return;
	if (sendto(n->fd, text, strlen(text), flags | MSG_NOSIGNAL,
		(const struct sockaddr *)&n->to, n->length) == -1)
		log_sys(LOG_WARNING, "NOTIFY_SOCKET: cannot say %s", text);
}

void
notify_ready(const struct notify *n)
{
	tell(n, "READY=1", 0);
}

/* The time tells this reload from those that were asked for before. */
void
notify_reloading(const struct notify *n)
{
	char text[MESSAGE_MAX];

	(void)snprintf(text, sizeof(text),
	    "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_ns() / 1000);
	tell(n, text, 0);
}

void
notify_stopping(const struct notify *n)
{
	tell(n, "STOPPING=1", 0);
}

/* The next one is due soon: no wait. */
void
notify_alive(const struct notify *n)
{
	tell(n, "WATCHDOG=1", MSG_DONTWAIT);
}
