/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * teller.h - what the collector has to say: of losses, and at its end
 */
#ifndef TELLER_H
#define TELLER_H

#include <stdbool.h>
#include <stdint.h>

#include "house.h"
#include "losses.h"

struct teller {
	struct losses losses;
	bool hangs; /* the writer does, and it was said */
};

/* Once a second, and when all workers have ended (last): says what losses
 * began and ended, on standard error and to the outputs; on standard error
 * also that the writer hangs in the kernel. */
void teller_look(struct teller *t, struct house *h, bool last);
void teller_clear(struct teller *t);

/* What came, what was written, what was lost. Returns how much was lost. */
uint64_t teller_last_words(const struct house *h);

#endif
