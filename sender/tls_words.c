/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_words.c - certificates and errors of OpenSSL in words for people
 *
 * What comes from a peer is copied as it is but for NUL, which would end the
 * text: whoever logs it escapes it.
 */
#include <arpa/inet.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tls_parts.h"

enum { NAME_SHOWN = 200, SAN_SHOWN = 64, SANS_SHOWN = 5 };

size_t
tls_add(char *text, size_t size, size_t n, const char *fmt, ...)
{
	va_list ap;
	int more;

	va_start(ap, fmt);
	more = vsnprintf(text + n, size - n, fmt, ap);
	va_end(ap);
	if (more < 0) {
		text[n] = '\0';
		return n;
	}
	return (size_t)more < size - n ? n + (size_t)more : size - 1;
}

/* Bytes of a peer, NUL replaced by what stands for it: U+2400. */
static size_t
add_bytes(char *text, size_t size, size_t n, struct slice s, size_t most)
{
	bool cut = s.n > most;

	for (size_t i = 0; i < s.n && i < most && n + 4 < size; i++) {
		if (s.p[i] == '\0')
			n = tls_add(text, size, n, "\xe2\x90\x80");
		else
			text[n++] = s.p[i];
	}
	text[n] = '\0';
	return cut ? tls_add(text, size, n, "…") : n;
}

size_t
tls_add_name(char *text, size_t size, size_t n, const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long len;

	if (bio != NULL &&
	    X509_NAME_print_ex(bio, name, 0,
		(XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB & ~XN_FLAG_SPC_EQ &
		    ~ASN1_STRFLGS_ESC_CTRL & ~ASN1_STRFLGS_ESC_QUOTE)) >= 0 &&
	    (len = BIO_get_mem_data(bio, &p)) > 0)
		n = add_bytes(
		    text, size, n, slice_of(p, (size_t)len), NAME_SHOWN);
	else
		n = tls_add(text, size, n, "somebody without a name");
	BIO_free(bio);
	return n;
}

static size_t
add_address(char *text, size_t size, size_t n, const ASN1_OCTET_STRING *a)
{
	char addr[INET6_ADDRSTRLEN];
	int len = ASN1_STRING_length(a);

	if (inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(a),
		addr, sizeof(addr)) == NULL)
		return n;
	return tls_add(text, size, n, "%s", addr);
}

static bool
is_address(const GENERAL_NAME *g)
{
	return g->type == GEN_IPADD &&
	    (ASN1_STRING_length(g->d.iPAddress) == 4 ||
		ASN1_STRING_length(g->d.iPAddress) == 16);
}

static struct slice
bytes_of(const ASN1_STRING *s)
{
	return slice_of(
	    ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

size_t
tls_add_sans(char *text, size_t size, size_t n, const X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(
	    cert, NID_subject_alt_name, NULL, NULL);
	size_t all = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type != GEN_DNS && !is_address(g))
			continue;
		if (all++ >= SANS_SHOWN)
			continue;
		if (all > 1)
			n = tls_add(text, size, n, ", ");
		if (g->type == GEN_DNS)
			n = add_bytes(
			    text, size, n, bytes_of(g->d.dNSName), SAN_SHOWN);
		else
			n = add_address(text, size, n, g->d.iPAddress);
	}
	GENERAL_NAMES_free(names);
	if (all > SANS_SHOWN)
		n = tls_add(text, size, n, " and %zu more", all - SANS_SHOWN);
	return all > 0 ? n : tls_add(text, size, n, "nobody");
}

void
tls_print_text(const X509 *cert, char to[TLS_PRINT_TEXT])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	size_t n = tls_add(to, TLS_PRINT_TEXT, 0, "sha-256:");

	if (X509_digest(cert, EVP_sha256(), md, &len) != 1)
		len = 0;
	for (unsigned i = 0; i < len && i < TLS_SHA256; i++)
		n = tls_add(
		    to, TLS_PRINT_TEXT, n, "%s%02X", i > 0 ? ":" : "", md[i]);
}

size_t
tls_add_cert(char *text, size_t size, size_t n, const X509 *cert)
{
	char print[TLS_PRINT_TEXT];

	tls_print_text(cert, print);
	n = tls_add(text, size, n, "%s; subject ", print);
	n = tls_add_name(text, size, n, X509_get_subject_name(cert));
	n = tls_add(text, size, n, "; for ");
	return tls_add_sans(text, size, n, cert);
}

size_t
tls_add_time(char *text, size_t size, size_t n, const ASN1_TIME *at)
{
	struct tm tm;
	char shown[32];

	if (at == NULL || ASN1_TIME_to_tm(at, &tm) != 1 ||
	    strftime(shown, sizeof(shown), "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		return tls_add(text, size, n, "a day that cannot be read");
	return tls_add(text, size, n, "%s", shown);
}

size_t
tls_copy_name(char name[TLS_NAME_MAX + 1], const unsigned char *p, size_t n)
{
	return add_bytes(
	    name, TLS_NAME_MAX + 1, 0, slice_of(p, n), TLS_NAME_MAX);
}

static size_t
first_san(const X509 *cert, int type, char name[TLS_NAME_MAX + 1])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(
	    cert, NID_subject_alt_name, NULL, NULL);
	size_t n = 0;

	for (int i = 0; n == 0 && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type != type)
			continue;
		if (type == GEN_DNS)
			n = tls_copy_name(name,
			    ASN1_STRING_get0_data(g->d.dNSName),
			    (size_t)ASN1_STRING_length(g->d.dNSName));
		else if (is_address(g))
			n = add_address(
			    name, TLS_NAME_MAX + 1, 0, g->d.iPAddress);
	}
	GENERAL_NAMES_free(names);
	return n;
}

static size_t
common_name(const X509 *cert, char name[TLS_NAME_MAX + 1])
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	size_t n = 0;
	int len;

	if (at < 0)
		return 0;
	len = ASN1_STRING_to_UTF8(
	    &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	if (len > 0)
		n = tls_copy_name(name, utf8, (size_t)len);
	OPENSSL_free(utf8);
	return n;
}

size_t
tls_first_name(const X509 *cert, char name[TLS_NAME_MAX + 1])
{
	char print[TLS_PRINT_TEXT];
	size_t n = first_san(cert, GEN_DNS, name);

	if (n == 0)
		n = first_san(cert, GEN_IPADD, name);
	if (n == 0)
		n = common_name(cert, name);
	if (n > 0)
		return n;
	tls_print_text(cert, print);
	return tls_copy_name(name, (const unsigned char *)print, strlen(print));
}

/* RFC 8446 section 6: what the peer said to us. */
static const char *
alert_text(int reason)
{
	switch (reason) {
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
		return "it does not trust our certificate (alert: unknown "
		       "CA); give it the authority that signed ours";
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
		return "it says that our certificate is expired; renew ours, "
		       "or look at its clock";
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
		return "it refuses our certificate (alert: bad certificate); "
		       "the name it connects to may not be in ours, or it "
		       "does not know the authority that signed ours";
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
		return "it gave up (alert: handshake failure)";
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
		return "it wants another version of TLS; 1.2 and 1.3 are "
		       "spoken here";
	case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
		return "it says that our signature is wrong (alert: decrypt "
		       "error)";
	default:
		return NULL;
	}
}

static const char *
reason_text(int reason)
{
	switch (reason) {
	case SSL_R_NO_SUITABLE_KEY_SHARE:
	case SSL_R_NO_SUITABLE_GROUPS:
		return "it has none of our groups for the key exchange; it "
		       "needs X25519, X448, P-256, P-384 or P-521";
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_WRONG_SSL_VERSION:
		return "it speaks only versions of TLS older than 1.2, which "
		       "are not safe; update it";
	case SSL_R_NO_RENEGOTIATION:
		return "it wanted to renegotiate, which is not allowed";
	case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
		return "what arrived is damaged: its checksum is wrong";
	case SSL_R_EXCESSIVE_MESSAGE_SIZE:
		return "a part of its handshake is too long; certificates may "
		       "have 100 KiB";
	default:
		return alert_text(reason);
	}
}

size_t
tls_add_reason(char *text, size_t size, size_t n)
{
	unsigned long e = ERR_peek_error();
	const char *words = NULL;
	char buf[200];

	if (ERR_GET_LIB(e) == ERR_LIB_SSL)
		words = reason_text(ERR_GET_REASON(e));
	if (words != NULL)
		return tls_add(text, size, n, "%s", words);
	if (e == 0)
		return tls_add(text, size, n, "the connection broke");
	words = ERR_reason_error_string(e);
	if (words == NULL) {
		ERR_error_string_n(e, buf, sizeof(buf));
		words = buf;
	}
	return tls_add(text, size, n, "TLS failed: %s", words);
}

static bool
begins(struct slice s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p, with, n) == 0;
}

size_t
tls_add_no_tls(char *text, size_t size, size_t n, struct slice sent)
{
	if (begins(sent, "GET ") || begins(sent, "POST ") ||
	    begins(sent, "HEAD ") || begins(sent, "OPTIONS "))
		n = tls_add(text, size, n,
		    "it sent HTTP to a TLS port; this is no web server");
	else if (begins(sent, "PROXY ") || begins(sent, "\r\n\r\n"))
		n = tls_add(text, size, n,
		    "it sent a PROXY header before TLS; add its address to "
		    "`proxy` if it is a proxy of yours");
	else if (begins(sent, "<") ||
	    (sent.n > 0 && sent.p[0] >= '1' && sent.p[0] <= '9'))
		n = tls_add(text, size, n,
		    "it sent plain syslog to a TLS port; let it use TLS, or "
		    "send to a tcp:// listener");
	else
		n = tls_add(text, size, n,
		    "it sent something else than TLS to a TLS port");
	n = tls_add(text, size, n, "; it began with \"");
	n = add_bytes(text, size, n, sent, 60);
	return tls_add(text, size, n, "\"");
}
