/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.h - the parts of load: senders, and two ways to make them send
 *
 * A sender has a ring of messages that were rendered at the beginning. To send
 * some, their digits are written anew, and they go to the kernel as they lie
 * there.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "backlog.h"
#include "message.h"
#include "stamp.h"
#include "target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mmsghdr;
struct iovec;
struct ssl_ctx_st;
struct ssl_st;

struct options {
	struct target target;
	struct shape shape;
	uint32_t connections;
	uint32_t first_id;
	uint64_t messages;
	double rate;        /* messages a second in all; 0: no limit */
	uint32_t per_write; /* 0: whatever is best */
	uint32_t waiting;   /* bytes in the receiver's queue; 0: no limit */
	double give_up;     /* seconds */
	const char *ca;     /* tls: of the server; NULL: whoever it is */
	bool segments;
	bool idle;
	bool handshakes;
};

struct sender {
	int fd;
	struct ssl_st *ssl; /* tls only */
	uint32_t id;
	uint64_t next;  /* how many were put into the ring */
	uint64_t quota; /* how many there are to send */
	struct digits digits;
	char *ring;
	uint32_t at; /* the slot to be filled next */

	/* streams: what of the ring is still to be written */
	const char *unsent;
	size_t unsent_length;

	/* datagrams: a header for each slot */
	struct mmsghdr *headers;
	struct iovec *vectors;
};

struct load {
	struct options options;
	struct plan plan;
	struct stamp stamp;
	int64_t stamp_us; /* of the last message */
	uint32_t slots;   /* of a ring */
	uint32_t batch;   /* messages that are sent together */
	struct sender *senders;
	struct ssl_ctx_st *tls;
	uint64_t filled;  /* messages put into rings */
	uint64_t refused; /* times that nobody had the port */
	/* ns of CLOCK_MONOTONIC */
	int64_t first, last, deadline;
};

/* Plans messages, rings and batches; ends the tool when it cannot be done. */
void senders_plan(struct load *l);
void senders_open(struct load *l);
void senders_close(struct load *l);

/* The messages to send next: slots from *slot on; returns how many. 0: all
 * were. */
uint32_t sender_fill(struct load *l, struct sender *s, uint32_t *slot);

/* Messages that the kernel has taken. */
uint64_t senders_sent(const struct load *l);

int64_t load_due(const struct load *l); /* the next batch, with a rate */

/* Waits until the next batch is due; false: it is time to give up. */
bool load_wait(const struct load *l);
bool load_is_late(const struct load *l);

void load_datagrams(struct load *l);
void load_streams(struct load *l);

#endif
