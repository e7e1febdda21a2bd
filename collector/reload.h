/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reload.h - another configuration takes the place of the one that runs
 *
 * First everything that can fail is done beside what runs: the files are
 * read, sockets and files opened, memory taken. If anything of that fails,
 * all of it is undone and nothing has changed. Then nothing can fail any
 * more: the writer takes the new outputs, the workers switch between two
 * messages, the writer lets go of the old ones. Main thread.
 */
#ifndef RELOAD_H
#define RELOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mailbox.h"
#include "house.h"

enum reload_step {
	RELOAD_NONE,
	RELOAD_ADDS,    /* the writer takes the new outputs */
	RELOAD_WORKERS, /* the workers switch */
	RELOAD_REMOVES  /* the writer lets go of the old outputs */
};

struct reload {
	struct house *house; /* borrowed */
	int argc;
	char **argv;           /* borrowed */
	struct mailbox answer; /* woken when a step is done */
	enum reload_step step;
	bool again; /* one more was asked for meanwhile */

	struct plan *plan;                   /* owned; the new one */
	size_t listener_slots, output_slots; /* counters before it */
	struct keep_plan *keep;              /* owned */
	struct listeners listeners;
	struct writer_order adds, removes;
	struct order **order; /* owned array; one per worker */
	size_t *map;          /* owned; see struct order */
	size_t *there;        /* owned; see traces.h, by output; of a file that
				 was open already SIZE_MAX */
	_Atomic size_t left;  /* workers that have not switched */
};

/* -1 sets *err. Call reload_go_on() when answer.fd is readable. */
int reload_init(
    struct reload *r, struct house *h, int argc, char **argv, struct err *err);
void reload_clear(struct reload *r);

/* SIGHUP: begins, or makes it begin anew when the one that runs is over. */
void reload_ask(struct reload *r);
void reload_go_on(struct reload *r);

bool reload_is_running(const struct reload *r);

#endif
