/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * certs.h - certificates grow old, and files are changed: told in time
 *
 * Main thread.
 */
#ifndef CERTS_H
#define CERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "route/plan.h"

/* What was said and seen of a listener's files. */
struct cert_watch {
	unsigned warned; /* how near the end it was then */
	bool crl_told;
	uint64_t seen;  /* the files a second ago, */
	uint64_t tried; /* and when we asked for a reload because of them */
};

struct certs {
	uint64_t generation;      /* of the plan that watch is of; 0: none */
	struct cert_watch *watch; /* owned; by listener */
	int64_t next;             /* when to look at ages again */
};

/*
 * Once a second: warns of certificates that end soon. True: a file of a
 * listener that has `watch` was changed, and stays as it is for a second:
 * a reload is due.
 */
bool certs_look(struct certs *c, const struct plan *p);
void certs_clear(struct certs *c);

#endif
