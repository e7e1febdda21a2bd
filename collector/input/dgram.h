/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dgram.h - datagrams in: UDP (RFC 5426) and unix datagram sockets
 *
 * One message a datagram, read in bursts. A socket belongs to one worker and
 * is never left waiting: what does not fit is dropped and counted, by the
 * kernel or by the intake.
 */
#ifndef INPUT_DGRAM_H
#define INPUT_DGRAM_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

#include "config/config.h"
#include "route/intake.h"

/* The receive buffers of one worker, shared by its sockets. */
struct dgram_slots;
struct dgram_slots *dgram_slots_new(void); /* NULL: no memory */
void dgram_slots_free(struct dgram_slots *s);

struct dgram {
	struct event readable;
	int fd;                    /* borrowed from its socket_set */
	struct intake *intake;     /* borrowed */
	struct dgram_slots *slots; /* borrowed */
	struct source source;
	size_t listener;          /* its number in the configuration */
	const struct nets *allow; /* borrowed; who may send; NULL: everybody */
	struct limit *limit;      /* borrowed from the intake; NULL: no rate */
	size_t max;               /* longest message */
	uint32_t drops;           /* of the kernel, as last read */
	bool was_long;            /* the queue, since it was empty last */
	int64_t told_at; /* when a sender was refused in the log; 0: none was */
};

/*
 * What the configuration says of its listener, which has that number: at the
 * start, and when a reload has put another one into the intake. Whatever it
 * borrowed from the old one is let go.
 */
void dgram_switch(
    struct dgram *d, const struct listen_conf *l, size_t listener);

/* Starts reading fd in base. -1 sets *err. */
int dgram_start(struct dgram *d, struct event_base *base, struct err *err);

/* Reads the socket's own count of losses: when a long queue is empty again,
 * once a second and at the end. To be told with each datagram (SO_RXQ_OVFL)
 * costs 4 % of receiving it, and tells nothing before the next one comes. */
void dgram_count_drops(struct dgram *d);

/* Takes what there is now, as much as in one turn of the event loop. False:
 * there is nothing more. */
bool dgram_serve(struct dgram *d);

/* The end: nothing more is let in, and the loop does not look any more; what
 * the kernel holds is then taken by dgram_serve(). */
void dgram_stop(struct dgram *d);

#endif
