/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_config.c - whatever the file holds, it is a configuration or reasons
 *
 * The reasons are whole lines without control characters, one for each
 * problem, each with its place; a configuration without problems has what the
 * collector relies on. A file is loaded twice, and both must agree.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/load.h"
#include "config/yaml.h"
#include "wire/err.h"
#include "wire/escape.h"

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static void
check_tree(const struct node *n, int64_t lines, bool map)
{
	for (; n != NULL; n = n->next) {
		require(n->line >= 1 && n->line <= lines);
		require((n->kind == NODE_TEXT) == (n->text != NULL));
		require(n->kind != NODE_TEXT || n->child == NULL);
		require(map == (n->key != NULL));
		require(!map || (n->key_line >= 1 && n->key_line <= lines));
		check_tree(n->child, lines, n->kind == NODE_MAP);
	}
}

/* True when the file can be loaded without touching others. */
static bool
check_text(struct slice text)
{
	const struct node *e;
	struct yaml_fault f;
	struct node *tree;
	int64_t lines = 2; /* what ends behind the last LF is in the next */
	bool alone = true;

	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	tree = yaml_tree_parse(text, &f);
	if (tree == NULL) {
		require(f.line >= 1 && f.line <= lines);
		require(f.reason[0] != '\0');
		require(strlen(f.value) < sizeof(f.value));
		return true;
	}
	check_tree(tree, lines, false);
	for (e = tree->child; e != NULL; e = e->next)
		alone = alone &&
		    (e->key == NULL || strcmp(e->key, "include") != 0);
	yaml_tree_free(tree);
	return alone;
}

/* Nothing but what an escape itself looks like is left to escape. */
static bool
is_visible(struct slice line)
{
	size_t n;

	for (;;) {
		n = escape_span(line);
		if (n == line.n)
			return true;
		if (line.p[n] != '#')
			return false;
		slice_skip(&line, n + 1);
	}
}

static void
check_said(const char *said, size_t n, size_t problems)
{
	size_t length;

	for (; n > 0; said += length + 1, n -= length + 1, problems--) {
		const char *end = memchr(said, '\n', n);

		require(end != NULL && problems > 0);
		length = (size_t)(end - said);
		require(is_visible(slice_of(said, length)));
		require(strncmp(said, "/proc/self/fd/", 14) == 0);
	}
	require(problems == 0);
}

static void
check_config(const struct config *c)
{
	for (size_t i = 0; i < c->listens; i++) {
		const struct listen_conf *l = &c->listen[i];

		require(l->url != NULL && l->zone != NULL);
		require((l->host != NULL) != (l->path != NULL));
		require(l->rate >= 0 && l->max_connections > 0);
	}
	for (size_t i = 0; i < c->outputs; i++) {
		const struct output_conf *o = &c->output[i];

		require(o->path != NULL && o->path[0] != '\0');
		require(o->name != NULL && o->name[0] != '\0');
		require((o->format == FORMAT_TEMPLATE) == (o->line != NULL));
		require(o->choice.facilities < 1 << 24);
	}
}

/* Returns what was said, the caller's to free. */
static char *
load(const char *path)
{
	struct problems p = { .prefix = "" };
	struct loader *ld;
	struct config *c;
	struct err err;
	char *said = NULL;
	size_t n = 0;

	c = config_new(&err);
	p.to = open_memstream(&said, &n);
	require(c != NULL && p.to != NULL);
	ld = loader_new(c, &p);
	require(ld != NULL);
	loader_read(ld, path);
	require(fclose(p.to) == 0);
	check_said(said, n, p.count);
	check_config(c);
	loader_free(ld);
	config_free(c);
	return said;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], *one, *two;
	int fd;

	if (!check_text(slice_of(data, size)))
		return 0;
	fd = memfd_create("config", MFD_CLOEXEC);
	require(fd != -1 && fchmod(fd, 0600) == 0);
	require(write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	one = load(path);
	two = load(path);
	require(strcmp(one, two) == 0);
	free(one);
	free(two);
	(void)close(fd);
	return 0;
}
