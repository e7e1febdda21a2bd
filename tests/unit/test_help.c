/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_help.c - what --help says
 */
#include "config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "commandline.h"
#include "config/keys.h"
#include "wire/err.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
the_version_is_told(void **state)
{
	struct run r = commandline_load("--version");

	(void)state;
	assert_int_equal(r.status, OPTIONS_DONE);
	assert_string_equal(r.help, "synclined " PACKAGE_VERSION "\n");
	commandline_done(&r);
}

static void
help_is_complete_and_fits_80_columns(void **state)
{
	struct run r = commandline_load("-o a --help --zzz");
	char text[KEY_VARIABLE_TEXT + 2];
	const struct key_section *s;
	const struct conf_key *k;
	size_t n;

	(void)state;
	assert_int_equal(r.status, OPTIONS_DONE);
	for (const char *line = r.help; *line != '\0'; line += n + 1) {
		n = strcspn(line, "\n");
		assert_int_equal(line[n], '\n');
		assert_true(n <= 80);
		assert_true(n == 0 || line[n - 1] != ' ');
		assert_null(memchr(line, '\t', n));
	}
	for (s = key_sections; s->title != NULL; s++) {
		assert_non_null(strstr(r.help, s->title));
		for (k = s->keys; k->name != NULL; k++) {
			if (k->option == NULL)
				continue;
			(void)snprintf(text, sizeof(text), "--%s", k->option);
			assert_non_null(strstr(r.help, text));
			assert_non_null(
			    strstr(r.help, key_write_variable(k, text)));
		}
	}
	for (k = listen_keys; k->name != NULL; k++) {
		(void)snprintf(text, sizeof(text), "    %s", k->name);
		assert_true(k->option != NULL || strstr(r.help, text) != NULL);
	}
	commandline_done(&r);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_version_is_told),
		cmocka_unit_test(help_is_complete_and_fits_80_columns),
	};

	return cmocka_run_group_tests(
	    tests, commandline_clear_environment, NULL);
}
