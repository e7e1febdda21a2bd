/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place.h - whether two spellings name one place
 *
 * By the text alone: nothing is looked up, neither names of hosts nor
 * symbolic links, so an answer of false promises nothing.
 */
#ifndef CONFIG_PLACE_H
#define CONFIG_PLACE_H

#include <stdbool.h>

#include "config/config.h"

/* Two paths of one file: "x.log" and "./x.log", "/a//b" and "/a/./b". */
bool place_is_same_path(const char *a, const char *b);

/* Two hosts: the same text, or one address. */
bool place_is_same_host(const char *a, const char *b);

/* One of two hosts takes its port for the other one's address, too. */
bool place_overlaps(const char *a, const char *b);

#endif
