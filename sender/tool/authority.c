/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/authority.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>

#include "cert/pem.h"
#include "cert/use.h"
#include "tool/cert.h"

enum { NAME_TEXT = 65 }; /* a common name has at most 64 characters */

int
authority_make(struct authority *a, bool rsa, const char *host, struct err *err)
{
	char name[NAME_TEXT];
	unsigned char mark[3];
	struct make_want want = {
		.use = MAKE_AUTHORITY, .days = CERT_CA_DAYS, .authority = name
	};

	*a = (struct authority){ .cert = NULL };
	/* two of one machine can be told apart, also in an error message */
	if (getrandom(mark, sizeof(mark), 0) != (ssize_t)sizeof(mark))
		return err_sys(err, "no random numbers");
	(void)snprintf(name, sizeof(name), "Syncline CA %02x%02x%02x %.40s",
	    mark[0], mark[1], mark[2], host);
	a->key = make_key(rsa, err);
	if (a->key == NULL)
		return -1;
	a->cert = make_cert(&want, a->key, NULL, NULL, err);
	return a->cert != NULL ? 0 : -1;
}

static int
judge(const struct authority *a, const char *dir, struct err *err)
{
	long below;

	if (!make_fits(a->cert, a->key))
		return err_set(err,
		    "%s: ca.key is not the key of ca.pem; put "
		    "the right one there",
		    dir);
	if (!use_is_authority(a->cert, &below))
		return err_set(err,
		    "%s/ca.pem may not sign other "
		    "certificates; `syncline cert init` makes one that may",
		    dir);
	return 0;
}

int
authority_read_old(struct authority *a, const char *dir, struct err *err)
{
	char path[CERT_PATH];

	*a = (struct authority){ .cert = NULL };
	if (cert_path(path, dir, "ca.pem", err) != 0)
		return -1;
	a->cert = pem_read_cert(path, err);
	if (a->cert == NULL || cert_path(path, dir, "ca.key", err) != 0)
		return -1;
	a->key = pem_read_key(path, err);
	return a->key != NULL ? judge(a, dir, err) : -1;
}

int
authority_read(struct authority *a, const char *dir, struct err *err)
{
	char end[VIEW_TIME];

	if (authority_read_old(a, dir, err) != 0)
		return -1;
	view_end(a->cert, end);
	if (view_until_end(a->cert) <= 0)
		return err_set(err,
		    "%s/ca.pem: the authority has expired on %s; `syncline "
		    "cert renew --authority` makes it valid again",
		    dir, end);
	return 0;
}

void
authority_clear(struct authority *a)
{
	pem_free_cert(a->cert);
	pem_free_key(a->key);
	*a = (struct authority){ .cert = NULL };
}
