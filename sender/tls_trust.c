/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_trust.c - see tls_trust.h
 */
#include "tls_trust.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tls_gate.h"
#include "tls_parts.h"

enum { TEXTS = TLS_FILES + TLS_TRUST_PRINTS + 1 };

struct tls_trust {
	struct tls *tls;      /* owned */
	uint64_t refused;     /* files as they were when they were no good */
	struct tls_wish wish; /* its texts are owned: */
	char *texts[TEXTS];
	size_t n_texts;
	size_t name_at, prints_at; /* which of them these are */
	bool is_name;              /* else it is an address */
};

/* A copy that the trust owns; NULL with *failed: no memory. */
static const char *
keep(struct tls_trust *t, char *copy, bool *failed)
{
	if (copy == NULL) {
		*failed = true;
		return NULL;
	}
	t->texts[t->n_texts++] = copy;
	return copy;
}

static void
keep_text(struct tls_trust *t, const char **text, bool *failed)
{
	if (*text != NULL)
		*text = keep(t, strdup(*text), failed);
}

/* A path that stays good when the program goes elsewhere. Not realpath(3):
 * who replaces the files by a new link means the new ones. */
static void
keep_file(struct tls_trust *t, const char **file, bool *failed)
{
	char *folder, *whole;
	size_t n;

	if (*file == NULL || (*file)[0] == '/') {
		keep_text(t, file, failed);
		return;
	}
	folder = getcwd(NULL, 0);
	if (folder == NULL) {
		keep_text(t, file, failed);
		return;
	}
	n = strlen(folder) + 1 + strlen(*file) + 1;
	whole = malloc(n);
	if (whole != NULL)
		(void)tls_add(whole, n, 0, "%s/%s", folder, *file);
	free(folder);
	*file = keep(t, whole, failed);
}

static bool
keep_wish(struct tls_trust *t, const struct tls_wish *w)
{
	struct tls_wish *own = &t->wish;
	bool failed = false;

	*own = *w;
	keep_file(t, &own->ca, &failed);
	keep_file(t, &own->crl, &failed);
	keep_file(t, &own->certificate, &failed);
	keep_file(t, &own->key, &failed);
	t->name_at = t->n_texts;
	keep_text(t, &own->name, &failed);
	t->prints_at = t->n_texts;
	for (size_t i = 0; i < own->n_prints; i++)
		keep_text(t, &own->prints[i], &failed);
	return !failed;
}

static int
check_wish(const struct tls_wish *w, struct err *err)
{
	if (w->ca == NULL && w->n_prints == 0)
		return err_set(err,
		    "nothing says how to know the server: give ca=FILE, the "
		    "authority that signed its certificate, or "
		    "fingerprint=sha-256:...");
	if (w->certificate == NULL && w->key != NULL)
		return err_set(err,
		    "key: without certificate=FILE it is of no use; give both");
	if (w->certificate != NULL && w->key == NULL)
		return err_set(
		    err, "certificate: give key=FILE, too, its private key");
	if (w->crl != NULL && w->ca == NULL)
		return err_set(err,
		    "crl: give ca=FILE, too, the authority that made the list");
	return 0;
}

/* What parse errors leave open: kinds that are not meant here. */
static int
check_names(struct tls_trust *t, struct err *err)
{
	struct tls_allowed a;
	struct err why;
	int rc;

	for (size_t i = 0; i < t->wish.n_prints; i++) {
		rc = tls_allowed_parse(&a, t->wish.prints[i], &why);
		if (rc == 0 && a.kind != ALLOWED_PRINT)
			rc = err_set(&why,
			    "must begin with sha-256: or sha-1:, as `syncline "
			    "cert show` has it");
		tls_allowed_clear(&a);
		if (rc == -1)
			return err_set(err, "fingerprint: %.100s %s",
			    t->wish.prints[i], why.text);
	}
	rc = tls_allowed_parse(&a, t->wish.name, &why);
	t->is_name = a.kind == ALLOWED_NAME;
	if (rc == 0 && (a.kind == ALLOWED_PRINT || t->wish.name[0] == '*'))
		rc = err_set(&why,
		    "must be the name or address of the server, without a "
		    "wildcard");
	tls_allowed_clear(&a);
	return rc == 0
	    ? 0
	    : err_set(err, "name: %.100s %s", t->wish.name, why.text);
}

static struct tls *
read_files(struct tls_trust *t, struct err *err)
{
	const struct tls_wish *w = &t->wish;
	bool any = w->n_prints > 0;
	struct tls_options o = { .certificate = w->certificate,
		.key = w->key,
		.ca = w->ca,
		.crl = w->crl,
		.client = TLS_CLIENT_REQUIRED,
		/* a fingerprint is enough, and then the name is not asked */
		.peers = t->texts + (any ? t->prints_at : t->name_at),
		.n_peers = any ? w->n_prints : 1,
		.match_cn = w->match_cn,
		.legacy = w->legacy,
		.connects = true };
	struct tls_faults f;
	struct tls *tls;

	tls = tls_make(&o, &f, tls_line_on_verify);
	if (tls == NULL)
		(void)err_set(err, "%s%s%.200s: %s", f.fault[0].option,
		    f.fault[0].value != NULL ? ": " : "",
		    f.fault[0].value != NULL ? f.fault[0].value : "",
		    f.fault[0].err.text);
	return tls;
}

/* Inside the gate. */
static struct tls *
begin(struct tls_trust *t, struct err *err)
{
	/* The program's exit handlers may still log, and our thread may still
	 * work: OpenSSL is not to be torn down before. */
	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, NULL) != 1) {
		(void)err_set(err, "OpenSSL cannot be used here");
		return NULL;
	}
	return read_files(t, err);
}

struct tls_trust *
tls_trust_new(const struct tls_wish *w, struct err *err)
{
	struct tls_trust *t;

	if (check_wish(w, err) == -1)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t == NULL || !keep_wish(t, w)) {
		tls_trust_free(t);
		(void)err_set(err, "no memory");
		return NULL;
	}
	if (check_names(t, err) == 0) {
		tls_gate_enter();
		t->tls = begin(t, err);
		tls_gate_leave();
	}
	if (t->tls != NULL)
		return t;
	tls_trust_free(t);
	return NULL;
}

void
tls_trust_free(struct tls_trust *t)
{
	if (t == NULL)
		return;
	if (t->tls != NULL) {
		tls_gate_enter();
		tls_free(t->tls);
		tls_gate_leave();
	}
	for (size_t i = 0; i < t->n_texts; i++)
		free(t->texts[i]);
	free(t);
}

int
tls_trust_renew(struct tls_trust *t, struct err *err)
{
	uint64_t now = tls_files_now(t->tls);
	struct tls *tls, *old = t->tls;

	if (now == tls_files_then(old)) {
		t->refused = 0;
		return 0;
	}
	if (now == t->refused)
		return 0;
	tls_gate_enter();
	tls = read_files(t, err);
	if (tls != NULL) { /* in this order: the child of a fork has it, too */
		t->tls = tls;
		tls_free(old);
	}
	tls_gate_leave();
	t->refused = tls != NULL ? 0 : now;
	return tls != NULL ? 0 : -1;
}

char *
tls_trust_sni(const struct tls_trust *t)
{
	return t->is_name ? t->texts[t->name_at] : NULL;
}

const struct tls *
tls_trust_tls(const struct tls_trust *t)
{
	return t->tls;
}
