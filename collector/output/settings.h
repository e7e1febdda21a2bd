/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settings.h - what an output was told, in a copy of its own
 *
 * The configuration it comes from may be gone after a reload. Made by
 * output_settings() (output.h).
 */
#ifndef OUTPUT_SETTINGS_H
#define OUTPUT_SETTINGS_H

#include <sys/types.h>

#include <stdint.h>

#include "base/metrics.h"
#include "output/folder.h"

struct keeper;
struct zone;

struct output_settings {
	char *path; /* owned; as configured */
	char *base; /* owned; the folder of many files; NULL: one file */
	int64_t rotate_size, sync;
	int64_t rotate_every; /* seconds; 0: never */
	struct zone *zone;    /* owned; of this machine; NULL: not needed */
	int64_t max_open_files, max_files, max_new_files;
	struct folder_new new;       /* what is made */
	struct counters *count;      /* borrowed; the writer's set */
	struct counters *sync_count; /* borrowed; the syncer's set */
	struct keeper *keeper;       /* borrowed; NULL: nobody is to know */
	int slot;                    /* by which it knows the output */
};

#endif
