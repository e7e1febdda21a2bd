/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.h - what a host is called in the header of a message
 */
#ifndef WIRE_HOST_H
#define WIRE_HOST_H

#include "wire/slice.h"

/* The part of s before the first blank. */
static inline struct slice
host_word(struct slice s)
{
	const char *end = s.n > 0 ? memchr(s.p, ' ', s.n) : NULL;

	return end != NULL ? slice_of(s.p, (size_t)(end - s.p)) : s;
}

/*
 * An address with colons: that of a network card, "aa:bb:cc:dd:ee:ff", or one
 * of IPv6; brackets around the latter are taken off *word.
 */
bool host_is_address(struct slice *word);

/* The address of a network card begins s. */
bool host_is_card(struct slice s);

/* A host name or an IPv4 address; also with the slot of a blade before it. */
bool host_is_name(struct slice word);

/* A host, a blank and a word that may be a tag begin s. */
bool host_has_tag(struct slice s);

/* A colon, a blank and a tag with a process id do: no host stands there. */
bool host_is_missing(struct slice s);

/*
 * Takes the host before the name of an event of network equipment, which is
 * the tag: "host: %ASA-6-302013:", also with a blank before the first colon or
 * instead of it.
 */
bool host_take_before_event(struct slice *in, struct slice *host);

/*
 * The same word, with its colon, is the zone of the time behind which it
 * stands, where that is of network equipment, which calls it anything:
 * "45: *Mar  1 18:46:11.123 PCTime: %SYS-5-CONFIG_I:". Then the time has it.
 * rest: what the time was taken from.
 */
bool host_take_zone(struct slice *in, struct slice rest, struct slice *time);

/* Two names of one host: the same, or one is the other with a domain. */
bool host_is_same(struct slice a, struct slice b);

#endif
