/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cert_show.c - `syncline cert show` and `syncline cert fingerprint`
 */
#include <inttypes.h>
#include <stdio.h>

#include "cert/pem.h"
#include "cert/use.h"
#include "cert/view.h"
#include "tool/cert.h"
#include "tool/tool.h"

enum { NAMES_SHOWN = 100, AGE_TEXT = 32 };

static int
print_fingerprint(
    const struct x509_st *cert, const char *label, struct err *err)
{
	char text[VIEW_FINGERPRINT];

	if (view_fingerprint(cert, label, text, err) != 0)
		return -1;
	(void)printf("%s\n", text);
	return 0;
}

int
cert_fingerprint(const struct cert_options *o)
{
	struct err err;
	struct x509_st *cert = pem_read_cert(o->names[0], &err);
	int status;

	if (cert == NULL)
		return tool_failed(o->command, &err);
	status = print_fingerprint(cert, o->sha1 ? "sha-1" : "sha-256", &err);
	pem_free_cert(cert);
	return status == 0 ? TOOL_OK : tool_failed(o->command, &err);
}

static void
show_names(const struct x509_st *cert)
{
	char text[VIEW_TEXT];
	int n = 0;

	while (n < NAMES_SHOWN && view_name(cert, n, text))
		(void)printf("%-14s%s\n", n++ == 0 ? "names" : "", text);
	if (n == 0)
		(void)printf("%-14s(none)\n", "names");
	if (n == NAMES_SHOWN && view_name(cert, n, text))
		(void)printf("%-14s... and more\n", "");
}

static void
show_validity(const struct x509_st *cert)
{
	int64_t until = view_until_end(cert);
	char text[VIEW_TIME];
	char age[AGE_TEXT];

	view_begin(cert, text);
	(void)printf("%-14s%s", "valid from", text);
	if (view_until_begin(cert) > 0) {
		cert_write_age(view_until_begin(cert), age, sizeof(age));
		(void)printf(" (NOT YET: in %s)", age);
	}
	view_end(cert, text);
	(void)printf("\n%-14s%s", "valid until", text);
	if (until == INT64_MIN) {
		(void)printf("\n");
		return;
	}
	cert_write_age(until > 0 ? until : -until, age, sizeof(age));
	(void)printf(until > 0 ? " (%s left)\n" : " (EXPIRED %s ago)\n", age);
}

static int
show(struct x509_st *cert, struct err *err)
{
	char text[VIEW_TEXT];
	bool strong;

	view_subject(cert, text);
	(void)printf("%-14s%s\n", "subject", text);
	view_issuer(cert, text);
	(void)printf("%-14s%s\n", "issuer", text);
	view_serial(cert, text);
	(void)printf("%-14s%s\n", "serial", text);
	show_names(cert);
	show_validity(cert);
	strong = view_key(cert, text);
	(void)printf("%-14s%s%s\n", "key", text, strong ? "" : " (WEAK)");
	strong = view_signature(cert, text);
	(void)printf(
	    "%-14s%s%s\n", "signed with", text, strong ? "" : " (WEAK)");
	use_text(cert, text);
	(void)printf("%-14s%s\n", "use", text);
	(void)printf("%-14s", "fingerprint");
	if (print_fingerprint(cert, "sha-256", err) != 0)
		return -1;
	(void)printf("%-14s", "");
	return print_fingerprint(cert, "sha-1", err);
}

int
cert_show(const struct cert_options *o)
{
	struct err err;
	struct stack_st_X509 *certs = pem_read_certs(o->names[0], &err);
	int status = TOOL_OK;

	if (certs == NULL)
		return tool_failed(o->command, &err);
	for (int i = 0; status == TOOL_OK && i < pem_count(certs); i++) {
		if (pem_count(certs) > 1)
			(void)printf("%s%d of %d\n", i > 0 ? "\n" : "", i + 1,
			    pem_count(certs));
		if (show(pem_at(certs, i), &err) != 0)
			status = tool_failed(o->command, &err);
	}
	pem_free_certs(certs);
	return status;
}
