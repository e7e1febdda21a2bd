/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * people.h - users and groups, by name or number
 */
#ifndef CONFIG_PEOPLE_H
#define CONFIG_PEOPLE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether there is a user, or a group, of that name. "" is nobody in
 * particular, and a number needs no name. */
bool people_have_user(const char *name);
bool people_have_group(const char *name);

/* Whether it is known which group such a user has; of a number that nobody
 * here has, it is not. */
bool people_have_group_of(const char *user);

/* The number that text is; (uid_t)-1 is nobody's. False: it is none. */
bool people_read_number(const char *text, uint32_t *id);

#endif
