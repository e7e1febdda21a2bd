/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print.h - the tables of keys, for those who write a configuration
 *
 * --help-config, the sample, the schema for editors and the list of keys in
 * synclined.yaml(5) all come from the rows of keys.h, so none of them is ever
 * behind. collector/documents.sh writes the last three where they are kept.
 */
#ifndef CONFIG_PRINT_H
#define CONFIG_PRINT_H

#include <stdio.h>

enum print_what {
	PRINT_TEXT,   /* for a terminal of 80 columns */
	PRINT_SAMPLE, /* conf/synclined.yaml */
	PRINT_SCHEMA, /* conf/synclined.schema.json: JSON Schema, draft 7 */
	PRINT_MAN     /* of synclined.yaml(5), in mdoc(7) */
};

/* Prints every key of this version. -1: it could not all be written. */
int print_keys(FILE *to, enum print_what what);

#endif
