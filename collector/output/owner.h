/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owner.h - whose the files of an output shall be
 */
#ifndef OUTPUT_OWNER_H
#define OUTPUT_OWNER_H

#include "wire/err.h"

struct folder_new;
struct output_conf;

/*
 * Looks up owner and group, each a name or a number, and whether we may give
 * files to them: who is not root may not, but for groups of their own.
 * Empty: what is made stays as it is. -1: *err, with the cure.
 */
int owner_find(
    struct folder_new *new, const struct output_conf *conf, struct err *err);

#endif
