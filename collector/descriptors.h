/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * descriptors.h - how many files and connections the system lets us have
 */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

/* The soft limit of descriptors becomes the hard one, which is returned. */
size_t descriptors_raise(void);

/*
 * What an output with many files may hold open, at most: half of the limit
 * is for such files. Less than max_open_files is said.
 */
int64_t descriptors_for_files(
    const struct config *conf, size_t output, size_t limit);

/* What is left for connections once everything else is open, of which open
 * are there already; less than max_connections would allow is said. */
size_t descriptors_for_connections(
    const struct config *conf, size_t limit, size_t open);

#endif
