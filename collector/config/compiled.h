/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compiled.h - values that are lists, or compiled when they are read
 *
 * Part of key_set(); nobody else includes this.
 */
#ifndef CONFIG_COMPILED_H
#define CONFIG_COMPILED_H

#include "config/keys.h"

enum { COMPILED_TEXTS_MAX = 1000 }; /* of one list */

/*
 * As key_set(), for KEY_TEXTS and all types behind it. at is the member, but
 * for KEY_PATH and KEY_FORMAT, which have two, the struct output_conf.
 */
int compiled_set(
    const struct conf_key *k, void *at, const char *text, struct err *err);

/* In key.c: length and characters of a text. */
int compiled_check_text(
    const struct conf_key *k, const char *text, struct err *err);

/* In key.c: the number that a word stands for; false: no such word. */
bool compiled_find_word(
    const struct key_word *words, const char *text, int64_t *out);

#endif
