/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * zone.h - what the clocks on the wall of a place say
 *
 * A zone is read once into a table of its changes and never changes itself:
 * any thread may ask it, without a lock. Senders of RFC 3164 leave out the
 * zone, and the C library knows one zone a process only.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdint.h>

#include "wire/err.h"
#include "wire/slice.h"

struct zone;

/*
 * The zone of that name: "Europe/Berlin" of the system's zone files (RFC 8536;
 * no name may leave their folder), or the rule itself as POSIX writes it in TZ
 * ("CET-1CEST,M3.5.0,M10.5.0/3"). "" is this machine's: $TZ, else
 * /etc/localtime, else UTC. NULL sets *err: what is wrong and what would be
 * right, as the end of a sentence that begins with the name.
 */
struct zone *zone_load(const char *name, struct err *err);

/*
 * This machine's zone; UTC where that is unknown, as with TZ=Europe/Berlin in
 * a container without zone files: why says so then, and is empty otherwise.
 * NULL: no memory, and why says that.
 */
struct zone *zone_of_machine(struct err *why);
void zone_free(struct zone *z); /* accepts NULL */

/* The zone of a rule alone, and that of the bytes of a zone file. */
struct zone *zone_of_rule(const char *text, struct err *err);
struct zone *zone_of_file(struct slice file, struct err *err);

/*
 * Seconds east of UTC at that instant (seconds since 1970, UTC). Instants, and
 * times on the wall, are those of the years -9999 to 9999 or so.
 */
int32_t zone_offset(const struct zone *z, int64_t utc);

/*
 * Seconds east of UTC when the wall says that time (seconds since 1970 as if
 * it were UTC). Of an hour that comes twice the one whose instant is nearest
 * to near (UTC); in an hour that is left out the offset before it.
 */
int32_t zone_offset_of_wall(const struct zone *z, int64_t wall, int64_t near);

#endif
