/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * record.c - see record.h
 */
#include "route/record.h"

#include <arpa/inet.h>

#include <string.h>

static const struct sockaddr_in6 *
as_in6(const struct origin *o)
{
	return (const void *)&o->addr;
}

static const struct sockaddr_in *
as_in(const struct origin *o)
{
	return (const void *)&o->addr;
}

struct slice
origin_make_address(struct origin *o)
{
	const struct in6_addr *a6;
	const char *p = NULL;

	_Static_assert(sizeof(o->text) >= INET6_ADDRSTRLEN, "text holds any");
	if (o->addr.ss_family == AF_INET) {
		p = inet_ntop(
		    AF_INET, &as_in(o)->sin_addr, o->text, sizeof(o->text));
	} else if (o->addr.ss_family == AF_INET6) {
		a6 = &as_in6(o)->sin6_addr;
		if (IN6_IS_ADDR_V4MAPPED(a6))
			p = inet_ntop(AF_INET, &a6->s6_addr[12], o->text,
			    sizeof(o->text));
		else
			p = inet_ntop(AF_INET6, a6, o->text, sizeof(o->text));
	}
	o->text_n = p != NULL ? strlen(p) : 0;
	return slice_of(o->text, o->text_n);
}

unsigned
origin_port(const struct origin *o)
{
	if (o->local)
		return 0;
	if (o->addr.ss_family == AF_INET)
		return ntohs(as_in(o)->sin_port);
	if (o->addr.ss_family == AF_INET6)
		return ntohs(as_in6(o)->sin6_port);
	return 0;
}

struct slice
record_host(const struct record *r)
{
	if (r->msg->host.n > 0 && !r->origin->distrust)
		return r->msg->host;
	return r->origin->local ? r->self : origin_address(r->origin);
}

struct slice
record_named_host(const struct record *r)
{
	if (r->msg->valid && !r->origin->distrust)
		return r->msg->host;
	return record_host(r);
}
