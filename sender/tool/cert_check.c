/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cert_check.c - `syncline cert check`: each problem with its cure
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cert/judge.h"
#include "cert/make.h"
#include "cert/pem.h"
#include "cert/use.h"
#include "cert/view.h"
#include "tool/cert.h"
#include "tool/tool.h"

struct check {
	const struct cert_options *o;
	const char *file;
	struct stack_st_X509 *certs; /* owned */
	struct x509_st *cert;        /* the first of them */
	bool authority;
	bool expired;
	int problems;
};

static void __attribute__((format(printf, 1, 2))) good(const char *fmt, ...)
{
	va_list ap;

	(void)printf("ok       ");
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
}

static void __attribute__((format(printf, 3, 4)))
bad(struct check *c, const char *cure, const char *fmt, ...)
{
	va_list ap;

	(void)printf("PROBLEM  ");
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)printf("\n         cure: %s\n", cure);
	c->problems++;
}

/* It was read all the same, as one may want to look at it. */
static void
check_form(struct check *c)
{
	if (!pem_is_der(c->file))
		return;
	bad(c, "openssl x509 -inform DER -in FILE -out NEWFILE",
	    "it is in DER, and the collector and senders need PEM");
}

static void
check_dates(struct check *c)
{
	int64_t left = view_until_end(c->cert);
	char age[32];
	char when[VIEW_TIME];

	cert_write_age(left > 0 ? left : -left, age, sizeof(age));
	view_end(c->cert, when);
	c->expired = left <= 0;
	if (c->expired) {
		bad(c,
		    c->authority ? "syncline cert renew --authority"
				 : "syncline cert renew",
		    "it has expired on %s", when);
	} else if (view_until_begin(c->cert) > 0) {
		c->expired = true;
		view_begin(c->cert, when);
		bad(c,
		    "set the clock of the machine that made it, or of this "
		    "one: one of them is wrong",
		    "it is not valid before %s", when);
	} else {
		good("valid until %s, %s from now%s", when, age,
		    left < CERT_WARN_SECONDS ? "; it is time to renew it" : "");
	}
}

static void
check_names(struct check *c)
{
	char names[VIEW_TEXT];
	struct hostname want;
	struct err err;

	if (c->authority && c->o->name == NULL)
		return;
	view_names(c->cert, names);
	if (strcmp(names, "(none)") == 0)
		bad(c,
		    "have one made with subjectAltName, as `syncline cert "
		    "issue` does",
		    "it has no names (subjectAltName), so nobody can know its "
		    "host by it; the CN does not count");
	else if (c->o->name == NULL)
		good("names: %s", names);
	else if (hostname_read(&want, c->o->name, &err) == 0 &&
	    judge_is_for(c->cert, &want))
		good("it is for %s", want.text);
	else
		bad(c, "make one with this name, or use one of its own names",
		    "it is not for %s; its names: %s", c->o->name, names);
}

static void
check_strength(struct check *c)
{
	char text[VIEW_TEXT];

	if (view_key(c->cert, text) && view_has_usual_curve(c->cert))
		good("key: %s", text);
	else if (view_key(c->cert, text))
		bad(c, "make a new key: ECDSA P-256",
		    "its key is on a curve that TLS 1.3 does not have: %s",
		    text);
	else
		bad(c,
		    "make a new key: ECDSA P-256, or RSA with 2048 bits or "
		    "more",
		    "its key is weak: %s", text);
	if (!view_signature(c->cert, text))
		bad(c, "have it signed with SHA-256",
		    "it is signed with %s, "
		    "which is not safe",
		    text);
}

static void
check_use(struct check *c)
{
	char text[VIEW_TEXT];

	use_text(c->cert, text);
	if (c->o->server && !use_is_server(c->cert))
		bad(c,
		    "make one for a collector (syncline cert issue "
		    "--server)",
		    "a collector cannot use it: %s", text);
	else if (c->o->client && !use_is_client(c->cert))
		bad(c, "make one for a sender (syncline cert issue)",
		    "a sender cannot use it: %s", text);
	else if (!c->authority && !use_is_server(c->cert) &&
	    !use_is_client(c->cert))
		bad(c,
		    "make one with serverAuth or clientAuth in its "
		    "extended key usage",
		    "it may be used by neither a "
		    "collector nor a sender");
	else
		good("use: %s", text);
}

/* Where the key is: --key, else the name with .key in place of its end. */
static const char *
key_of(const struct check *c, char path[CERT_PATH])
{
	const char *slash = strrchr(c->file, '/');
	const char *dot = strrchr(c->file, '.');
	size_t n = strlen(c->file);
	struct stat st;

	if (c->o->key != NULL)
		return c->o->key;
	if (dot != NULL && dot != c->file && (slash == NULL || dot > slash + 1))
		n = (size_t)(dot - c->file);
	if (n + sizeof(".key") > CERT_PATH)
		return NULL;
	(void)snprintf(path, CERT_PATH, "%.*s.key", (int)n, c->file);
	return stat(path, &st) == 0 ? path : NULL;
}

/* The key may be that of another certificate of the file. */
static void
check_fit(struct check *c, const char *path, struct evp_pkey_st *key)
{
	if (make_fits(c->cert, key)) {
		good("%s is its key", path);
		return;
	}
	for (int i = 1; i < pem_count(c->certs); i++)
		if (make_fits(pem_at(c->certs, i), key)) {
			bad(c,
			    "put the certificate of the key first, then "
			    "what signed it",
			    "%s is the key of certificate %d of the file, not "
			    "of the first",
			    path, i + 1);
			return;
		}
	bad(c, "find the key that was made with it, or make both anew",
	    "%s is not its key", path);
}

static void
check_key(struct check *c)
{
	char buffer[CERT_PATH];
	const char *path = key_of(c, buffer);
	struct evp_pkey_st *key;
	struct stat st;
	struct err err;

	if (path == NULL) {
		good("no key beside it to look at (--key FILE)");
		return;
	}
	key = pem_read_key(path, &err);
	if (key == NULL) {
		bad(c,
		    "the collector and senders need it in this form; give "
		    "another with --key",
		    "%s", err.text);
		return;
	}
	check_fit(c, path, key);
	pem_free_key(key);
	if (stat(path, &st) == 0 && (st.st_mode & S_IRWXO) != 0) {
		bad(c,
		    "chmod 600 that file; if others were here, make a new "
		    "key",
		    "everybody on this machine may read %s (mode "
		    "%04o)",
		    path, (unsigned int)(st.st_mode & 07777));
	}
}

/* Whom the other side trusts: --ca, else ca.pem in the same folder. */
static const char *
ca_of(const struct check *c, char path[CERT_PATH])
{
	const char *slash = strrchr(c->file, '/');
	size_t n = slash != NULL ? (size_t)(slash - c->file) + 1 : 0;
	struct stat st;

	if (c->o->ca != NULL)
		return c->o->ca;
	if (n + sizeof("ca.pem") > CERT_PATH)
		return NULL;
	(void)snprintf(path, CERT_PATH, "%.*sca.pem", (int)n, c->file);
	return stat(path, &st) == 0 ? path : NULL;
}

static void
check_chain(struct check *c)
{
	char buffer[CERT_PATH];
	const char *path = ca_of(c, buffer);
	struct stack_st_X509 *cas;
	struct err why;
	struct err cure;
	int status;

	if (path == NULL) {
		good(judge_is_self_signed(c->cert)
			? "it signs itself: others know it by its "
			  "fingerprint alone"
			: "no ca.pem beside it to look for its authority "
			  "(--ca FILE)");
		return;
	}
	cas = pem_read_certs(path, &why);
	if (cas == NULL) {
		bad(c, "give another with --ca", "%s", why.text);
		return;
	}
	/* that it has expired was said already, and what it is good for */
	status = c->expired
	    ? judge_chain_undated(c->certs, cas, path, JUDGE_ANY, &why, &cure)
	    : judge_chain(c->certs, cas, path, JUDGE_ANY, &why, &cure);
	pem_free_certs(cas);
	if (status == 0)
		good("%s knows who signed it", path);
	else
		bad(c, cure.text, "%s", why.text);
}

int
cert_check(const struct cert_options *o)
{
	struct check c = { .o = o, .file = o->names[0] };
	struct hostname name;
	struct err err;
	long below;

	if (o->name != NULL && hostname_read(&name, o->name, &err) != 0)
		return tool_usage(o->command, "--name %s", err.text);
	c.certs = pem_read_certs(c.file, &err);
	if (c.certs == NULL)
		return tool_failed(o->command, &err);
	c.cert = pem_at(c.certs, 0);
	c.authority = use_is_authority(c.cert, &below);
	check_form(&c);
	check_dates(&c);
	check_names(&c);
	check_strength(&c);
	check_use(&c);
	check_key(&c);
	check_chain(&c);
	pem_free_certs(c.certs);
	if (c.problems > 0)
		(void)printf("%s: %d problem%s\n", c.file, c.problems,
		    c.problems == 1 ? "" : "s");
	return c.problems == 0 ? TOOL_OK : TOOL_FAILED;
}
