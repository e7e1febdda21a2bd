/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * own.h - a descriptor, and whether it is still ours
 *
 * Programs that become daemons close every descriptor, ours too, and the
 * number comes back as a file of theirs. So we remember what was open there,
 * and look before we use it.
 */
#ifndef OWN_H
#define OWN_H

#include <stdbool.h>
#include <sys/stat.h>

struct own {
	int fd; /* -1: none */
	dev_t dev;
	ino_t ino;
};

/*
 * Takes fd, moved away from 0, 1 and 2, where it might be taken for a standard
 * stream. -1: errno, and fd is closed.
 */
int own_take(struct own *o, int fd);

/* It is open, and it is what was taken. */
bool own_is_valid(const struct own *o);

/* Closes it when it is ours, and forgets it. */
void own_close(struct own *o);

#endif
