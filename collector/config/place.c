/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place.c - whether two spellings name one place
 */
#include "config/place.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "wire/slice.h"

/* Takes the next component of a path; "." is none. False: there is no more. */
static bool
next_component(struct slice *path, struct slice *component)
{
	const char *end;

	do {
		while (path->n > 0 && path->p[0] == '/')
			slice_skip(path, 1);
		if (path->n == 0)
			return false;
		end = memchr(path->p, '/', path->n);
		*component = slice_of(
		    path->p, end != NULL ? (size_t)(end - path->p) : path->n);
		slice_skip(path, component->n);
	} while (slice_eq(*component, SLICE_LIT(".")));
	return true;
}

/* The two parts of a path: the folder it is relative to, and itself. */
struct spelling {
	struct slice folder, rest;
};

static bool
next_of(struct spelling *s, struct slice *component)
{
	return next_component(&s->folder, component) ||
	    next_component(&s->rest, component);
}

bool
place_is_same_path(const char *a, const char *b)
{
	char here[PATH_MAX] = "";
	struct spelling x = { { here, 0 }, slice_str(a) };
	struct spelling y = { { here, 0 }, slice_str(b) };
	struct slice of_x, of_y;
	bool more;

	if (strcmp(a, b) == 0)
		return true;
	if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0)
		return false;
	if ((a[0] == '/') != (b[0] == '/')) {
		if (getcwd(here, sizeof(here)) == NULL)
			return false;
		*(a[0] == '/' ? &y.folder : &x.folder) = slice_str(here);
	}
	while ((more = next_of(&x, &of_x)) == next_of(&y, &of_y)) {
		if (!more)
			return true;
		if (!slice_eq(of_x, of_y))
			return false;
	}
	return false;
}

bool
place_is_same_host(const char *a, const char *b)
{
	struct in6_addr x, y;

	if (strcasecmp(a, b) == 0)
		return true;
	return inet_pton(AF_INET6, a, &x) == 1 &&
	    inet_pton(AF_INET6, b, &y) == 1 && memcmp(&x, &y, sizeof(x)) == 0;
}

static bool
is_ipv4(const char *host)
{
	struct in_addr a;

	return inet_pton(AF_INET, host, &a) == 1;
}

static bool
is_all_ipv4(const char *host)
{
	return strcmp(host, "0.0.0.0") == 0;
}

static bool
is_all_ipv6(const char *host)
{
	struct in6_addr a;

	return inet_pton(AF_INET6, host, &a) == 1 &&
	    IN6_IS_ADDR_UNSPECIFIED(&a);
}

static bool
is_part_of(const char *host, const char *all)
{
	if (strcmp(all, "*") == 0)
		return true;
	/* one of IPv6 may have a scope behind it */
	return (is_all_ipv4(all) && is_ipv4(host)) ||
	    (is_all_ipv6(all) && strchr(host, ':') != NULL);
}

bool
place_overlaps(const char *a, const char *b)
{
	return is_part_of(a, b) || is_part_of(b, a);
}
