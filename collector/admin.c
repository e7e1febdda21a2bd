/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin.h"

#include <sys/queue.h>
#include <sys/socket.h>

#include <arpa/inet.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event_struct.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "input/socket.h"
#include "report.h"

enum {
	HEADERS_MAX = 8192,
	BODY_MAX = 1024,
	TIMEOUT_S = 5,
	REASON = 256,
	CONNECTIONS_MAX = 8,
	LIFE_MS = 5000,        /* of one connection, however slow its peer */
	LIFE_CROWDED_MS = 500, /* while others wait */
	SWEEP_US = 50000
};

struct admin {
	const struct plan *plan; /* borrowed */
	struct metrics *metrics; /* borrowed */
	struct evhttp *http;
	struct socket_set sockets;
	struct evconnlistener *listener[SOCKETS_MAX]; /* evhttp's */
	size_t listeners;
	struct event sweeper;
	bool crowded; /* every slot was taken when last looked at */
	struct seat {
		struct bufferevent *bev; /* a reference; NULL: free */
		int64_t since;
	} slot[CONNECTIONS_MAX];
	char url[320];
	int64_t started;
	bool stopping;
};

static void
reply(struct evhttp_request *req, int code, const char *why, const char *type,
    struct evbuffer *body)
{
	struct evkeyvalq *h = evhttp_request_get_output_headers(req);
	char length[24];

	evhttp_add_header(h, "Content-Type", type);
	evhttp_add_header(h, "Cache-Control", "no-store");
	evhttp_add_header(h, "X-Content-Type-Options", "nosniff");
	evhttp_add_header(h, "Content-Security-Policy",
	    "default-src 'none'; frame-ancestors 'none'");
	/* libevent gives none with an answer to CONNECT, so that its end would
	 * be waited for; and sends the body of an answer to HEAD, too */
	(void)snprintf(length, sizeof(length), "%zu",
	    body != NULL ? evbuffer_get_length(body) : 0);
	evhttp_add_header(h, "Content-Length", length);
	if (evhttp_request_get_command(req) == EVHTTP_REQ_HEAD)
		body = NULL;
	evhttp_send_reply(req, code, why, body);
}

static void
reply_text(
    struct evhttp_request *req, int code, const char *why, const char *text)
{
	struct evbuffer *body = evbuffer_new();

	if (body != NULL)
		evbuffer_add_printf(body, "%s\n", text);
	reply(req, code, why, "text/plain; charset=utf-8", body);
	if (body != NULL)
		evbuffer_free(body);
}

/* The name in a Host header: without its port and brackets. */
static bool
take_name(const char *host, char *name, size_t size)
{
	const char *end;
	size_t n;

	if (host[0] == '[') {
		end = strchr(++host, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return false;
	} else {
		end = host + strcspn(host, ":");
	}
	n = (size_t)(end - host);
	if (n == 0 || n >= size)
		return false;
	end += *end == ']';
	if (*end == ':' && end[1 + strspn(end + 1, "0123456789")] != '\0')
		return false;
	memcpy(name, host, n);
	name[n] = '\0';
	return true;
}

/* Is it among http_hosts? */
static bool
is_listed_host(const struct config *conf, const char *name)
{
	for (size_t i = 0; i < conf->http_hosts.n; i++)
		if (strcasecmp(name, conf->http_hosts.text[i]) == 0)
			return true;
	return false;
}

static bool
is_our_host(const struct admin *a, const char *host)
{
	const struct config *conf = a->plan->conf;
	struct in6_addr addr;
	char name[256];

	if (!take_name(host, name, sizeof(name)))
		return false;
	return inet_pton(AF_INET, name, &addr) == 1 ||
	    inet_pton(AF_INET6, name, &addr) == 1 ||
	    strcasecmp(name, "localhost") == 0 ||
	    strcasecmp(name, conf->hostname) == 0 || is_listed_host(conf, name);
}

static unsigned
count_headers(const struct evkeyvalq *in, const char *name)
{
	const struct evkeyval *h;
	unsigned n = 0;

	TAILQ_FOREACH(h, in, next)
		n += strcasecmp(h->key, name) == 0;
	return n;
}

/* Whom the request is for, when its line names one; else its header does. */
static const char *
host_of(struct evhttp_request *req, const struct evkeyvalq *in)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *host = uri != NULL ? evhttp_uri_get_host(uri) : NULL;

	return host != NULL && host[0] != '\0' ? host
					       : evhttp_find_header(in, "Host");
}

/* RFC 1945 knows no Host, and balancers that check us speak it; browsers,
 * which can be made to ask for somebody else, do not. */
static bool
needs_no_host(const struct evhttp_request *req, unsigned hosts)
{
	return hosts == 0 && req->major == 1 && req->minor == 0;
}

/* Refuses what is not ours to answer; true: it was answered. */
static bool
refuse(struct admin *a, struct evhttp_request *req)
{
	enum evhttp_cmd_type cmd = evhttp_request_get_command(req);
	const struct evkeyvalq *in = evhttp_request_get_input_headers(req);
	const char *host = host_of(req, in);
	unsigned hosts = count_headers(in, "Host");

	if (cmd != EVHTTP_REQ_GET && cmd != EVHTTP_REQ_HEAD) {
		evhttp_add_header(evhttp_request_get_output_headers(req),
		    "Allow", "GET, HEAD");
		reply_text(req, 405, "Method Not Allowed",
		    "only GET and HEAD are answered here");
		return true;
	}
	/* RFC 9112 sections 3.2 and 6.3: two of them are an attack or a bug */
	if ((hosts != 1 && !needs_no_host(req, hosts)) ||
	    count_headers(in, "Content-Length") > 1) {
		reply_text(req, 400, "Bad Request",
		    "one Host header is needed, and one length at most");
		return true;
	}
	if (host != NULL && !is_our_host(a, host)) {
		reply_text(req, 421, "Misdirected Request",
		    "this server answers to IP addresses, localhost and its "
		    "own host name only");
		return true;
	}
	return false;
}

/* Why we are not ready, or NULL. */
static const char *
not_ready(const struct admin *a, char *text, size_t n)
{
	if (a->stopping)
		return "stopping";
	for (size_t i = 0; i < a->plan->conf->outputs; i++) {
		if (metrics_output_sum(
			a->metrics, a->plan->output_slot[i], O_STALLED) == 0)
			continue;
		(void)snprintf(text, n, "output %s cannot be written",
		    a->plan->conf->output[i].name);
		return text;
	}
	return NULL;
}

static void
answer_ready(struct admin *a, struct evhttp_request *req)
{
	char text[REASON];
	const char *reason = not_ready(a, text, sizeof(text));

	if (reason == NULL)
		reply_text(req, 200, "OK", "ready");
	else
		reply_text(req, 503, "Service Unavailable", reason);
}

static void
answer_report(struct admin *a, struct evhttp_request *req, bool status)
{
	struct evbuffer *body = evbuffer_new();
	char text[REASON];

	if (body == NULL) {
		reply_text(req, 503, "Service Unavailable", "no memory");
		return;
	}
	if (status)
		report_status(body, a->plan, a->metrics,
		    clock_ms() - a->started, not_ready(a, text, sizeof(text)));
	else
		report_metrics(body, a->plan, a->metrics);
	reply(req, 200, "OK",
	    status ? "application/json"
		   : "text/plain; version=0.0.4; charset=utf-8",
	    body);
	evbuffer_free(body);
}

static void
on_request(struct evhttp_request *req, void *arg)
{
	struct admin *a = arg;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;

	if (refuse(a, req))
		return;
	if (path == NULL)
		path = "";
	if (strcmp(path, "/healthz") == 0)
		reply_text(req, 200, "OK", "ok");
	else if (strcmp(path, "/readyz") == 0)
		answer_ready(a, req);
	else if (strcmp(path, "/metrics") == 0)
		answer_report(a, req, false);
	else if (strcmp(path, "/status") == 0)
		answer_report(a, req, true);
	else
		reply_text(req, 404, "Not Found",
		    "there are /metrics, /status, /healthz and /readyz");
}

/*
 * evhttp says when it opens a connection, not when it closes one. But it
 * takes its callbacks off then, and a reference of ours keeps the object for
 * us to see that.
 */
static bool
is_released(struct bufferevent *bev)
{
	bufferevent_event_cb on_event = NULL;
	bufferevent_data_cb on_write = NULL;

	bufferevent_getcb(bev, NULL, &on_write, &on_event, NULL);
	return on_event == NULL && on_write == NULL;
}

/* Counts what is open, and ends what has had its time. */
static size_t
sweep(struct admin *a)
{
	int64_t now = clock_ms();
	int64_t life = a->crowded ? LIFE_CROWDED_MS : LIFE_MS;
	size_t open = 0;

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct seat *s = &a->slot[i];

		if (s->bev == NULL)
			continue;
		if (is_released(s->bev)) {
			bufferevent_decref(s->bev);
			s->bev = NULL;
			continue;
		}
		open++;
		if (now - s->since >= life)
			(void)shutdown(bufferevent_getfd(s->bev), SHUT_RDWR);
	}
	a->crowded = open == CONNECTIONS_MAX;
	return open;
}

/* So many requests at once are served; others wait in the kernel. */
static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval soon = { 0, SWEEP_US };
	struct admin *a = arg;
	size_t open = sweep(a);

	(void)fd;
	(void)what;
	for (size_t i = 0; i < a->listeners; i++) {
		if (open < CONNECTIONS_MAX)
			evconnlistener_enable(a->listener[i]);
		else
			evconnlistener_disable(a->listener[i]);
	}
	if (open > 0)
		event_add(&a->sweeper, &soon);
}

static struct bufferevent *
on_opened(struct event_base *base, void *arg)
{
	static const struct timeval soon = { 0, SWEEP_US };
	struct admin *a = arg;
	struct bufferevent *bev = bufferevent_socket_new(base, -1, 0);
	size_t used = 0;

	for (size_t i = 0; bev != NULL && i < CONNECTIONS_MAX; i++) {
		struct seat *s = &a->slot[i];

		used++;
		if (s->bev != NULL)
			continue;
		bufferevent_incref(bev);
		*s = (struct seat){ .bev = bev, .since = clock_ms() };
		break;
	}
	if (used == CONNECTIONS_MAX)
		for (size_t i = 0; i < a->listeners; i++)
			evconnlistener_disable(a->listener[i]);
	if (!evtimer_pending(&a->sweeper, NULL))
		event_add(&a->sweeper, &soon);
	return bev;
}

/* Out of descriptors: libevent would try again at once, for ever. */
static void
on_accept_error(struct evconnlistener *l, void *arg)
{
	static const struct timeval later = { 1, 0 };
	struct admin *a = arg;

	evconnlistener_disable(l);
	event_add(&a->sweeper, &later);
}

static int
serve_sockets(struct admin *a, struct event_base *base, struct err *err)
{
	if (event_assign(&a->sweeper, base, -1, 0, on_sweep, a) == -1)
		return err_set(err, "--http: no memory");
	for (size_t i = 0; i < a->sockets.n; i++) {
		struct evconnlistener *l = evconnlistener_new(base, NULL, a,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0,
		    a->sockets.fd[i]);

		if (l == NULL)
			return err_sys(err, "--http: cannot wait for it");
		a->sockets.fd[i] = -1; /* the listener closes it */
		if (evhttp_bind_listener(a->http, l) == NULL) {
			evconnlistener_free(l);
			return err_sys(err, "--http: cannot wait for it");
		}
		evconnlistener_set_error_cb(l, on_accept_error);
		a->listener[a->listeners++] = l;
	}
	evhttp_set_bevcb(a->http, on_opened, a);
	return 0;
}

struct admin *
admin_new(struct event_base *base, const struct plan *plan, struct metrics *m,
    struct err *err)
{
	struct admin *a = calloc(1, sizeof(*a));
	const struct config *conf = plan->conf;
	bool v6 = strchr(conf->http_host, ':') != NULL;
	struct err why;

	if (a == NULL || (a->http = evhttp_new(base)) == NULL) {
		err_set(err, "--http: no memory");
		goto fail;
	}
	a->plan = plan;
	a->metrics = m;
	a->started = clock_ms();
	evhttp_set_max_headers_size(a->http, HEADERS_MAX);
	evhttp_set_max_body_size(a->http, BODY_MAX);
	evhttp_set_timeout(a->http, TIMEOUT_S);
	/* all of them, so that the answer to the others is ours: 405 */
	evhttp_set_allowed_methods(a->http, UINT16_MAX);
	evhttp_set_gencb(a->http, on_request, a);
	if (socket_set_open_tcp(&a->sockets, conf->http_host,
		(uint16_t)conf->http_port, &why) == -1) {
		err_set(err,
		    "--http %s: %s; --http ADDR:PORT chooses another "
		    "address, --http none does without",
		    conf->http, why.text);
		goto fail;
	}
	if (serve_sockets(a, base, err) == -1)
		goto fail;
	(void)snprintf(a->url, sizeof(a->url),
	    v6 ? "http://[%s]:%u" : "http://%s:%u", conf->http_host,
	    a->sockets.port);
	return a;

fail:
	admin_free(a);
	return NULL;
}

const char *
admin_url(const struct admin *a)
{
	return a->url;
}

void
admin_set_plan(struct admin *a, const struct plan *plan)
{
	a->plan = plan;
}

void
admin_set_stopping(struct admin *a)
{
	a->stopping = true;
}

void
admin_free(struct admin *a)
{
	if (a == NULL)
		return;
	if (a->http != NULL)
		evhttp_free(a->http);
	if (a->listeners > 0)
		event_del(&a->sweeper);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (a->slot[i].bev != NULL)
			bufferevent_decref(a->slot[i].bev);
	socket_set_close(&a->sockets);
	free(a);
}
