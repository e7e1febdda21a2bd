/* SPDX-License-Identifier: BSD-2-Clause */
#include "certs.h"

#include <stdlib.h>
#include <time.h>

#include "tls.h"

#include "base/clock.h"
#include "base/log.h"

enum { DAY = 86400, AGE_EVERY_MS = 60000 };

/* How near an end is: 30, 7, 1 and 0 days. */
static unsigned
nearness(int64_t left)
{
	static const int64_t days[] = { 30, 7, 1, 0 };
	unsigned n = 0;

	while (n < sizeof(days) / sizeof(days[0]) && left <= days[n] * DAY)
		n++;
	return n;
}

static const char *
date_of(int64_t at, char to[32])
{
	time_t t = at;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(to, 32, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		to[0] = '\0';
	return to;
}

static void
look_at_age(struct cert_watch *w, const struct listen_conf *l, int64_t now)
{
	int64_t end = tls_expires(l->tls), left = end - now;
	const char *behind = tls_expires_behind(l->tls);
	bool ours = behind[0] == '\0';
	unsigned near = nearness(left);
	char date[32];

	if (near <= w->warned)
		return;
	w->warned = near;
	if (left <= 0)
		log_line(LOG_ERR,
		    "listener %s: %s%sour certificate %s%s expired on %s, and "
		    "senders refuse it; put a new one there and send SIGHUP",
		    listen_label(l), behind, ours ? "" : ", sent with ",
		    l->certificate, ours ? "" : ",", date_of(end, date));
	else
		log_line(LOG_WARNING,
		    "listener %s: %s%sour certificate %s%s expires in %lld "
		    "day%s, on %s; renew it and send SIGHUP",
		    listen_label(l), behind, ours ? "" : ", sent with ",
		    l->certificate, ours ? "" : ",", (long long)(left / DAY),
		    left / DAY == 1 ? "" : "s", date_of(end, date));
}

static void
look_at_crl(struct cert_watch *w, const struct listen_conf *l, int64_t now)
{
	char date[32];

	if (w->crl_told || tls_crl_expires(l->tls) > now)
		return;
	w->crl_told = true;
	log_line(LOG_ERR,
	    "listener %s: the list of revoked certificates in %s ended on %s, "
	    "so nobody whom it is about is let in; put a new one there and "
	    "send SIGHUP",
	    listen_label(l), l->crl, date_of(tls_crl_expires(l->tls), date));
}

/* Who we are now may be less than who started us. */
static void
look_at_rights(const struct listen_conf *l)
{
	struct err err;

	if (tls_files_check(l->tls, &err) == -1)
		log_line(LOG_WARNING,
		    "listener %s: %s: a reload will be refused; let the user "
		    "that we run as read it",
		    listen_label(l), err.text);
}

/* Whoever gave an authority probably means it to decide something. */
static void
look_at_sense(const struct listen_conf *l)
{
	if (l->client == TLS_CLIENT_NONE &&
	    (l->ca[0] != '\0' || l->crl[0] != '\0'))
		log_line(LOG_WARNING,
		    "listener %s: everybody may send: with `client: none` "
		    "nobody is asked for a certificate, and `%s` decides "
		    "nothing",
		    listen_label(l), l->ca[0] != '\0' ? "ca" : "crl");
}

/* Told by us, as senders may not say it, or not to whom can help. */
static void
look_at_flaws(const struct listen_conf *l)
{
	struct err err;

	if (tls_has_flaw(l->tls, &err))
		log_line(LOG_WARNING, "listener %s: our certificate %s %s",
		    listen_label(l), l->certificate, err.text);
}

static bool
have_files_changed(struct cert_watch *w, const struct listen_conf *l)
{
	uint64_t now = tls_files_now(l->tls);
	bool still = now == w->seen;

	w->seen = now;
	/* one that was refused is tried again when it is another */
	if (!still || now == tls_files_then(l->tls) || now == w->tried)
		return false;
	w->tried = now;
	return true;
}

static bool
begin(struct certs *c, const struct plan *p)
{
	certs_clear(c);
	c->watch = calloc(p->conf->listens, sizeof(*c->watch));
	if (c->watch == NULL)
		return false;
	c->generation = p->generation;
	for (size_t i = 0; i < p->conf->listens; i++) {
		const struct listen_conf *l = &p->conf->listen[i];

		if (l->tls == NULL)
			continue;
		look_at_rights(l);
		look_at_sense(l);
		look_at_flaws(l);
	}
	return true;
}

bool
certs_look(struct certs *c, const struct plan *p)
{
	int64_t now = time(NULL);
	bool changed = false, ages;

	if (c->generation != p->generation && !begin(c, p))
		return false;
	ages = clock_ms() >= c->next;
	if (ages)
		c->next = clock_ms() + AGE_EVERY_MS;
	for (size_t i = 0; i < p->conf->listens; i++) {
		const struct listen_conf *l = &p->conf->listen[i];

		if (l->tls == NULL || l->retired)
			continue;
		if (ages) {
			look_at_age(&c->watch[i], l, now);
			look_at_crl(&c->watch[i], l, now);
		}
		if (l->watch)
			changed |= have_files_changed(&c->watch[i], l);
	}
	return changed;
}

void
certs_clear(struct certs *c)
{
	free(c->watch);
	*c = (struct certs){ .generation = 0 };
}
