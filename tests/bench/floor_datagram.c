/* SPDX-License-Identifier: BSD-2-Clause */
/* floor_datagram.c - a datagram is a message */
#include "common.h"
#include "floor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	BURST = 256,
	/* Not a power of two: else all messages would share the same few lines
	 * of the caches. */
	STRIDE = MESSAGE_MOST + 320,
};

/* Room for the largest message, of which only what is used is ever there. */
struct burst {
	struct mmsghdr headers[BURST];
	struct iovec vectors[BURST];
	char (*messages)[STRIDE];
};

static void
burst_make(struct burst *b)
{
	b->messages = pages(BURST * sizeof(*b->messages));
	for (int i = 0; i < BURST; i++) {
		b->vectors[i].iov_base = b->messages[i];
		b->vectors[i].iov_len = MESSAGE_MOST;
		b->headers[i] = (struct mmsghdr){ 0 };
		b->headers[i].msg_hdr.msg_iov = &b->vectors[i];
		b->headers[i].msg_hdr.msg_iovlen = 1;
	}
}

/* Returns how many messages it got; 0: none wait. */
static int
receive(int fd, struct burst *b, int flags)
{
	int n = recvmmsg(fd, b->headers, BURST, flags, NULL);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		die(errno, "recvmmsg");
	return n < 0 ? 0 : n;
}

void
floor_datagrams(struct floor *f)
{
	struct burst *b = calloc(1, sizeof(*b));

	if (!b)
		die(ENOMEM, "datagrams");
	burst_make(b);
	while (!floor_is_over()) {
		int n = receive(f->fd, b, MSG_DONTWAIT);

		if (n == 0) {
			floor_rest(f);
			if (floor_is_stopping())
				break;
			n = receive(f->fd, b, MSG_WAITFORONE);
		}
		for (int i = 0; i < n; i++)
			output_message(
			    &f->output, b->messages[i], b->headers[i].msg_len);
		output_full(&f->output);
	}
	free(b->messages);
	free(b);
}
