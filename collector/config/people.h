/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * people.h - who does not exist on this machine
 */
#ifndef CONFIG_PEOPLE_H
#define CONFIG_PEOPLE_H

#include <stdbool.h>

/* Whether there is a user, or a group, of that name. "" is nobody in
 * particular; where a number will do, digits need no name. */
bool people_have_user(const char *name, bool or_number);
bool people_have_group(const char *name, bool or_number);

#endif
