/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_io.c - errors that a connected UDP socket tells late: what the kernel
 * would say when a router sent "fragmentation needed"
 */
#include "io.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 4, LONGEST = 65507 };

ssize_t __wrap_send(int fd, const void *p, size_t n, int flags);
ssize_t __wrap_recv(int fd, void *p, size_t n, int flags);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n);

/* RULE: variables of the whole file: the library's calls end up here. */
static int send_says, recv_says, socket_says; /* once; 0: nothing */
static int receiver;

static int
take(int *error)
{
	int taken = *error;

	*error = 0;
	return taken;
}

ssize_t
__wrap_send(int fd, const void *p, size_t n, int flags)
{
	int error = take(&send_says);

	if (error == 0)
		return syscall(SYS_sendto, fd, p, n, flags, NULL, 0);
	errno = error;
	return -1;
}

ssize_t
__wrap_recv(int fd, void *p, size_t n, int flags)
{
	int error = take(&recv_says);

	if (error == 0)
		return syscall(SYS_recvfrom, fd, p, n, flags, NULL, NULL);
	errno = error;
	return -1;
}

int
__wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n)
{
	int error = name == SO_ERROR ? take(&socket_says) : 0;

	if (error == 0)
		return (int)syscall(SYS_getsockopt, fd, level, name, value, n);
	*(int *)value = error;
	return 0;
}

static int
set_up(void **state)
{
	static struct io io;
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(to);

	receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(receiver, (struct sockaddr *)&to, n), 0);
	assert_int_equal(getsockname(receiver, (struct sockaddr *)&to, &n), 0);
	io_init(&io);
	assert_int_equal(
	    io_open(&io, (struct sockaddr *)&to, n, SOCK_DGRAM), IO_OK);
	send_says = recv_says = socket_says = 0;
	*state = &io;
	return 0;
}

static int
tear_down(void **state)
{
	io_close(*state);
	(void)close(receiver);
	return 0;
}

/* Sends some, all of which arrive. */
static void
assert_all_are_sent(struct io *io)
{
	const struct slice each[MANY] = { SLICE_LIT("one"), SLICE_LIT("two"),
		SLICE_LIT("three"), SLICE_LIT("four") };
	char got[16];
	unsigned n = 0;

	assert_int_equal(io_send_each(io, each, MANY, &n), IO_OK);
	assert_int_equal(n, MANY);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(
		    recv(receiver, got, sizeof(got), 0), each[i].n);
}

static void
another_answer_is_not_for_the_next_one(void **state)
{
	send_says = EMSGSIZE;
	assert_all_are_sent(*state);
}

static void
another_answer_behind_the_last_one_is_none(void **state)
{
	socket_says = EMSGSIZE;
	assert_all_are_sent(*state);
}

static void
another_answer_does_not_end_the_connection(void **state)
{
	recv_says = EMSGSIZE;
	assert_true(io_is_alive(*state));
	assert_all_are_sent(*state);
}

static void
what_is_too_long_is_said_of_itself(void **state)
{
	static char text[LONGEST + 1];
	const struct slice each[] = { SLICE_LIT("one"), { text, sizeof(text) },
		SLICE_LIT("three") };
	unsigned n = 0;

	assert_int_equal(io_send_each(*state, each, 3, &n), IO_FAILED);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(n, 1);
}

#define WITH_SOCKETS(test) \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SOCKETS(another_answer_is_not_for_the_next_one),
		WITH_SOCKETS(another_answer_behind_the_last_one_is_none),
		WITH_SOCKETS(another_answer_does_not_end_the_connection),
		WITH_SOCKETS(what_is_too_long_is_said_of_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
