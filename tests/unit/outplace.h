/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outplace.h - where tests of outputs take place
 *
 * A folder, an output that writes there, a disk that takes as many bytes as a
 * test allows, and a clock that goes on when the test says so. Link with
 * --wrap for os_write, os_fdatasync, os_syncfs, os_open_beneath and
 * clock_gettime.
 */
#ifndef UNIT_OUTPLACE_H
#define UNIT_OUTPLACE_H

#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output/output.h"

enum { TEXT_MAX = 1 << 20, SYNCED_MAX = 1024 };

/* What the disk still takes, and what it says then. */
struct disk {
	size_t room, chunk; /* bytes; SIZE_MAX: any number */
	int error;          /* without room */
	int64_t write_ms;   /* how long a write takes */
	unsigned writes;
	_Atomic bool sync_waits;     /* a sync does not end */
	_Atomic unsigned sync_fails; /* so many more of them do: EIO */
	_Atomic ino_t fails_only;    /* those of this file; 0: of any */
	_Atomic unsigned trusted;    /* syncs that went well after one of that
					file had failed */
	_Atomic unsigned syncs, whole_syncs;
	_Atomic unsigned bad_syncs; /* of what was closed */
	ino_t synced[SYNCED_MAX];   /* files, in their order */
	int beneath_error;          /* of os_open_beneath(); 0: it works */
};

extern struct disk disk;

struct outplace {
	char dir[64];
	char path[128]; /* of the one file: dir/a.log */
	struct output_conf conf;
	struct metrics *metrics;
	struct output_tools tools;
	struct output *out; /* NULL: freed */
	struct pool pool;
	_Atomic uint64_t written; /* blocks that came back */
	uint64_t peer;            /* of the runs that are given */
	uint32_t own;             /* of the next block's messages */
};

/* One file, dir/a.log; or many, in dir. tune, if it is given, changes the
 * configuration before the output is made. */
void outplace_open(struct outplace *p, void (*tune)(struct output_conf *));
void outplace_open_many(struct outplace *p, void (*tune)(struct output_conf *));
void outplace_close(struct outplace *p);

/* Another output of the same configuration, in the same place. */
struct output *outplace_another(struct outplace *p);

/* Ends the output as a stop does. */
void outplace_stop(struct outplace *p);

/* Gives lines in a block and has them written. */
void give(struct outplace *p, const char *lines);

/* The same to one of many files: each line is "NAME TEXT". */
void give_runs(struct outplace *p, const char *lines);
void give_runs_to(struct outplace *p, struct output *o, const char *lines);

/* A block that waits for the next output_write(). */
void queue_runs(struct outplace *p, const char *lines);

/* ms later, the output does what is due. */
void later(struct outplace *p, int64_t ms);

/* Rounds of the writer until nothing waits: a turn has an end, and the syncer
 * may be busy, on a busy machine more than once. */
void until_written(struct outplace *p);

uint64_t count(struct outplace *p, enum output_metric id);

/* A file below dir has this text. NULL: there is no such file. */
void assert_file(struct outplace *p, const char *name, const char *text);

/* All rotated files of dir/name in their order, then the live one; each ends
 * with a line. Returns how many files. */
size_t read_all(struct outplace *p, const char *name, char *text);

/* dir/name, in a buffer that the next call but three uses again. */
const char *at(struct outplace *p, const char *name);

#endif
