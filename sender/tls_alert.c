/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_alert.c - see tls_alert.h
 */
#include "tls_alert.h"

#include <stddef.h>

#include <openssl/ssl.h>
#include <openssl/tls1.h>

static const struct {
	int alert;
	const char *why;
	const char *cure;
} words[] = {
	{ SSL_AD_HANDSHAKE_FAILURE,
	    "the server finds nothing that both sides can do",
	    "it wants older or other ciphers, or a certificate; its log says "
	    "which" },
	{ SSL_AD_BAD_CERTIFICATE, "the server does not like our certificate",
	    "is its name, or its fingerprint, in `peers` of the collector? Its log says why; `syncline cert check` looks at ours" },
	{ SSL_AD_UNSUPPORTED_CERTIFICATE,
	    "the server cannot use a certificate of this kind",
	    "make one for a sender, syncline cert issue" },
	{ SSL_AD_CERTIFICATE_REVOKED, "our certificate was revoked",
	    "make a new one, syncline cert issue" },
	{ SSL_AD_CERTIFICATE_EXPIRED,
	    "the server says that our certificate "
	    "has expired",
	    "syncline cert renew, or set the server's clock" },
	{ SSL_AD_CERTIFICATE_UNKNOWN,
	    "the server does not accept our certificate",
	    "its log says why; is it listed in `peers`?" },
	{ SSL_AD_UNKNOWN_CA,
	    "the server does not know who signed our certificate",
	    "have it signed by an authority in the server's `ca`, or list its "
	    "fingerprint in `peers`" },
	{ SSL_AD_ACCESS_DENIED,
	    "the server knows our certificate and does not let it in",
	    "add its name or fingerprint to `peers` of the collector" },
	{ SSL_AD_DECRYPT_ERROR, "a signature was wrong",
	    "is the key really that of the certificate? syncline cert check" },
	{ SSL_AD_PROTOCOL_VERSION, "the server speaks neither TLS 1.2 nor 1.3",
	    "let it; older versions are not safe" },
	{ SSL_AD_INSUFFICIENT_SECURITY, "the server wants stronger ciphers",
	    "its log says which" },
	{ SSL_AD_INTERNAL_ERROR, "the server has a trouble of its own",
	    "its log says which" },
	{ SSL_AD_UNRECOGNIZED_NAME,
	    "the server does not know the name that "
	    "we asked for",
	    "give the right one" },
	{ TLS13_AD_CERTIFICATE_REQUIRED,
	    "the server wants a certificate, and we have none",
	    "give one and its key; `syncline cert issue` makes them" },
};

void
tls_alert_words(int alert, struct err *why, struct err *cure)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].alert != alert)
			continue;
		(void)err_set(why, "%s (alert %d)", words[i].why, alert);
		(void)err_set(cure, "%s", words[i].cure);
		return;
	}
	(void)err_set(why, "the server refused (alert %d, %s)", alert,
	    SSL_alert_desc_string_long(alert));
	(void)err_set(cure, "its log says why");
}
