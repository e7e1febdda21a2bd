/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine_parts.h - what an engine is made of; for engine*.c only
 */
#ifndef ENGINE_PARTS_H
#define ENGINE_PARTS_H

#include "engine.h"
#include "handle.h"

/* Moves what can be moved: ring to flight or spool, spool to flight. */
void engine_fill(struct engine *e);

/* Puts a message of our own behind all others; false: no room now. */
bool engine_say(struct engine *e, uint8_t pri, struct slice text);

/* Sends, and takes out what has arrived. */
void engine_send(struct engine *e);

/* The connection is of no use any more, for the reason in errno. */
void engine_break(struct engine *e);

/* Sees to it that the spool is ours. */
void engine_hold_spool(struct engine *e);

/* What is in the flight, and in no spool yet, goes there. */
void engine_save(struct engine *e);

/* Tells the collector of losses, when they have ended. */
void engine_tell_losses(struct engine *e);

/* When that may be due, ms; INT64_MAX: never. */
int64_t engine_losses_due(const struct engine *e);

#endif
