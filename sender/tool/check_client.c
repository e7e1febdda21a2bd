/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_client.c - what the server makes of us
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cert/pem.h"
#include "tool/check_tls.h"

enum { AUTHORITIES_SHOWN = 5, MESSAGE_TEXT = 512 };

void
check_end(struct check_tls *c, const struct probe *p, const char *step,
    enum probe_end end)
{
	char bytes[VIEW_TEXT];
	struct err why;
	struct err cure;

	switch (end) {
	case PROBE_ALERT:
		probe_alert(p, &why, &cure);
		/* before TLS 1.3 there was no alert of its own for this */
		if (probe_asked(p) && c->certs == NULL)
			(void)err_set(&cure,
			    "it asked for a certificate: give "
			    "one, --cert FILE --key FILE, or --bundle FOLDER; "
			    "`syncline cert issue` makes it");
		break;
	case PROBE_NO_TLS:
		probe_first_bytes(p, bytes);
		(void)err_set(&why,
		    "what answers is no TLS: it begins with "
		    "\"%s\"",
		    bytes);
		(void)err_set(&cure,
		    "this is the port of something else, or a "
		    "plain one: the one for TLS is usually 6514");
		break;
	case PROBE_LATE:
		(void)err_set(&why, "no answer within %u s", c->seconds);
		(void)err_set(&cure,
		    "a plain syslog port takes everything and "
		    "never answers: is this one for TLS (usually 6514)? Or "
		    "the server is overloaded, or stopped");
		break;
	case PROBE_CLOSED:
		(void)err_set(&why, "%s without saying why", probe_reason(p));
		(void)err_set(&cure,
		    "the server's log says why: this address "
		    "is not allowed, our certificate is not listed, or this "
		    "is no port for TLS");
		break;
	default:
		(void)err_set(&why, "%s", probe_reason(p));
		(void)err_set(&cure, "the server's log may say more");
		break;
	}
	steps_bad(&c->steps, cure.text, step, "%s", why.text);
}

static void
show_authorities(const struct check_tls *c, const struct probe *p)
{
	char text[VIEW_TEXT];
	char issuer[VIEW_TEXT] = "";
	bool ours = false;
	int i;

	if (c->certs != NULL)
		view_issuer(pem_at(c->certs, 0), issuer);
	for (i = 0; probe_authority(p, i, text); i++) {
		if (i < AUTHORITIES_SHOWN)
			steps_note("", "it takes those signed by %s", text);
		ours = ours || strcmp(text, issuer) == 0;
	}
	if (i > AUTHORITIES_SHOWN)
		steps_note("", "... and by %d more", i - AUTHORITIES_SHOWN);
	if (i > 0 && c->certs != NULL && !ours)
		steps_note("", "ours is signed by another one, %s", issuer);
}

void
check_client(struct check_tls *c, struct probe *p)
{
	bool have = c->certs != NULL;
	/* before that version the handshake itself says so */
	bool late = strcmp(probe_version(p), "TLSv1.3") == 0;
	enum probe_end end;

	if (probe_asked(p))
		steps_good("client", "the server asks for a certificate%s",
		    have ? "; ours was sent" : ", and we have none");
	else
		steps_note("client", "the server asks for no certificate%s",
		    have ? ": ours was not needed" : "");
	if (probe_asked(p))
		show_authorities(c, p);
	end = probe_listen(
	    p, dial_now() + (late ? CHECK_OBJECTION : CHECK_CLOSE));
	if (end != PROBE_GOOD)
		check_end(c, p, "accepted", end);
	else
		steps_good("accepted", "the server does not object");
}

/* A message of RFC 5424, framed as in RFC 5425 4.3. */
static size_t
compose(char out[MESSAGE_TEXT])
{
	struct hostname h;
	struct err ignored;
	char host[HOSTNAME_TEXT] = "";
	char stamp[32] = "-";
	char text[MESSAGE_TEXT];
	time_t now = time(NULL);
	struct tm tm;
	int n;

	if (gethostname(host, sizeof(host) - 1) != 0 ||
	    hostname_read(&h, host, &ignored) != 0)
		(void)snprintf(h.text, sizeof(h.text), "-");
	if (gmtime_r(&now, &tm) != NULL)
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	n = snprintf(text, sizeof(text),
	    "<14>1 %s %s syncline %d check-tls - "
	    "syncline check-tls: it works",
	    stamp, h.text, (int)getpid());
	n = snprintf(out, MESSAGE_TEXT, "%d %s", n, text);
	return (size_t)n;
}

void
check_send(struct check_tls *c, struct probe *p)
{
	int64_t deadline = dial_now() + (int64_t)c->seconds * 1000;
	char message[MESSAGE_TEXT];
	enum probe_end end;

	if (c->send && c->steps.failed > 0) {
		steps_bad(&c->steps, "as above", "message",
		    "not sent, because of what is said above");
		return;
	}
	if (c->send) {
		end = probe_send(p, message, compose(message), deadline);
		if (end != PROBE_GOOD) {
			check_end(c, p, "message", end);
			return;
		}
	}
	end = probe_close(p, deadline);
	if (!c->send)
		return;
	if (end == PROBE_GOOD)
		steps_good("message",
		    "sent, and the server read until its "
		    "end");
	else
		check_end(c, p, "message", end);
}
