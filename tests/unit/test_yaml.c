/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_yaml.c - as much of YAML as a configuration needs, and why it is not
 */
#include "config/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { SHOWN = 4096 };

static void show_all(const struct node *n, char *to, size_t *at);

/* Appends a node as "LINE:KEY=TEXT", "LINE:KEY[...]" or "LINE:KEY{...}". */
static void
show(const struct node *n, char *to, size_t *at)
{
	static const char *const brackets[] = { "", "[]", "{}" };
	const char *b = brackets[n->kind];

	*at += (size_t)snprintf(to + *at, SHOWN - *at, "%d:%s", (int)n->line,
	    n->key != NULL ? n->key : "");
	if (n->kind == NODE_TEXT) {
		*at += (size_t)snprintf(
		    to + *at, SHOWN - *at, "%s%s", n->bare ? "" : "=", n->text);
		return;
	}
	*at += (size_t)snprintf(to + *at, SHOWN - *at, "%c", b[0]);
	show_all(n->child, to, at);
	*at += (size_t)snprintf(to + *at, SHOWN - *at, "%c", b[1]);
}

static void
show_all(const struct node *n, char *to, size_t *at)
{
	for (; n != NULL; n = n->next) {
		show(n, to, at);
		if (n->next != NULL)
			to[(*at)++] = ' ';
	}
}

static void
texts_of_every_notation_become_a_tree(void **state)
{
	static const struct {
		const char *text, *tree;
	} rows[] = {
		{ "", "1:{}" },
		{ "# nothing\n", "1:{}" },
		{ "---\n", "1:{}" },
		{ "a: 1", "1:{1:a=1}" },
		{ "\xef\xbb\xbf"
		  "a: 1",
		    "1:{1:a=1}" },
		{ "%YAML 1.1\n---\na: 1\n...\n", "3:{3:a=1}" },
		{ "a: 1\r\nb: 2\r\n", "1:{1:a=1 2:b=2}" },
		/* no guesses: yes, 012, 1e3, ~ and null are texts */
		{ "a: yes\nb: 012\nc: 1e3\nd: ~\ne: null",
		    "1:{1:a=yes 2:b=012 3:c=1e3 4:d=~ 5:e=null}" },
		{ "a:\nb: ''\nc: \"\"\nd: # x", "1:{1:a 2:b= 3:c= 4:d}" },
		{ "a: 'it''s \\d'\nb: \"\\u00e9\\t\"",
		    "1:{1:a=it's \\d 2:b=\xc3\xa9\t}" },
		{ "a: [ b, 'c', \"d\" ]", "1:{1:a[1:=b 1:=c 1:=d]}" },
		{ "a:\n  - b\n  - c", "1:{2:a[2:=b 3:=c]}" },
		{ "a:\n- b\n- c", "1:{2:a[2:=b 3:=c]}" },
		{ "a: []\nb: {}", "1:{1:a[] 2:b{}}" },
		{ "a: [ { b: c, d: e } ]", "1:{1:a[1:{1:b=c 1:d=e}]}" },
		{ "{ \"a\": { \"b\": [ 1, 2 ] } }",
		    "1:{1:a{1:b[1:=1 1:=2]}}" }, /* JSON */
		{ "a:\n  - b: c\n    d: e\n  - f: g",
		    "1:{2:a[2:{2:b=c 3:d=e} 4:{4:f=g}]}" },
		{ "a: |\n  b\n  c\n", "1:{1:a=b\nc\n}" },
		{ "a: >-\n  b\n  c\n", "1:{1:a=b c}" },
		{ "a: 'b\n  c'", "1:{1:a=b c}" },
		/* plain texts that need no quotes */
		{ "a: udp://*:514\nb: tcp://[::1]:514?x=y#z",
		    "1:{1:a=udp://*:514 2:b=tcp://[::1]:514?x=y#z}" },
		{ "a: /v/%{hostname}/x.log", "1:{1:a=/v/%{hostname}/x.log}" },
		{ "a: [ fd00::/8, nginx*, -x ]",
		    "1:{1:a[1:=fd00::/8 1:=nginx* 1:=-x]}" },
		{ "a: --\nb: -x", "1:{1:a=-- 2:b=-x}" },
		/* the same key twice is for others to refuse */
		{ "a: 1\na: 2", "1:{1:a=1 2:a=2}" },
		{ "? a\n: b", "1:{2:a=b}" },
		{ "- a", "1:[1:=a]" },
		{ "a", "1:=a" },
	};
	char shown[SHOWN];
	struct yaml_fault f;
	struct node *n;
	size_t at;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		n = yaml_tree_parse(slice_str(rows[i].text), &f);
		if (n == NULL)
			fail_msg("%s: %s", rows[i].text, f.reason);
		at = 0;
		shown[0] = '\0';
		show(n, shown, &at);
		assert_string_equal(shown, rows[i].tree);
		yaml_tree_free(n);
	}
}

static const struct {
	const char *text;
	int line;
	const char *trail, *value, *reason; /* the reason holds these words */
} wrong[] = {
	{ "url: *:514", 1, "url", "*:514", "quotes, because it begins with *" },
	{ "a: *b # c", 1, "a", "*b", "begins with *" },
	{ "a: [ x, *.y, z ]", 1, "a[1]", "*.y", "begins with *" },
	{ "a: !b", 1, "a", "!b", "begins with !" },
	{ "a: [ !b, !c ]", 1, "a[0]", "!b", "begins with !" },
	{ "a: !!str b", 1, "a", "!!str b", "begins with !" },
	{ "a: &b c", 1, "a", "&b c", "begins with &" },
	{ "a: %{b} %{c}", 1, "a", "%{b} %{c}", "begins with %" },
	{ "a: [ %{b} ]", 1, "a[0]", "%{b}", "begins with %" },
	{ "a: @b", 1, "a", "@b", "begins with @" },
	{ "a: `b`", 1, "a", "`b`", "begins with `" },
	{ "a:\n  - b: *c", 2, "a[0].b", "*c", "begins with *" },
	{ "a: !x\n- b", 1, "a", "!x", "begins with !" },
	{ "a: [ ::1 ]", 1, "a[0]", "[ ::1 ]", "begins with :" },
	{ "a: [::1]:514", 1, "a[0]", "[::1]:514", "begins with :" },
	{ "a: [ t://[::1]:5 ]", 1, "a[0]", "[ t://[::1]:5 ]",
	    "inside [ ] a text that holds [ ] { }" },
	{ "a: [ b: c ]", 1, "a[0]", "[ b: c ]", "\": \"" },
	{ "a: [ b %{c} ]", 1, "a[1]", "[ b %{c} ]", "that holds [ ] { }" },
	{ "a: [ b, , c ]", 1, "a[1]", "[ b, , c ]", "missing in front" },
	{ "a: [ b", 1, "a[1]", "[ b", "never closed" },
	{ "a: [ b\nc: d", 1, "a[1]", "[ b", "never closed" },
	{ "a: { b", 1, "a", "{ b", "never closed" },
	{ "a: [", 1, "a[0]", "[", "never closed" },
	{ "a:\n  - b: [ c,\n\n# d\n", 2, "a[0].b[1]", "[ c,", "never closed" },
	{ "a: {\n", 1, "a", "{", "never closed" },
	{ "{", 1, "", "{", "never closed" },
	{ "a: ]", 1, "a", "]", "must be in quotes" },
	{ "a: \"b", 1, "a", "\"b", "the quote is opened here" },
	{ "a: 'b\nc: d", 1, "a", "'b", "the quote is opened here" },
	{ "a: \"b\" c", 1, "", "a: \"b\" c", "follow the closing quote" },
	{ "a: 'it's'", 1, "", "a: 'it's'", "'' is one" },
	{ "a: [b] c", 1, "", "a: [b] c", "follow the closing bracket" },
	{ "a: \"\\d\"", 1, "a", "\"\\d\"", "unknown escape" },
	{ "a: \"b\\0c\"", 1, "a", "\"b\\0c\"", "NUL" },
	{ "a: b: c", 1, "", "a: b: c", "holds \": \"" },
	{ "a: >b", 1, "a", ">b", "begins with | or >" },
	{ "a: - b", 1, "a", "- b", "a line of its own" },
	{ "a: ? b", 1, "a", "? b", "\"? \"" },
	{ "a: b\n  c: d", 2, "", "c: d", "indented wrongly" },
	{ "a b\nc: d", 2, "", "c: d", "without its colon" },
	{ "a: b\n  c", 1, "a", "b", "goes on in the next line" },
	{ "a:\n - b\n  - c", 2, "a[0]", "- b", "goes on in the next line" },
	{ "a:\n  b: c\n d: e", 3, "", "d: e", "indented wrongly" },
	{ "a:\n\tb: c", 2, "a", "b: c", "tab" },
	{ "<<: *a", 1, "", "<<: *a", "not merged" },
	{ ": a", 1, "", ": a", "the key is missing" },
	{ "? [ a ]\n: b", 1, "", "? [ a ]", "a key must be text" },
	{ "*a : b", 1, "", "*a : b", "cannot begin with *" },
	{ "&a b: c", 1, "", "&a b: c", "cannot begin with ! or &" },
	{ "a: b\n---\nc: d", 2, "", "---", "second document" },
	{ "%a\n---\nb: c", 1, "", "%a", "%" },
	{ "a: b\nc: \xff", 2, "", "", "0xff of the line is no UTF-8" },
	{ "a: \xe2\x80\xae", 1, "", "", "does not show" },
	{ "a: \xc2\x85", 1, "", "", "does not show" },
	{ "a: \xe2\x80", 1, "", "", "is no UTF-8" },
	{ "a: \x1b[2J", 1, "", "", "0x1b of the line is a control" },
	{ "a: b\rc: d", 1, "", "", "0x0d of the line is a control" },
	{ "[[[[[[[[[[[[[[[[[", 1,
	    "[0][0][0][0][0][0][0][0][0][0][0][0][0][0]"
	    "[0][0]",
	    "[[[[[[[[[[[[[[[[[", "inside each other" },
};

static void
what_is_wrong_is_said_with_its_place(void **state)
{
	struct yaml_fault f;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		if (yaml_tree_parse(slice_str(wrong[i].text), &f) != NULL)
			fail_msg("\"%s\" was taken", wrong[i].text);
		if (strstr(f.reason, wrong[i].reason) == NULL)
			fail_msg("\"%s\": %s", wrong[i].text, f.reason);
		assert_string_equal(f.value, wrong[i].value);
		assert_string_equal(f.trail.text, wrong[i].trail);
		assert_int_equal(f.line, wrong[i].line);
	}
}

static void
a_nul_is_refused_where_it_stands(void **state)
{
	static const char text[] = "a: b\nc: d\0e\n";
	struct yaml_fault f;

	(void)state;
	assert_null(yaml_tree_parse(slice_of(text, sizeof(text) - 1), &f));
	assert_int_equal(f.line, 2);
	assert_non_null(strstr(f.reason, "byte 0x00 of the line is a NUL"));
}

/* The parsed text of n lines, each of which is line. */
static struct node *
parse_lines(const char *line, size_t n, struct yaml_fault *f)
{
	size_t length = strlen(line);
	char *text = malloc(n * length);
	struct node *tree;

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		(void)memcpy(text + i * length, line, length);
	tree = yaml_tree_parse(slice_of(text, n * length), f);
	free(text);
	return tree;
}

static void
there_are_bounds(void **state)
{
	struct yaml_fault f;
	struct node *tree;

	(void)state;
	tree = parse_lines("- a\n", YAML_NODES_MAX - 1, &f);
	assert_non_null(tree);
	yaml_tree_free(tree);
	assert_null(parse_lines("- a\n", YAML_NODES_MAX, &f));
	assert_int_equal(f.line, YAML_NODES_MAX);
	assert_non_null(strstr(f.reason, "more than 100,000"));

	tree = parse_lines("a: b\n", YAML_KEYS_MAX, &f);
	assert_non_null(tree);
	yaml_tree_free(tree);
	assert_null(parse_lines("a: b\n", YAML_KEYS_MAX + 1, &f));
	assert_int_equal(f.line, YAML_KEYS_MAX + 1);
	assert_non_null(strstr(f.reason, "more than 1,000 keys"));
}

static void
a_long_way_is_cut(void **state)
{
	struct trail t = { .n = 0 };
	char name[TRAIL_TEXT];
	size_t at, before;

	(void)state;
	(void)memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(trail_name(&t, name), 0);
	assert_int_equal(strlen(t.text), TRAIL_NAME);
	for (size_t i = 0; i < 100; i++)
		(void)trail_index(&t, i);
	assert_int_equal(t.n, TRAIL_TEXT - 1);
	before = t.n;
	at = trail_name(&t, "y");
	assert_int_equal(at, before);
	trail_back(&t, 0);
	assert_string_equal(t.text, "");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_of_every_notation_become_a_tree),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
		cmocka_unit_test(a_nul_is_refused_where_it_stands),
		cmocka_unit_test(there_are_bounds),
		cmocka_unit_test(a_long_way_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
