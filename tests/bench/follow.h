/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * follow.h - reads a live log file as it grows, through its rotations
 *
 * As `tail -F`, but nothing is passed over: when the name shows another file,
 * the one that is open is read to its end, then every file that was rotated
 * meanwhile, in the order of their numbers, then the new live one. Rotated
 * files are those called as the live one, then "-" or ".", and at the end a
 * number that grows; one that was compressed before it was opened is lost.
 */
#ifndef BENCH_FOLLOW_H
#define BENCH_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct follow {
	char *folder;
	const char *path, *name;
	int fd; /* -1: there is no live file yet */
	dev_t dev;
	ino_t ino;
	off_t offset;
	uint64_t number; /* of the last rotated file that is behind us */
	uint64_t files;  /* how many were gone through to the end */
	uint64_t lost;   /* of them, those that could not be read */
	bool ends;       /* what is open is no longer the live file */
	bool passed;     /* and its number, if it has one, is behind us */
};

/* Begins at the end of what there is. path is borrowed. */
void follow_open(struct follow *f, const char *path);
void follow_close(struct follow *f);

/*
 * Reads what is there; 0: nothing at the moment. *fresh: a file begins with
 * it, so what is left of a line before will never be a whole one.
 */
size_t follow_read(struct follow *f, char *to, size_t size, bool *fresh);

#endif
