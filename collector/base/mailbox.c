/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/mailbox.h"

#include <sys/eventfd.h>

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

int
mailbox_init(struct mailbox *m, struct err *err)
{
	atomic_init(&m->newest, NULL);
	atomic_init(&m->wanted, false);
	m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (m->fd == -1)
		return err_sys(err, "eventfd");
	return 0;
}

void
mailbox_clear(struct mailbox *m)
{
	if (m->fd != -1)
		close(m->fd);
	m->fd = -1;
}

/* Returns true when there was no letter before. */
static bool
push(struct mailbox *m, struct letter *l)
{
	struct letter *head = atomic_load_explicit(
	    &m->newest, memory_order_relaxed);

	do
		l->next = head;
	while (!atomic_compare_exchange_weak(&m->newest, &head, l));
	return head == NULL;
}

void
mailbox_post(struct mailbox *m, struct letter *l)
{
	push(m, l);
	/*
	 * The exchange above and this load are sequentially consistent, as
	 * are the store and the take of a reader that wants: one of the two
	 * threads sees the other, so no wake-up is lost.
	 */
	if (atomic_load(&m->wanted) && atomic_exchange(&m->wanted, false))
		mailbox_wake(m);
}

void
mailbox_send(struct mailbox *m, struct letter *l)
{
	if (push(m, l))
		mailbox_wake(m);
}

void
mailbox_wake(struct mailbox *m)
{
	static const uint64_t one = 1;
	int saved = errno;
	ssize_t n;

	/* EAGAIN: the counter is full, so the reader is awake already. */
	do
		n = write(m->fd, &one, sizeof(one));
	while (n == -1 && errno == EINTR);
	errno = saved;
}

struct letter *
mailbox_take(struct mailbox *m)
{
	struct letter *l = atomic_exchange(&m->newest, NULL);
	struct letter *oldest = NULL;

	while (l != NULL) {
		struct letter *next = l->next;

		l->next = oldest;
		oldest = l;
		l = next;
	}
	return oldest;
}

void
mailbox_quiet(struct mailbox *m)
{
	uint64_t count;
	ssize_t n;

	do
		n = read(m->fd, &count, sizeof(count));
	while (n == -1 && errno == EINTR);
}

void
mailbox_want(struct mailbox *m)
{
	atomic_store(&m->wanted, true);
}
