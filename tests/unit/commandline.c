/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * commandline.c - runs of the command line, for its tests
 */
#include "commandline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/given.h"
#include "config/keys.h"

enum { WORDS = 32, LINE = 2048 };

struct run
commandline_load(const char *line)
{
	char words[LINE], *argv[WORDS + 2], *rest = words;
	size_t help_n, said_n;
	FILE *help, *said;
	struct run r;
	int argc = 0;

	assert_true(strlen(line) < sizeof(words));
	(void)memcpy(words, line, strlen(line) + 1);
	argv[argc++] = (char[]){ "synclined" };
	while ((argv[argc] = strsep(&rest, " ")) != NULL) {
		if (argv[argc][0] != '\0')
			argc++;
		assert_true(argc <= WORDS);
	}
	help = open_memstream(&r.help, &help_n);
	said = open_memstream(&r.said, &said_n);
	assert_true(help != NULL && said != NULL);
	r.status = options_load_to(argc, argv, &r.c, help, said);
	assert_int_equal(fclose(help), 0);
	assert_int_equal(fclose(said), 0);
	assert_true((r.status == OPTIONS_RUN) == (r.c != NULL));
	assert_true((r.status == OPTIONS_BAD) == (r.said[0] != '\0'));
	assert_true((r.status == OPTIONS_DONE) == (r.help[0] != '\0'));
	return r;
}

void
commandline_done(struct run *r)
{
	config_free(r->c);
	free(r->help);
	free(r->said);
}

struct run
commandline_load_good(const char *line)
{
	struct run r = commandline_load(line);

	if (r.status != OPTIONS_RUN)
		fail_msg("%s: %s", line, r.said);
	return r;
}

int
commandline_clear_environment(void **state)
{
	struct givens g;
	struct problems none = { 0 };
	char name[KEY_VARIABLE_TEXT];
	int status = 0;

	(void)state;
	given_init(&g, &none);
	for (size_t i = 0; i < g.n; i++)
		status |= unsetenv(key_write_variable(g.list[i].key, name));
	given_clear(&g);
	return status;
}
