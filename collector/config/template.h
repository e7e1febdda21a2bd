/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * template.h - text with %{fields}, taken apart once
 *
 * For formats ("%{timestamp} %{hostname}: %{msg}") and for paths
 * ("/var/log/%{hostname}/all.log"). Immutable once loaded.
 */
#ifndef CONFIG_TEMPLATE_H
#define CONFIG_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/err.h"
#include "wire/slice.h"

enum field {
	FIELD_LITERAL, /* piece.text */
	FIELD_PRI,
	FIELD_FACILITY,
	FIELD_SEVERITY,
	FIELD_VERSION,
	FIELD_TIMESTAMP,
	FIELD_HOSTNAME,
	FIELD_APP_NAME,
	FIELD_PROCID,
	FIELD_MSGID,
	FIELD_SD,
	FIELD_SD_PARAM, /* piece.id, piece.name */
	FIELD_MSG,
	FIELD_RAW,
	FIELD_TRUNCATED,
	FIELD_RECEIVED,
	FIELD_FROM,
	FIELD_FROM_PORT,
	FIELD_LISTENER,
	FIELD_TLS_PEER,
	FIELD_YEAR,
	FIELD_MONTH,
	FIELD_DAY,
	FIELD_HOUR,
	FIELD_PID,
	FIELD_UID,
	FIELD_GID
};

/* A field, or text between fields; in a path a literal "/" stands alone. */
struct piece {
	enum field field;
	struct slice text;     /* of a literal; never empty */
	struct slice id, name; /* of an SD-PARAM */
};

enum {
	TEMPLATE_PIECES = 256,
	TEMPLATE_TEXT = 4096, /* bytes as written */
	TEMPLATE_COMPONENT =
	    100,            /* bytes between two slashes behind the base */
	TEMPLATE_SHARE = 40 /* of those, what a field has at least */
};

/* The most bytes of a field whose values are few and harmless in a path; 0:
 * the message decides. */
size_t template_width(enum field f);

struct template
{
	struct piece *piece; /* owned */
	size_t n;
	char *text;  /* owned; the slices are views of it */
	size_t base; /* of a path: pieces (all one literal) before the
			component that holds the first field, 0 or 1 */
};

/*
 * A format. NULL sets *err: an unknown field (with what was probably meant),
 * "%" that is neither "%{" nor "%%", no end of a field, no field at all, a
 * control character other than TAB, no UTF-8, too long.
 */
struct template *template_new(const char *text, struct err *err);

/*
 * A path of which at least one component has a field. The literal before that
 * component is the folder in which everything stays (template_base()). NULL
 * sets *err, also: a component behind it that is empty, "." or "..", begins
 * with "." in its literal, or whose literal bytes leave too little of its 100
 * for the fields; "/" at the end; longer than PATH_MAX or RUN_NAME_MAX allow
 * with all components at their longest.
 */
struct template *template_new_path(const char *text, struct err *err);

void template_free(struct template *t); /* accepts NULL */

/* Has it a field that is the kernel's word on a local sender? */
bool template_asks_who(const struct template *t); /* accepts NULL */

/* Has this text a field? ("%%" is none.) */
bool template_has_fields(const char *text);

/* The folder of a path: "/var/log", "/", or "." when there is none. The
 * slice has a NUL behind it. */
struct slice template_base(const struct template *t);

#endif
