/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_peers.c - no certificate has a name that it does not have (G3)
 *
 * The first line of the input is an entry of `peers`, the rest a certificate
 * in DER. What X509_check_host(3) says is compared with the rule of RFC 5425
 * section 5.2, written down plainly; and whatever is in it, words are made of
 * it within bounds.
 */
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tls_parts.h"

static void
require(bool ok)
{
	if (!ok)
		abort();
}

/* A label of any kind, then exactly the rest. */
static bool
is_one_label_of(const char *name, size_t n, const char *rest)
{
	const char *dot = memchr(name, '.', n);
	size_t label = dot != NULL ? (size_t)(dot - name) : n;

	return dot != NULL && label > 0 && n - label == strlen(rest) &&
	    strncasecmp(dot, rest, n - label) == 0;
}

/* Does the name in a certificate fit the name that is listed? */
static bool
fits(const char *listed, const unsigned char *p, size_t n)
{
	const char *name = (const char *)p;

	if (memchr(name, '\0', n) != NULL)
		return false;
	if (listed[0] == '*')
		return is_one_label_of(name, n, listed + 1);
	if (n == strlen(listed) && strncasecmp(name, listed, n) == 0)
		return true;
	if (n < 3 || name[0] != '*' || name[1] != '.')
		return false;
	listed = strchr(listed, '.');
	return listed != NULL && n - 1 == strlen(listed) &&
	    strncasecmp(name + 1, listed, n - 1) == 0;
}

static bool
has_one_that_fits(const X509 *cert, const char *listed)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(
	    cert, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type == GEN_DNS)
			found |= fits(listed,
			    ASN1_STRING_get0_data(g->d.dNSName),
			    (size_t)ASN1_STRING_length(g->d.dNSName));
	}
	GENERAL_NAMES_free(names);
	return found;
}

static void
check_words(const X509 *cert)
{
	char text[64], name[TLS_NAME_MAX + 1];

	for (size_t size = 8; size <= sizeof(text); size *= 2)
		require(tls_add_cert(text, size, 0, cert) < size &&
		    strlen(text) < size);
	require(tls_first_name(cert, name) == strlen(name));
	require(strlen(name) > 0);
}

static void
check(X509 *cert, const char *entry)
{
	struct tls_allowed a;
	struct tls t = { .allowed = &a, .n_allowed = 1 };
	char name[TLS_NAME_MAX + 1];
	struct err err;
	size_t n = 0;

	check_words(cert);
	if (tls_allowed_parse(&a, entry, &err) == 0) {
		t.n_prints = a.kind == ALLOWED_PRINT;
		(void)tls_allowed_print(&t, cert);
		if (tls_allowed_name(&t, cert, name, &n) &&
		    a.kind == ALLOWED_NAME)
			require(has_one_that_fits(cert, a.text));
	}
	tls_allowed_clear(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	const unsigned char *der;
	char *entry;
	X509 *cert;

	if (end == NULL)
		return 0;
	entry = strndup((const char *)data, (size_t)(end - data));
	require(entry != NULL);
	der = end + 1;
	cert = d2i_X509(NULL, &der, (long)(data + size - der));
	if (cert != NULL)
		check(cert, entry);
	X509_free(cert);
	free(entry);
	return 0;
}
