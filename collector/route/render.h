/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * render.h - one record as a line for eyes and older programs
 *
 * iso:  2026-11-22T10:15:00.123456+00:00 HOST APP[PID]: MSG
 * bsd:  Nov 22 10:15:00 HOST APP[PID]: MSG
 * and whatever a template says.
 */
#ifndef ROUTE_RENDER_H
#define ROUTE_RENDER_H

#include <stddef.h>

#include "config/template.h"
#include "route/field.h"
#include "route/record.h"
#include "route/when.h"

/* For format_bound() and format_line(), which see; without the LF. */
size_t render_bound(const struct record *r); /* of iso and bsd */
size_t render_iso(struct when *w, const struct record *r, char *out);
size_t render_bsd(struct when *w, const struct record *r, char *out);

size_t render_template_bound(const struct template *t, const struct record *r);
size_t render_template(struct fields *f, const struct template *t,
    const struct record *r, char *out);

#endif
