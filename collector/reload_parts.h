/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reload_parts.h - what a reload needs, made beside what runs
 */
#ifndef RELOAD_PARTS_H
#define RELOAD_PARTS_H

#include "reload.h"

/*
 * Makes all parts of r for conf, which is taken over. -1: *err says why,
 * or is empty when that has been said; reload_parts_undo() is due.
 */
int reload_parts_make(struct reload *r, struct config *conf, struct err *err);

/* Closes and frees what was made. */
void reload_parts_undo(struct reload *r);

/* Frees what is left when the parts are in use. */
void reload_parts_free(struct reload *r);

/* Listeners that live on retired in new belong to it, not to old any more. */
void reload_forget_moved(struct plan *old, const struct plan *new);

#endif
