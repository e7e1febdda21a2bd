/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.h - what the operator asked for, immutable once loaded
 *
 * Sizes are bytes, durations milliseconds, both int64_t. Every text is owned
 * by the configuration.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum {
	CONFIG_WORKERS_MAX = 64,
	CONFIG_HOSTNAME_MAX = 255, /* bytes; HOSTNAME of RFC 5424 */
	CONFIG_LABEL_MAX = 255,    /* bytes of a listener's name */
	CONFIG_URL_MAX = 4096,     /* bytes, the query included */
	CONFIG_ZONE_MAX = 255,     /* bytes of a time zone's name */
	CONFIG_MATCH_MAX = 4096,   /* bytes of a regular expression */
	CONFIG_SECTIONS_MAX = 1000 /* listeners; and as many outputs */
};

enum listen_kind {
	LISTEN_UDP,
	LISTEN_TCP,
	LISTEN_TLS,
	LISTEN_UNIX,
	LISTEN_UNIX_STREAM
};

struct nets;
struct pattern;
struct template;
struct tls;
struct zone;

/* Texts in the order given; owned. */
struct texts {
	char **text;
	size_t n;
};

struct listen_conf {
	char *url;  /* as written, without the query */
	char *name; /* NULL: none was given */
	enum listen_kind kind;
	char
	    *host; /* UDP, TCP, TLS: "*", an address without brackets, a name */
	int64_t port;
	char *path;      /* unix sockets */
	int64_t framing; /* enum frame_mode */
	int64_t receive_buffer;
	int64_t max_connections;
	int64_t max_connections_per_peer; /* 0: no limit */
	int64_t idle_timeout;             /* 0: none */
	int64_t rate;        /* messages a second and peer; 0: no limit */
	int64_t mode;        /* of a unix socket's file */
	bool trust_hostname; /* false: the host is the peer's address */
	struct nets *allow;  /* NULL: everybody */
	struct nets *proxy;  /* who must speak the PROXY protocol; NULL: none */
	struct zone *zone; /* of times that name none; never NULL once loaded */
	char *certificate, *key, *ca, *crl; /* of TLS; files, "" for none */
	int64_t client;                     /* enum tls_client */
	struct texts peers; /* names and fingerprints; none: all of ca */
	bool match_cn;      /* a name in CN counts, too */
	bool legacy;        /* the old CBC suite, too */
	bool watch;         /* a reload when one of the files changes */
	bool proxy_in_tls;  /* the PROXY header comes inside TLS */
	bool optional;      /* no certificate is no error but no listener */
	bool absent;        /* so it is: the file was not there */
	struct tls *tls;    /* made of these; of TLS never NULL once loaded */
	bool credentials;   /* an output or a limit asks who sends: of a unix
			       socket the kernel says it, for a price */
	bool retired; /* not configured any more, but connections live on */
};

enum { SYNC_NEVER = -1, SYNC_ALWAYS = 0 }; /* any other: a period in ms */

/* What a line of an output is. */
enum format {
	FORMAT_RFC5424,
	FORMAT_RAW,
	FORMAT_JSON,
	FORMAT_ISO,
	FORMAT_BSD,
	FORMAT_TEMPLATE
};

enum when_full { FULL_BLOCK, FULL_DROP };

/* What rotated files become. */
enum compress { COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_ZSTD };

/* Which messages an output takes: all of these must hold. */
struct choice {
	uint32_t facilities;     /* bits 1 << facility; 0: every one */
	uint32_t plain, negated; /* words that made them; the loader's */
	uint8_t severities;      /* bits 1 << severity; 0: every one */
	struct texts app;  /* patterns as written, "!" included; none: all */
	struct texts host; /* the same */
	struct pattern *match; /* on MSG; NULL: every message */
};

struct output_conf {
	char *name;     /* label of metrics: the path unless it was named */
	char *path;     /* "-" is standard output; may hold %{fields} */
	int64_t format; /* enum format */
	struct template *line; /* for FORMAT_TEMPLATE, else NULL */
	struct template *file; /* of a path with fields, else NULL */
	struct choice choice;
	bool final;           /* what it takes goes to no later output */
	int64_t when_full;    /* enum when_full */
	int64_t rotate_size;  /* 0: never by size */
	int64_t rotate_every; /* 0: never by time */
	int64_t keep;         /* rotated files of a live name; 0: all */
	int64_t keep_age;     /* 0: for ever */
	int64_t keep_total;   /* bytes of rotated files; 0: any number */
	int64_t keep_free;    /* bytes that stay free on the disk; 0: none */
	int64_t keep_min;     /* nothing younger is deleted */
	int64_t compress;     /* enum compress */
	int64_t sync;         /* SYNC_NEVER, SYNC_ALWAYS or a period */
	int64_t max_open_files;
	int64_t max_files;     /* names of a path with fields, per day */
	int64_t max_new_files; /* new names a minute and peer; 0: no limit */
	int64_t mode, dir_mode;
	char *owner, *group; /* of what is made; "": as it is */
};

struct config {
	int64_t workers; /* never 0 once loaded */
	int64_t memory;
	int64_t max_message;
	int64_t stop_timeout;
	int64_t latency; /* 0: never wait */
	char *hostname;  /* never empty once loaded */
	char *http;      /* NULL: off; else ADDR:PORT as written */
	char *http_host;
	int64_t http_port;
	struct texts http_hosts;
	char *user, *group;   /* "": stay who we are */
	char *state;          /* a folder */
	struct texts include; /* patterns of files; the loader's alone */
	struct zone *zone;    /* of this machine; never NULL once loaded */
	bool verbose;

	struct listen_conf *listen;
	size_t listens;
	struct listen_conf *left_out; /* those that are absent */
	size_t left_outs;
	struct output_conf *output;
	size_t outputs;
};

/* What a listener is called in metrics and messages: its name or its URL. */
static inline const char *
listen_label(const struct listen_conf *l)
{
	return l->name != NULL ? l->name : l->url;
}

/* A stream of the network, whose peers have addresses. */
static inline bool
listen_is_net_stream(const struct listen_conf *l)
{
	return l->kind == LISTEN_TCP || l->kind == LISTEN_TLS;
}

/* A configuration of defaults, without listeners and outputs. NULL: *err. */
struct config *config_new(struct err *err);
void config_free(struct config *c); /* accepts NULL */

/*
 * Take *l (*o) over as the last of its list: its texts belong to the
 * configuration from then on. -1, and nothing is taken: no memory, or more
 * than CONFIG_SECTIONS_MAX.
 */
int config_add_listen(
    struct config *c, const struct listen_conf *l, struct err *err);
int config_leave_out(
    struct config *c, const struct listen_conf *l, struct err *err);
int config_add_output(
    struct config *c, const struct output_conf *o, struct err *err);

/* Frees the texts and leaves none. */
void listen_conf_clear(struct listen_conf *l);
void output_conf_clear(struct output_conf *o);

/*
 * *to becomes a copy of the names and numbers of *from, the caller's to
 * clear; what is compiled (line, file, the lists and the pattern of choice)
 * stays behind. -1: no memory, and *to is empty.
 */
int output_conf_copy(
    struct output_conf *to, const struct output_conf *from, struct err *err);

/*
 * Takes http apart into http_host and http_port ("none": http is NULL from
 * then on). -1: it is no ADDR:PORT.
 */
int config_split_http(struct config *c, struct err *err);

/* One worker per two processors, at least one, no more than memory allows. */
int64_t config_choose_workers(int64_t processors, int64_t memory);

/*
 * Fills in what the system decides: the number of workers when it is 0, by
 * the processors that we may use; the host name when it is empty; the zone.
 */
int config_resolve(struct config *c, struct err *err);

/* Sets `credentials` of the listeners, once all outputs are known. */
void config_see_who_asks(struct config *c);

#endif
