/* SPDX-License-Identifier: BSD-2-Clause */
/* test_owner.c - whose files are: names, numbers, and who may give them away */
#include "output/owner.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"
#include "output/folder.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

enum { NOBODY = 4711 };

struct row {
	const char *owner, *group;
	const char *says; /* NULL: it is fine */
	uint32_t user_id, group_id;
};

/* NULL: as the row says. */
static const char *
wrong(const struct row *r)
{
	char owner[64], group[64];
	struct output_conf conf = { .path = owner };
	struct folder_new new = { .mode = 0640 };
	struct err err = { "" };
	int rc;

	(void)strcpy(owner, r->owner);
	(void)strcpy(group, r->group);
	conf.owner = owner;
	conf.group = group;
	rc = owner_find(&new, &conf, &err);
	if (r->says != NULL)
		return rc == -1 && strstr(err.text, r->says) != NULL ? NULL
								     : r->says;
	if (rc == -1)
		return "refused";
	if (new.has_user != (r->owner[0] != '\0') ||
	    new.has_group != (r->group[0] != '\0'))
		return "has";
	if (new.user != r->user_id || new.group != r->group_id)
		return "id";
	return NULL;
}

static void
root_gives_files_to_names_and_numbers(void **state)
{
	static const struct row rows[] = {
		{ "", "", NULL, 0, 0 },
		{ "root", "root", NULL, 0, 0 },
		{ "4711", "", NULL, 4711, 0 },
		{ "", "4712", NULL, 0, 4712 },
		{ "4294967294", "", NULL, 4294967294, 0 },
		{ "4294967295", "", "no user \"4294967295\"", 0, 0 },
		{ "no-such-user-x", "", "no user \"no-such-user-x\"", 0, 0 },
		{ "", "no-such-group-x", "no group \"no-such-group-x\"", 0, 0 },
	};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ROWS(rows); i++)
		if (wrong(&rows[i]) != NULL)
			fail_msg("%zu: %s", i, wrong(&rows[i]));
}

static int
as_nobody(void)
{
	static const struct row rows[] = {
		{ "", "", NULL, 0, 0 },
		{ "4711", "4712", NULL, 4711, 4712 },
		{ "4711", "4713", NULL, 4711, 4713 },
		{ "4711", "4714", "add our user to that group", 0, 0 },
		{ "root", "", "only root may give files", 0, 0 },
	};
	const gid_t more = 4713;

	if (setgroups(1, &more) == -1 || setgid(4712) == -1 ||
	    setuid(NOBODY) == -1)
		return 100;
	for (size_t i = 0; i < ROWS(rows); i++)
		if (wrong(&rows[i]) != NULL)
			return (int)i + 1;
	return 0;
}

static void
others_keep_files_but_for_their_groups(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(as_nobody());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_gives_files_to_names_and_numbers),
		cmocka_unit_test(others_keep_files_but_for_their_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
