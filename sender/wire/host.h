/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.h - what a host is called in the header of a message
 */
#ifndef WIRE_HOST_H
#define WIRE_HOST_H

#include "wire/slice.h"

/* An IPv6 address; brackets around it are taken off *word. */
bool host_is_ipv6(struct slice *word);

/* A host name or an IPv4 address; also with the slot of a blade before it. */
bool host_is_name(struct slice word);

/* Two names of one host: the same, or one is the other with a domain. */
bool host_is_same(struct slice a, struct slice b);

#endif
