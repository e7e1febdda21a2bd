/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syntax.h - what is wrong with a file of YAML, in words that help
 *
 * libyaml tells where it gave up and which of its rules was broken. Whoever
 * wrote the file wants to know what to write instead.
 */
#ifndef CONFIG_SYNTAX_H
#define CONFIG_SYNTAX_H

#include <stdbool.h>
#include <yaml.h>

#include "config/yaml.h"
#include "wire/slice.h"

/* Fills in line, value and reason of what the parser stopped at; text is all
 * that it was given. */
void syntax_explain(
    const yaml_parser_t *y, struct slice text, struct yaml_fault *f);

/* The same for what stands at mark and has to be in quotes; flow: it stands
 * inside [ ] or { }. */
void syntax_want_quotes(struct slice text, const yaml_mark_t *mark, bool flow,
    struct yaml_fault *f);

/* The same for the line of mark; reason says what is wrong with it. */
void syntax_refuse(struct slice text, const yaml_mark_t *mark,
    const char *reason, struct yaml_fault *f);

/* True when every byte shows on a screen: UTF-8 without control characters,
 * TAB and the ends of lines excepted. False: *f. */
bool syntax_is_visible(struct slice text, struct yaml_fault *f);

/* The byte that a mark stands before; NUL: the end. */
char syntax_byte(struct slice text, const yaml_mark_t *mark);

#endif
