/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_template.c - text with fields is taken apart, or refused with a reason
 */
#include "config/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { PICTURE = 512 };

/* The pieces as text: literals in quotes, fields as numbers, '|' between. */
static void
draw(const struct template *t, char to[PICTURE])
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct piece *p = &t->piece[i];

		n += (size_t)snprintf(
		    to + n, PICTURE - n, "%s", i > 0 ? "|" : "");
		if (p->field == FIELD_LITERAL)
			n += (size_t)snprintf(to + n, PICTURE - n, "'%.*s'",
			    (int)p->text.n, p->text.p);
		else
			n += (size_t)snprintf(
			    to + n, PICTURE - n, "%d", (int)p->field);
		if (p->field == FIELD_SD_PARAM)
			n += (size_t)snprintf(to + n, PICTURE - n,
			    "(%.*s)(%.*s)", (int)p->id.n, p->id.p,
			    (int)p->name.n, p->name.p);
		assert_true(n < PICTURE);
	}
}

static void
text_is_taken_apart(void **state)
{
	static const struct {
		const char *why, *text, *want;
	} rows[] = {
		{ "a field alone", "%{msg}", "12" },
		{ "text around", "a %{hostname}: b", "'a '|6|': b'" },
		{ "a percent sign", "100%% %{msg}%%", "'100% '|12|'%'" },
		{ "a percent sign in front of a brace", "%%{msg}%{msg}",
		    "'%{msg}'|12" },
		{ "two fields", "%{pri}%{pri}", "1|1" },
		{ "an SD-PARAM", "%{sd:origin:ip}.", "11(origin)(ip)|'.'" },
		{ "a colon belongs to the name", "%{sd:a@1:b:c}",
		    "11(a@1)(b:c)" },
		{ "all of STRUCTURED-DATA", "%{sd}", "10" },
		{ "UTF-8 and TAB", "\xc3\xa4\t%{msg}", "'\xc3\xa4\t'|12" },
		{ "slashes are text in a format", "a/b%{msg}/",
		    "'a/b'|12|'/'" },
		{ "braces are text", "{}%{msg}}", "'{}'|12|'}'" },
	};
	char got[PICTURE];
	struct template *t;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s\n", rows[i].why);
		t = template_new(rows[i].text, &err);
		assert_non_null(t);
		draw(t, got);
		assert_string_equal(got, rows[i].want);
		template_free(t);
	}
}

static void
every_field_of_the_manual_exists(void **state)
{
	static const char all[] =
	    "%{pri} %{facility} %{severity} %{version} %{timestamp} "
	    "%{hostname} %{app_name} %{procid} %{msgid} %{sd} %{msg} %{raw} "
	    "%{truncated} %{sd:ID:NAME} %{received} %{from} %{from_port} "
	    "%{listener} %{tls_peer} %{year} %{month} %{day} %{hour} %{pid} "
	    "%{uid} %{gid}";
	struct err err;
	struct template *t = template_new(all, &err);
	unsigned seen = 0;

	(void)state;
	assert_non_null(t);
	assert_int_equal(t->n, 26 + 25);
	for (size_t i = 0; i < t->n; i++)
		seen |= 1U << t->piece[i].field;
	assert_int_equal(seen, (1U << (FIELD_GID + 1)) - 1);
	template_free(t);
}

static void
what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *why, *text, *want;
	} rows[] = {
		{ "unknown field", "%{mesage}", "did you mean %{msg}" },
		{ "another program's name", "%{HOST}",
		    "did you mean %{hostname}" },
		{ "another program's name, misspelt", "%{programm}",
		    "did you mean %{app_name}" },
		{ "unknown field, near", "%{hostnam}", "%{hostname}" },
		{ "unknown field, far", "%{xyzzyxyzzy}", "there is no field" },
		{ "upper case", "%{MSG}", "did you mean %{msg}" },
		{ "blank", "%{ msg }", "there is no field" },
		{ "nothing", "%{}", "there is no field" },
		{ "another program's form", "%msg%", "\"%%\"" },
		{ "percent at the end", "%{msg}%", "\"%%\"" },
		{ "another program's form, too", "${msg}", "no field" },
		{ "no end", "a %{msg", "without its" },
		{ "empty", "", "no field" },
		{ "percent signs only", "%%%%", "no field" },
		{ "a newline", "%{msg}\n", "control" },
		{ "no UTF-8", "\xff%{msg}", "UTF-8" },
		{ "what reorders text", "\xe2\x80\xae%{msg}", "control" },
		{ "SD without a name", "%{sd:origin}", "%{sd:ID:NAME}" },
		{ "SD with an empty name", "%{sd:origin:}", "%{sd:ID:NAME}" },
		{ "SD without an ID", "%{sd::ip}", "%{sd:ID:NAME}" },
		{ "SD-ID too long", "%{sd:123456789012345678901234567890123:a}",
		    "%{sd:ID:NAME}" },
		{ "a sign that no SD-NAME has", "%{sd:a=b:c}",
		    "%{sd:ID:NAME}" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s\n", rows[i].why);
		err.text[0] = '\0';
		assert_null(template_new(rows[i].text, &err));
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s", err.text);
	}
}

/* "%{pri}" n times. */
static char *
repeat(size_t n, const char *what)
{
	size_t len = strlen(what);
	char *text = malloc(n * len + 1);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, what, len);
	text[n * len] = '\0';
	return text;
}

/* F8 */
static void
a_template_is_bounded(void **state)
{
	static const struct {
		size_t n;
		const char *what;
		bool good;
	} rows[] = {
		{ TEMPLATE_PIECES, "%{pri}", true },
		{ TEMPLATE_PIECES + 1, "%{pri}", false },
		{ TEMPLATE_PIECES / 2, "%{pri}a", true },
		{ TEMPLATE_TEXT + 1, "a", false },
		{ TEMPLATE_TEXT / 16, "%{raw}0123456789", false },
	};
	struct template *t;
	struct err err;
	char *text;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		text = repeat(rows[i].n, rows[i].what);
		t = template_new(text, &err);
		assert_int_equal(t != NULL, rows[i].good);
		template_free(t);
		free(text);
	}
}

static void
a_path_has_a_base(void **state)
{
	static const struct {
		const char *why, *text, *base, *want;
	} rows[] = {
		{ "usual", "/var/log/%{hostname}/%{app_name}.log", "/var/log",
		    "'/var/log'|6|'/'|7|'.log'" },
		{ "the component with a field stays whole",
		    "/var/log/h-%{hostname}.log", "/var/log",
		    "'/var/log'|'h-'|6|'.log'" },
		{ "in the root", "/h-%{hostname}", "/", "'/'|'h-'|6" },
		{ "in the root, no text", "/%{hostname}", "/", "'/'|6" },
		{ "in this folder", "%{hostname}", ".", "6" },
		{ "in this folder, with text", "h%{hostname}", ".", "'h'|6" },
		{ "below this folder", "a/%{hostname}", "a", "'a'|6" },
		{ "slashes twice", "//a//%{hostname}", "//a", "'//a'|6" },
		{ "slashes only", "///%{hostname}", "/", "'/'|6" },
		{ "the base may lead anywhere", "../.x/%{hostname}/b", "../.x",
		    "'../.x'|6|'/'|'b'" },
		{ "percent signs", "/100%%/%{hostname}%%", "/100%",
		    "'/100%'|6|'%'" },
		{ "dates", "/l/%{year}-%{month}/%{day}", "/l",
		    "'/l'|20|'-'|21|'/'|22" },
		{ "a slash in an SD-ID is none", "/l/%{sd:a/b:c}", "/l",
		    "'/l'|11(a/b)(c)" },
	};
	char got[PICTURE];
	struct template *t;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s\n", rows[i].why);
		t = template_new_path(rows[i].text, &err);
		if (t == NULL)
			fail_msg("%s", err.text);
		draw(t, got);
		assert_string_equal(got, rows[i].want);
		assert_string_equal(template_base(t).p, rows[i].base);
		assert_int_equal(template_base(t).n, strlen(rows[i].base));
		template_free(t);
	}
}

/* H1 */
static void
a_path_that_cannot_be_safe_is_refused(void **state)
{
	static const struct {
		const char *why, *text, *want;
	} rows[] = {
		{ "no field", "/var/log/a.log", "no field" },
		{ "up", "/l/%{hostname}/../a", "must stay" },
		{ "here", "/l/%{hostname}/./a", "must stay" },
		{ "up at the end", "/l/%{hostname}/..", "must stay" },
		{ "nothing", "/l/%{hostname}//a", "\"//\"" },
		{ "no name", "/l/%{hostname}/", "at the end" },
		{ "hidden", "/l/.%{hostname}", "begins with" },
		{ "hidden below", "/l/%{hostname}/.a", "begins with" },
		{ "a byte no path has", "/l/\n%{hostname}", "control" },
		{ "too many fields for a name",
		    "/l/%{hostname}%{app_name}%{msgid}", "too little" },
		{ "too much text for a name",
		    "/l/%{hostname}-1234567890123456789012345678901234567890"
		    "12345678901234567890",
		    "too little" },
		{ "a name without a field, too long",
		    "/l/%{hostname}/1234567890123456789012345678901234567890"
		    "1234567890123456789012345678901234567890123456789012345"
		    "678901234567890",
		    "too little" },
		{ "too many folders",
		    "%{hostname}/%{hostname}/%{hostname}/%{hostname}/"
		    "%{hostname}/%{hostname}/%{hostname}/%{hostname}/"
		    "%{hostname}/%{hostname}/%{hostname}/a",
		    "fewer folders" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s\n", rows[i].why);
		err.text[0] = '\0';
		assert_null(template_new_path(rows[i].text, &err));
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s", err.text);
	}
}

static void
a_path_longer_than_the_kernel_takes_is_refused(void **state)
{
	char *folders = repeat(
		 100, "123456789012345678901234567890123456789012345678/"),
	     text[TEMPLATE_TEXT];
	struct template *t;
	struct err err;

	(void)state;
	folders[3920] = '\0';
	(void)snprintf(text, sizeof(text), "%s%%{hostname}", folders);
	t = template_new_path(text, &err);
	assert_non_null(t);
	template_free(t);
	folders[3920] = '1';
	folders[3969] = '\0';
	(void)snprintf(text, sizeof(text), "%s%%{hostname}", folders);
	assert_null(template_new_path(text, &err));
	free(folders);
}

static void
fields_are_seen(void **state)
{
	(void)state;
	assert_true(template_has_fields("%{msg}"));
	assert_true(template_has_fields("a%%%{"));
	assert_false(template_has_fields("a%%{msg}"));
	assert_false(template_has_fields("100%"));
	assert_false(template_has_fields("%%"));
	assert_false(template_has_fields(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_taken_apart),
		cmocka_unit_test(every_field_of_the_manual_exists),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(a_template_is_bounded),
		cmocka_unit_test(a_path_has_a_base),
		cmocka_unit_test(a_path_that_cannot_be_safe_is_refused),
		cmocka_unit_test(
		    a_path_longer_than_the_kernel_takes_is_refused),
		cmocka_unit_test(fields_are_seen),
	};

	template_free(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
