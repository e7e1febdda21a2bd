/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pathname.h - the name of a message's file, safe whatever the message holds
 *
 * Each component is of [A-Za-z0-9._-] where it comes from the message, never
 * empty, never begins with '.', has at most 100 bytes. When a value had to be
 * changed or cut, when two values could be told apart no more (a-b and c, a
 * and b-c), or when it looks like a name of ours (_other, a rotated file,
 * .torn, .gz, .zst, .tmp, one with a hash), a hash of its values stands
 * behind the last of them: different values never share a file by becoming
 * the same name.
 */
#ifndef ROUTE_PATHNAME_H
#define ROUTE_PATHNAME_H

#include <stddef.h>

#include "base/run.h"
#include "config/template.h"
#include "route/format.h"
#include "route/record.h"

/*
 * Writes the name below template_base(t) to out, without a NUL, and returns
 * its length, 1..RUN_NAME_MAX. Never fails, never allocates.
 */
size_t pathname_write(struct formatter *fm, const struct template *t,
    const struct record *r, char out[RUN_NAME_MAX]);

#endif
