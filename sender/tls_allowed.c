/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_allowed.c - who is listed in `peers`: fingerprints, names, addresses
 *
 * Names are compared by X509_check_host(3), with flags that leave of its ways
 * what RFC 5425 section 5.2 wants: `*` is the whole left-most label or no
 * wildcard, a CN counts only when asked for. It goes by lengths, so a NUL in
 * a certificate ends nothing.
 */
#include <arpa/inet.h>

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tls_parts.h"

enum { DNS_NAME_MAX = 253, DNS_LABEL_MAX = 63 };

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC-76: "sha-1:" and pairs of digits with colons between them. */
static int
parse_print(struct tls_allowed *a, const char *hex, size_t n, struct err *err)
{
	a->kind = ALLOWED_PRINT;
	a->print_n = n;
	for (size_t i = 0; i < n; i++) {
		int high = digit_of(hex[0]);
		int low = high == -1 ? -1 : digit_of(hex[1]);

		if (low == -1 || hex[2] != (i + 1 < n ? ':' : '\0'))
			return err_set(err,
			    "must be %s: and %zu pairs of hexadecimal digits "
			    "with colons between them, as in AB:CD",
			    n == TLS_SHA1 ? "sha-1" : "sha-256", n);
		a->print[i] = (unsigned char)(high << 4 | low);
		hex += 3;
	}
	return 0;
}

/* Letters, digits, hyphens, underscores; labels of 1 to 63 bytes. */
static bool
is_dns_name(const char *s)
{
	size_t label = 0, n = strlen(s);

	if (n == 0 || n > DNS_NAME_MAX)
		return false;
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '.' && label == 0)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > DNS_LABEL_MAX ||
		    (c != '.' && c != '-' && c != '_' &&
			!(c < 0x80 && isalnum(c))))
			return false;
	}
	return label > 0;
}

static int
parse_name(struct tls_allowed *a, struct err *err)
{
	bool any = strncmp(a->text, "*.", 2) == 0;

	a->kind = ALLOWED_NAME;
	a->host = any ? a->text + 1 : a->text;
	if (strspn(a->text, "0123456789.") == strlen(a->text))
		return err_set(err, "is no IP address");
	if (is_dns_name(any ? a->text + 2 : a->text))
		return 0;
	for (const char *s = a->text; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return err_set(err,
			    "write a name with other than ASCII letters as "
			    "certificates have it, like xn--bcher-kva.example; "
			    "idn2(1) prints that");
	if (strchr(a->text, '*') != NULL)
		return err_set(err,
		    "* stands for exactly one whole label, the first, as in "
		    "*.example.net");
	return err_set(err,
	    "must be a host name, an IP address, *.DOMAIN, or a fingerprint "
	    "like sha-256:AB:CD:…");
}

int
tls_allowed_parse(struct tls_allowed *a, const char *text, struct err *err)
{
	unsigned char addr[sizeof(struct in6_addr)];

	*a = (struct tls_allowed){ .text = strdup(text) };
	if (a->text == NULL)
		return err_set(err, "out of memory");
	if (strncasecmp(text, "sha-256:", 8) == 0)
		return parse_print(a, text + 8, TLS_SHA256, err);
	if (strncasecmp(text, "sha-1:", 6) == 0)
		return parse_print(a, text + 6, TLS_SHA1, err);
	if (inet_pton(AF_INET, text, addr) == 1 ||
	    inet_pton(AF_INET6, text, addr) == 1) {
		a->kind = ALLOWED_ADDRESS;
		return 0;
	}
	return parse_name(a, err);
}

void
tls_allowed_clear(struct tls_allowed *a)
{
	free(a->text);
	*a = (struct tls_allowed){ .text = NULL };
}

const struct tls_allowed *
tls_allowed_print(const struct tls *t, const X509 *cert)
{
	unsigned char sha256[EVP_MAX_MD_SIZE], sha1[EVP_MAX_MD_SIZE];
	unsigned n256 = 0, n1 = 0;

	if (t->n_prints == 0 ||
	    X509_digest(cert, EVP_sha256(), sha256, &n256) != 1 ||
	    X509_digest(cert, EVP_sha1(), sha1, &n1) != 1 ||
	    n256 != TLS_SHA256 || n1 != TLS_SHA1)
		return NULL;
	for (size_t i = 0; i < t->n_allowed; i++) {
		const struct tls_allowed *a = &t->allowed[i];

		if (a->kind == ALLOWED_PRINT &&
		    memcmp(a->print, a->print_n == TLS_SHA1 ? sha1 : sha256,
			a->print_n) == 0)
			return a;
	}
	return NULL;
}

static bool
has_name(const struct tls *t, X509 *cert, const struct tls_allowed *a,
    char *name, size_t *name_n)
{
	/* a name that begins with a dot is any name below it */
	unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	    X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS |
	    (t->match_cn ? X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT
			 : X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	char *found = NULL;

	if (X509_check_host(cert, a->host, strlen(a->host), flags, &found) != 1)
		return false;
	*name_n = tls_copy_name(name, (const unsigned char *)found,
	    found != NULL ? strlen(found) : 0);
	OPENSSL_free(found);
	return true;
}

bool
tls_allowed_name(const struct tls *t, X509 *cert, char *name, size_t *name_n)
{
	for (size_t i = 0; i < t->n_allowed; i++) {
		const struct tls_allowed *a = &t->allowed[i];

		if (a->kind == ALLOWED_NAME &&
		    has_name(t, cert, a, name, name_n))
			return true;
		if (a->kind == ALLOWED_ADDRESS &&
		    X509_check_ip_asc(cert, a->text, 0) == 1) {
			*name_n = tls_copy_name(name,
			    (const unsigned char *)a->text, strlen(a->text));
			return true;
		}
	}
	return false;
}
