/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * traces.h - what opening a file leaves behind when it was not to be
 *
 * A reload opens its files before it knows that all of it will do. If not,
 * an empty file and folders that were made for it go again.
 */
#ifndef TRACES_H
#define TRACES_H

#include <stddef.h>

#include "config/config.h"

/* Before the output is opened: how many bytes of its path name what is there
 * already; all of them: the file itself is. */
size_t traces_look(const struct output_conf *o);

/* After it is closed again: removes what was made beyond those bytes, as far
 * as it is empty. */
void traces_remove(const struct output_conf *o, size_t there);

#endif
