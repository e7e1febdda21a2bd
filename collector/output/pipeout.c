/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/pipeout.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/os.h"

int
pipeout_open(struct pipeout *p, struct err *err)
{
	/* not those that another output has made of them, which is still being
	 * written; the main thread's */
	static int given = -1;
	struct stat st;

	*p = (struct pipeout){ .fd = STDOUT_FILENO, .flags = -1 };
	if (fstat(STDOUT_FILENO, &st) == -1)
		return err_sys(err, "standard output");
	if (S_ISREG(st.st_mode))
		return 0; /* never makes us wait for somebody */
	/*
	 * O_NONBLOCK on what we were given would be seen by everybody who
	 * shares it, a terminal's shell for one. Opened again it is ours.
	 */
	p->fd = open(
	    "/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (p->fd != -1)
		return 0;
	/* a socket cannot be opened again */
	p->fd = STDOUT_FILENO;
	if (given == -1)
		given = fcntl(STDOUT_FILENO, F_GETFL);
	p->flags = given;
	if (p->flags == -1 ||
	    fcntl(STDOUT_FILENO, F_SETFL, p->flags | O_NONBLOCK) == -1)
		return err_sys(err, "standard output");
	return 0;
}

void
pipeout_close(struct pipeout *p)
{
	if (p->fd != STDOUT_FILENO)
		close(p->fd);
	else if (p->flags != -1)
		(void)fcntl(STDOUT_FILENO, F_SETFL, p->flags);
	*p = (struct pipeout){ .fd = STDOUT_FILENO, .flags = -1 };
}

int
pipeout_write(struct pipeout *p, struct slice *s, struct err *err)
{
	/* whoever shares it may have undone that, as we do at the end: an
	 * output that a reload took away, before the one that came back */
	if (p->flags != -1 &&
	    fcntl(STDOUT_FILENO, F_SETFL, p->flags | O_NONBLOCK) == -1)
		return err_sys(err, "standard output");
	while (s->n > 0) {
		ssize_t n = os_write(p->fd, s->p, s->n);

		if (n == -1)
			return err_sys(err, "write");
		slice_skip(s, (size_t)n);
	}
	return 0;
}
