/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/cert_print.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cert/view.h"

_Static_assert((int)CERT_PATH >= PATH_MAX, "realpath(3) writes that much");

static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789/._-+@,";

void
cert_print_made(const char *file, struct x509_st *cert)
{
	char names[VIEW_TEXT];
	char end[VIEW_TIME];

	view_names(cert, names);
	if (strcmp(names, "(none)") == 0)
		view_subject(cert, names);
	view_end(cert, end);
	(void)printf("  %-14s %s, valid until %.10s\n", file, names, end);
}

void
cert_print_key(const char *file)
{
	(void)printf("  %-14s its key; keep it secret\n", file);
}

int
cert_print_fingerprint(const struct x509_st *cert, struct err *err)
{
	char text[VIEW_FINGERPRINT];

	if (view_fingerprint(cert, "sha-256", text, err) != 0)
		return -1;
	(void)printf("%s\n", text);
	return 0;
}

void
cert_print_yaml(const char *key, const char *dir, const char *file)
{
	bool bare = dir[strspn(dir, plain)] == '\0';

	if (bare) {
		(void)printf("    %s: %s/%s\n", key, dir, file);
		return;
	}
	/* between single quotes only these mean something else */
	(void)printf("    %s: '", key);
	for (; *dir != '\0'; dir++)
		(void)fputs(
		    *dir == '\'' ? "''" : (char[]){ *dir, '\0' }, stdout);
	(void)printf("/%s'\n", file);
}

void
cert_print_word(const char *word)
{
	if (word[strspn(word, plain)] == '\0') {
		(void)fputs(word, stdout);
		return;
	}
	(void)putchar('\'');
	for (; *word != '\0'; word++)
		if (*word == '\'')
			(void)fputs("'\\''", stdout);
		else
			(void)putchar(*word);
	(void)putchar('\'');
}

void
cert_print_place(const char *dir, char out[CERT_PATH])
{
	if (realpath(dir, out) == NULL)
		(void)snprintf(out, CERT_PATH, "%s", dir);
}
