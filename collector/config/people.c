/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * people.c - who does not exist on this machine
 */
#include "config/people.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

static bool
needs_none(const char *name, bool or_number)
{
	return name == NULL || name[0] == '\0' ||
	    (or_number && name[strspn(name, "0123456789")] == '\0');
}

/* Asked before any other thread runs, by -t alone. */
bool
people_have_user(const char *name, bool or_number)
{
	/* cppcheck-suppress getpwnamCalled */
	return needs_none(name, or_number) || getpwnam(name) != NULL;
}

bool
people_have_group(const char *name, bool or_number)
{
	/* cppcheck-suppress getgrnamCalled */
	return needs_none(name, or_number) || getgrnam(name) != NULL;
}
