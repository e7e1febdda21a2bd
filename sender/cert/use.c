/* SPDX-License-Identifier: BSD-2-Clause */
#include "cert/use.h"

#include <stdint.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

static bool
check(X509 *cert, int purpose)
{
	bool good = X509_check_purpose(cert, purpose, 0) == 1;

	ERR_clear_error();
	return good;
}

bool
use_is_authority(X509 *cert, long *path_length)
{
	/* 1: by basicConstraints; other answers are for what predates them */
	bool is = X509_check_ca(cert) == 1;

	*path_length = X509_get_pathlen(cert);
	ERR_clear_error();
	return is;
}

bool
use_is_server(X509 *cert)
{
	return check(cert, X509_PURPOSE_SSL_SERVER);
}

bool
use_is_client(X509 *cert)
{
	return check(cert, X509_PURPOSE_SSL_CLIENT);
}

void
use_text(X509 *cert, char out[VIEW_TEXT])
{
	bool server = use_is_server(cert);
	bool client = use_is_client(cert);
	bool any = X509_get_extended_key_usage(cert) == UINT32_MAX;
	long below;

	if (use_is_authority(cert, &below)) {
		if (below == 0)
			(void)snprintf(out, VIEW_TEXT,
			    "authority, without other authorities below it");
		else if (below > 0)
			(void)snprintf(out, VIEW_TEXT,
			    "authority, %ld levels of others below it", below);
		else
			(void)snprintf(out, VIEW_TEXT,
			    "authority, others below it without limit");
		return;
	}
	(void)snprintf(out, VIEW_TEXT, "%s%s",
	    server && client ? "server and client"
		: server     ? "server (collector) only"
		: client     ? "client (sender) only"
			     : "neither server nor client of TLS",
	    any && server ? ", it does not say for what" : "");
}
