/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * people.c - users and groups, by name or number
 */
#include "config/people.h"

#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <unistd.h>

bool
people_read_number(const char *text, uint32_t *id)
{
	uint64_t n = 0;

	if (text[0] == '\0')
		return false;
	for (const char *p = text; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			return false;
		n = n * 10 + (uint64_t)(*p - '0');
		if (n >= UINT32_MAX)
			return false;
	}
	*id = (uint32_t)n;
	return true;
}

static bool
needs_none(const char *name)
{
	uint32_t id;

	return name == NULL || name[0] == '\0' || people_read_number(name, &id);
}

/* Asked before any other thread runs, by -t alone. */
bool
people_have_user(const char *name)
{
	/* cppcheck-suppress getpwnamCalled */
	return needs_none(name) || getpwnam(name) != NULL;
}

bool
people_have_group(const char *name)
{
	/* cppcheck-suppress getgrnamCalled */
	return needs_none(name) || getgrnam(name) != NULL;
}

bool
people_have_group_of(const char *user)
{
	uint32_t id;

	if (!people_read_number(user, &id) || id == getuid())
		return true;
	/* cppcheck-suppress getpwuidCalled */
	return getpwuid(id) != NULL;
}
