/* SPDX-License-Identifier: BSD-2-Clause */
#include "cert/view.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "wire/escape.h"

enum { RSA_BITS_MIN = 2048, OTHER_SECURITY_BITS_MIN = 112 };

/* Appends s to the text in out, escaped and cut where it does not fit. */
static void
append(char out[VIEW_TEXT], struct slice s)
{
	size_t used = strlen(out);
	size_t room = (VIEW_TEXT - 1 - used) / ESCAPE_TEXT_GROWTH;

	if (s.n > room)
		s.n = escape_whole(slice_of(s.p, room));
	out[used + escape_text(s, out + used)] = '\0';
}

void
view_x509_name(const X509_NAME *name, char out[VIEW_TEXT])
{
	/* UTF-8 as it is: what is not fit to be shown is escaped below */
	unsigned long flags = (XN_FLAG_RFC2253 &
	    ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n = 0;

	out[0] = '\0';
	if (bio != NULL && name != NULL &&
	    X509_NAME_print_ex(bio, name, 0, flags) >= 0)
		n = BIO_get_mem_data(bio, &text);
	if (n > 0)
		append(out, slice_of(text, (size_t)n));
	else
		(void)snprintf(out, VIEW_TEXT, "(empty)");
	BIO_free(bio);
	ERR_clear_error();
}

void
view_subject(const X509 *cert, char out[VIEW_TEXT])
{
	view_x509_name(X509_get_subject_name(cert), out);
}

void
view_issuer(const X509 *cert, char out[VIEW_TEXT])
{
	view_x509_name(X509_get_issuer_name(cert), out);
}

void
view_serial(const X509 *cert, char out[VIEW_TEXT])
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	const unsigned char *p = ASN1_STRING_get0_data(serial);
	int n = ASN1_STRING_length(serial);

	out[0] = '\0';
	for (int i = 0; i < n && 2 * i + 2 < VIEW_TEXT; i++)
		(void)snprintf(
		    out + strlen(out), VIEW_TEXT - strlen(out), "%02X", p[i]);
}

static void
write_address(const ASN1_STRING *s, char out[VIEW_TEXT])
{
	const unsigned char *p = ASN1_STRING_get0_data(s);
	char text[INET6_ADDRSTRLEN] = "";

	if (ASN1_STRING_length(s) == 4)
		(void)inet_ntop(AF_INET, p, text, sizeof(text));
	else if (ASN1_STRING_length(s) == 16)
		(void)inet_ntop(AF_INET6, p, text, sizeof(text));
	else
		(void)snprintf(
		    text, sizeof(text), "(%d octets)", ASN1_STRING_length(s));
	(void)snprintf(out, VIEW_TEXT, "IP:%s", text);
}

static void
write_general(const GENERAL_NAME *name, char out[VIEW_TEXT])
{
	int type;
	void *value = GENERAL_NAME_get0_value(name, &type);
	const char *label = type == GEN_DNS ? "DNS:"
	    : type == GEN_EMAIL             ? "email:"
	    : type == GEN_URI               ? "URI:"
					    : NULL;

	if (type == GEN_IPADD) {
		write_address(value, out);
	} else if (label != NULL) {
		const ASN1_STRING *s = value;

		(void)snprintf(out, VIEW_TEXT, "%s", label);
		append(out,
		    slice_of(ASN1_STRING_get0_data(s),
			(size_t)ASN1_STRING_length(s)));
	} else {
		(void)snprintf(out, VIEW_TEXT, "(a name of kind %d)", type);
	}
}

bool
view_name(const X509 *cert, int i, char out[VIEW_TEXT])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(
	    cert, NID_subject_alt_name, NULL, NULL);
	bool there = i < sk_GENERAL_NAME_num(names);

	if (there)
		write_general(sk_GENERAL_NAME_value(names, i), out);
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	return there;
}

void
view_names(const X509 *cert, char out[VIEW_TEXT])
{
	char name[VIEW_TEXT];
	size_t used = 0;

	(void)snprintf(out, VIEW_TEXT, "(none)");
	for (int i = 0; view_name(cert, i, name); i++) {
		size_t n = strlen(name);

		if (used + n + sizeof(" ...") >= VIEW_TEXT) {
			(void)snprintf(out + used, VIEW_TEXT - used, " ...");
			break;
		}
		used += (size_t)snprintf(out + used, VIEW_TEXT - used, "%s%s",
		    used > 0 ? " " : "", name);
	}
}

static void
write_time(const ASN1_TIME *t, char out[VIEW_TIME])
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1 ||
	    strftime(out, VIEW_TIME, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		(void)snprintf(out, VIEW_TIME, "(no time)");
	ERR_clear_error();
}

void
view_begin(const X509 *cert, char out[VIEW_TIME])
{
	write_time(X509_get0_notBefore(cert), out);
}

void
view_end(const X509 *cert, char out[VIEW_TIME])
{
	write_time(X509_get0_notAfter(cert), out);
}

/* What cannot be read is long past. */
static int64_t
seconds_until(const ASN1_TIME *t)
{
	int days;
	int seconds;

	if (ASN1_TIME_diff(&days, &seconds, NULL, t) != 1) {
		ERR_clear_error();
		return INT64_MIN;
	}
	return (int64_t)days * 86400 + seconds;
}

int64_t
view_until_begin(const X509 *cert)
{
	return seconds_until(X509_get0_notBefore(cert));
}

int64_t
view_until_end(const X509 *cert)
{
	return seconds_until(X509_get0_notAfter(cert));
}

static const char *
curve_of(EVP_PKEY *key, char name[VIEW_TEXT])
{
	size_t n;

	if (EVP_PKEY_get_group_name(key, name, VIEW_TEXT, &n) != 1) {
		ERR_clear_error();
		return "(a curve without name)";
	}
	return strcmp(name, "prime256v1") == 0 ? "P-256"
	    : strcmp(name, "secp384r1") == 0   ? "P-384"
	    : strcmp(name, "secp521r1") == 0   ? "P-521"
					       : name;
}

bool
view_key(const X509 *cert, char out[VIEW_TEXT])
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;
	const char *type = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;
	char name[VIEW_TEXT];

	if (type == NULL) {
		(void)snprintf(out, VIEW_TEXT, "(of no kind known here)");
		return false;
	}
	if (EVP_PKEY_is_a(key, "EC") == 1)
		(void)snprintf(
		    out, VIEW_TEXT, "ECDSA %.100s", curve_of(key, name));
	else
		(void)snprintf(out, VIEW_TEXT, "%s, %d bits", type, bits);
	if (EVP_PKEY_is_a(key, "RSA") == 1)
		return bits >= RSA_BITS_MIN;
	return EVP_PKEY_get_security_bits(key) >= OTHER_SECURITY_BITS_MIN;
}

bool
view_has_usual_curve(const X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	char name[VIEW_TEXT];

	return key == NULL || EVP_PKEY_is_a(key, "EC") != 1 ||
	    strncmp(curve_of(key, name), "P-", 2) == 0;
}

bool
view_signature(const X509 *cert, char out[VIEW_TEXT])
{
	int nid = X509_get_signature_nid(cert);
	int digest = NID_undef;

	(void)snprintf(out, VIEW_TEXT, "%s",
	    nid != NID_undef ? OBJ_nid2ln(nid) : "(of no kind known here)");
	(void)OBJ_find_sigid_algs(nid, &digest, NULL);
	return digest != NID_md5 && digest != NID_sha1 && digest != NID_md4 &&
	    digest != NID_md2 && nid != NID_undef;
}

int
view_fingerprint(const X509 *cert, const char *label,
    char out[VIEW_FINGERPRINT], struct err *err)
{
	const EVP_MD *md = strcmp(label, "sha-1") == 0 ? EVP_sha1()
						       : EVP_sha256();
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	size_t used = strlen(label);

	if (X509_digest(cert, md, digest, &n) != 1)
		return err_set(err, "cannot compute the %s fingerprint", label);
	(void)snprintf(out, VIEW_FINGERPRINT, "%s", label);
	for (unsigned int i = 0; i < n && used + 4 < VIEW_FINGERPRINT; i++)
		used += (size_t)snprintf(
		    out + used, VIEW_FINGERPRINT - used, ":%02X", digest[i]);
	return 0;
}

static bool
is_sha1(const char *text)
{
	return strncasecmp(text, "sha-1:", 6) == 0;
}

int
view_check_fingerprint(const char *text, struct err *err)
{
	bool sha1 = is_sha1(text);
	int pairs = 0;

	if (!sha1 && strncasecmp(text, "sha-256:", 8) != 0)
		return err_set(err,
		    "a fingerprint begins with \"sha-256:\" or \"sha-1:\", as "
		    "`syncline cert fingerprint` prints it");
	for (const char *p = strchr(text, ':'); *p != '\0'; p += 3, pairs++)
		if (p[0] != ':' || !isxdigit((unsigned char)p[1]) ||
		    !isxdigit((unsigned char)p[2]))
			return err_set(err,
			    "a fingerprint is pairs of hexadecimal digits with "
			    "colons between");
	if (pairs != (sha1 ? 20 : 32))
		return err_set(err,
		    "a %s fingerprint has %d pairs of digits, not %d",
		    sha1 ? "sha-1" : "sha-256", sha1 ? 20 : 32, pairs);
	return 0;
}

bool
view_is_fingerprint(const X509 *cert, const char *text)
{
	char ours[VIEW_FINGERPRINT];
	struct err ignored;

	return view_fingerprint(cert, is_sha1(text) ? "sha-1" : "sha-256", ours,
		   &ignored) == 0 &&
	    strcasecmp(text, ours) == 0;
}
