/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keys.c - the tables of keys: every setting there is
 */
#include "config/keys.h"

#include <limits.h>

#include "config/template.h"
#include "tls.h"
#include "wire/frame.h"

/* A key, and the member of the same name; or of another one. */
#define AT(s, m)         .name = #m, .offset = offsetof(struct s, m)
#define NAMED(key, s, m) .name = (key), .offset = offsetof(struct s, m)

enum { MIB = 1 << 20, GIB = 1 << 30 };
enum {
	SECOND = 1000,
	MINUTE = 60 * SECOND,
	HOUR = 60 * 60 * SECOND,
	DAY = 24 * HOUR
};
enum { MILLION = 1000000, BILLION = 1000000000 };
/* Too wide for an enumerator of C11. */
#define TIB  (INT64_C(1) << 40)
#define YEAR (INT64_C(365) * DAY)

/* Of struct conf_key: kinds. */
enum {
	DATAGRAM = 1 << LISTEN_UDP | 1 << LISTEN_UNIX,
	TLS = 1 << LISTEN_TLS,
	NET_STREAM = 1 << LISTEN_TCP | TLS,
	STREAM = NET_STREAM | 1 << LISTEN_UNIX_STREAM,
	UNIX = 1 << LISTEN_UNIX | 1 << LISTEN_UNIX_STREAM,
	NET = 1 << LISTEN_UDP | NET_STREAM
};

static const struct key_word framings[] = {
	{ "auto", FRAME_AUTO },
	{ "octet", FRAME_OCTET },
	{ "lf", FRAME_LF },
	{ "nul", FRAME_NUL },
	{ NULL, 0 },
};

static const struct key_word clients[] = {
	{ "required", TLS_CLIENT_REQUIRED },
	{ "optional", TLS_CLIENT_OPTIONAL },
	{ "none", TLS_CLIENT_NONE },
	{ NULL, 0 },
};

static const struct key_word formats[] = {
	{ "rfc5424", FORMAT_RFC5424 },
	{ "json", FORMAT_JSON },
	{ "iso", FORMAT_ISO },
	{ "bsd", FORMAT_BSD },
	{ "raw", FORMAT_RAW },
	{ NULL, 0 },
};

static const struct key_word fullness[] = {
	{ "block", FULL_BLOCK },
	{ "drop", FULL_DROP },
	{ NULL, 0 },
};

static const struct key_word syncs[] = {
	{ "never", SYNC_NEVER },
	{ "always", SYNC_ALWAYS },
	{ NULL, 0 },
};

static const struct key_word compressions[] = {
	{ "none", COMPRESS_NONE },
	{ "gzip", COMPRESS_GZIP },
	{ "zstd", COMPRESS_ZSTD },
	{ NULL, 0 },
};

const struct conf_key listen_keys[] = {
	{ AT(listen_conf, url), .type = KEY_TEXT, .min = 1,
	    .max = CONFIG_URL_MAX, .option = "listen", .letter = 'l',
	    .repeat = true, .value = "URL",
	    .help = "receive there; may be given again. udp://HOST:PORT, "
		    "tcp://HOST:PORT, tls://HOST:PORT, unix:///PATH "
		    "(datagrams) or unix-stream:///PATH. HOST is a name, an "
		    "address ([::1] for IPv6) or * for every address; PORT "
		    "is 514 when left out, 6514 of tls" },
	{ AT(listen_conf, name), .type = KEY_TEXT, .min = 1,
	    .max = CONFIG_LABEL_MAX,
	    .help = "in counters and messages, instead of the URL" },
	{ AT(listen_conf, framing), .type = KEY_WORD, .words = framings,
	    .dflt = "auto", .kinds = STREAM,
	    .help = "how messages are told apart: octet (a count in front), "
		    "lf or nul (a byte behind), or auto, which finds out for "
		    "each connection" },
	{ AT(listen_conf, idle_timeout), .type = KEY_MSEC, .zero = true,
	    .min = 1, .max = YEAR, .dflt = "0", .kinds = STREAM,
	    .help = "close a connection that is silent for so long; 0: never" },
	{ AT(listen_conf, max_connections), .type = KEY_NUMBER, .min = 1,
	    .max = MILLION, .dflt = "10000", .kinds = STREAM,
	    .help = "connections at one time; one more is closed at once" },
	{ AT(listen_conf, max_connections_per_peer), .type = KEY_NUMBER,
	    .max = MILLION, .dflt = "0", .kinds = STREAM,
	    .help = "the same for each peer address (each user on a unix "
		    "socket); 0: no limit of its own" },
	{ AT(listen_conf, allow), .type = KEY_NETS, .kinds = NET,
	    .help = "addresses and networks that may send, like 10.0.0.0/8 "
		    "or fd00::/8; what comes from elsewhere is refused and "
		    "counted. Empty: everyone may" },
	{ AT(listen_conf, proxy), .type = KEY_NETS, .kinds = NET_STREAM,
	    .help = "addresses and networks of proxies: they must begin each "
		    "connection with the PROXY protocol, and the address in "
		    "it counts as the sender's. Empty: nobody speaks it" },
	{ AT(listen_conf, rate), .type = KEY_NUMBER, .max = BILLION,
	    .dflt = "0",
	    .help = "messages a second and peer address (user on a unix "
		    "socket); more are dropped and counted; 0: no limit" },
	{ AT(listen_conf, trust_hostname), .type = KEY_BOOL, .dflt = "true",
	    .help = "take the host name from the message; false: the host is "
		    "the sender's address" },
	{ NAMED("timezone", listen_conf, zone), .type = KEY_ZONE,
	    .max = CONFIG_ZONE_MAX, .dflt = "",
	    .help = "where senders live whose times name no zone, like "
		    "Europe/Berlin; empty: where this machine does" },
	{ AT(listen_conf, receive_buffer), .type = KEY_SIZE, .min = 4096,
	    .max = GIB, .dflt = "4M", .kinds = DATAGRAM,
	    .help = "what the kernel holds for us" },
	{ AT(listen_conf, mode), .type = KEY_OCTAL, .max = 0777, .dflt = "0666",
	    .kinds = UNIX, .help = "permissions of the socket's file" },
	{ AT(listen_conf, certificate), .type = KEY_TEXT, .max = PATH_MAX - 1,
	    .dflt = "", .kinds = TLS,
	    .help = "PEM file of our certificate, and of those between it "
		    "and its authority" },
	{ AT(listen_conf, key), .type = KEY_TEXT, .max = PATH_MAX - 1,
	    .dflt = "", .kinds = TLS,
	    .help = "PEM file of the certificate's private key, which "
		    "others may not read" },
	{ AT(listen_conf, ca), .type = KEY_TEXT, .max = PATH_MAX - 1,
	    .dflt = "", .kinds = TLS,
	    .help = "PEM file of the authorities whose certificates clients "
		    "may have; there is no other authority" },
	{ AT(listen_conf, crl), .type = KEY_TEXT, .max = PATH_MAX - 1,
	    .dflt = "", .kinds = TLS,
	    .help = "PEM file with the lists of revoked certificates, one of "
		    "each authority; when one is too old nobody is let in" },
	{ AT(listen_conf, client), .type = KEY_WORD, .words = clients,
	    .dflt = "required", .kinds = TLS,
	    .help = "required: only clients with a certificate may send; "
		    "optional: those without one, too; none: nobody is asked "
		    "for one" },
	{ AT(listen_conf, peers), .type = KEY_TEXTS, .min = 1,
	    .max = CONFIG_LABEL_MAX, .kinds = TLS,
	    .help = "which certificates may send: fingerprints like "
		    "sha-256:AB:CD:... (or sha-1:), enough by themselves; "
		    "names like web1.example.net or *.example.net (exactly "
		    "one label) and addresses, for which ca must vouch. "
		    "Empty: every certificate of ca" },
	{ AT(listen_conf, match_cn), .type = KEY_BOOL, .dflt = "false",
	    .kinds = TLS,
	    .help = "a name of peers may also be the CN of a certificate, "
		    "not only a subjectAltName" },
	{ AT(listen_conf, legacy), .type = KEY_BOOL, .dflt = "false",
	    .kinds = TLS,
	    .help = "accept TLS_RSA_WITH_AES_128_CBC_SHA, too, for devices "
		    "of the time of RFC 5425; it has no forward secrecy and "
		    "needs an RSA certificate" },
	{ AT(listen_conf, watch), .type = KEY_BOOL, .dflt = "false",
	    .kinds = TLS,
	    .help = "look at these files each second, and reload as with "
		    "SIGHUP when one has changed" },
	{ AT(listen_conf, proxy_in_tls), .type = KEY_BOOL, .dflt = "false",
	    .kinds = TLS,
	    .help = "proxies send their PROXY header inside TLS, not before "
		    "it" },
	{ AT(listen_conf, optional), .type = KEY_BOOL, .dflt = "false",
	    .kinds = TLS,
	    .help = "without the file of its certificate this listener is "
		    "left out, which is said, instead of an error" },
	{ .name = NULL },
};

const struct conf_key output_keys[] = {
	{ AT(output_conf, path), .type = KEY_PATH, .min = 1,
	    .max = PATH_MAX - 1, .option = "output", .letter = 'o',
	    .repeat = true, .value = "PATH",
	    .help = "write to that file; may be given again. \"-\" is "
		    "standard output. %{FIELD} makes a file for each value, "
		    "as in /var/log/%{hostname}/%{app_name}.log" },
	{ AT(output_conf, name), .type = KEY_TEXT, .min = 1,
	    .max = CONFIG_LABEL_MAX,
	    .help = "in counters and messages, instead of the path" },
	{ AT(output_conf, format), .type = KEY_FORMAT, .words = formats,
	    .min = 1, .max = TEMPLATE_TEXT, .dflt = "rfc5424",
	    .option = "format", .letter = 'f', .value = "FORMAT",
	    .help = "what a line is: rfc5424 is canonical RFC 5424 for every "
		    "message, json an object, iso and bsd are the classic "
		    "TIME HOST APP[PID]: MSG, raw is the message as it came. "
		    "Or a template, like \"%{timestamp} %{hostname}: "
		    "%{msg}\"" },
	{ NAMED("facility", output_conf, choice), .type = KEY_FACILITIES,
	    .variable = true,
	    .help = "take only these facilities, by name or number: auth, "
		    "local0, 16; with ! in front: all but those. Empty: all" },
	{ NAMED("severity", output_conf, choice), .type = KEY_SEVERITY,
	    .variable = true, .max = CONFIG_LABEL_MAX,
	    .help = "take only this severity and the more severe, by name or "
		    "number: warning; \"=info\": exactly this one; "
		    "\"!warning\": only the less severe. Not given: all" },
	{ NAMED("app", output_conf, choice.app), .type = KEY_PATTERNS,
	    .variable = true, .min = 1, .max = CONFIG_LABEL_MAX,
	    .help = "take only messages of these programs: names or patterns "
		    "with * (any text) and ? (any byte); with ! in front: "
		    "all but those. Empty: all" },
	{ NAMED("host", output_conf, choice.host), .type = KEY_PATTERNS,
	    .variable = true, .min = 1, .max = CONFIG_LABEL_MAX,
	    .help = "take only messages of these hosts: patterns as of app; "
		    "upper and lower case are alike. Empty: all" },
	{ NAMED("match", output_conf, choice.match), .type = KEY_MATCH,
	    .variable = true, .min = 1, .max = CONFIG_MATCH_MAX,
	    .help = "take only messages whose text holds this regular "
		    "expression (PCRE2). Not given: all" },
	{ AT(output_conf, final), .type = KEY_BOOL, .dflt = "false",
	    .help = "a message that this output takes goes to no later one" },
	{ AT(output_conf, when_full), .type = KEY_WORD, .variable = true,
	    .words = fullness, .dflt = "block",
	    .help = "while this output stalls: block makes those who feed it "
		    "wait, drop drops its messages and counts them, so that "
		    "the other outputs go on" },
	{ AT(output_conf, rotate_size), .type = KEY_SIZE, .zero = true,
	    .min = 4096, .max = TIB, .dflt = "0", .option = "rotate-size",
	    .value = "SIZE",
	    .help = "before a file would grow beyond SIZE, rename it and go "
		    "on in a new one; 0: never" },
	{ AT(output_conf, rotate_every), .type = KEY_MSEC, .zero = true,
	    .min = MINUTE, .max = YEAR, .dflt = "0", .option = "rotate-every",
	    .value = "DURATION",
	    .help = "rename a file and go on in a new one at each DURATION "
		    "since local midnight, like 15m or 1h, or every so many "
		    "days at midnight, like 1d; 0: never" },
	{ AT(output_conf, keep), .type = KEY_NUMBER, .max = MILLION,
	    .dflt = "0", .option = "keep", .value = "N",
	    .help = "keep N rotated files of each file and delete the older "
		    "ones; 0: no limit" },
	{ AT(output_conf, keep_age), .type = KEY_MSEC, .zero = true,
	    .min = SECOND, .max = 100 * YEAR, .dflt = "0", .option = "keep-age",
	    .value = "DURATION",
	    .help = "delete what was rotated longer ago, like 30d; 0: no "
		    "limit" },
	{ AT(output_conf, keep_total), .type = KEY_SIZE, .zero = true,
	    .min = 4096, .max = 1024 * TIB, .dflt = "0", .option = "keep-total",
	    .value = "SIZE",
	    .help = "delete the oldest rotated files of the output while "
		    "they have more than SIZE together; 0: no limit" },
	{ AT(output_conf, keep_free), .type = KEY_SIZE, .max = 1024 * TIB,
	    .dflt = "0", .option = "keep-free", .value = "SIZE",
	    .help = "delete the oldest rotated files of the output while "
		    "less than SIZE is free on its disk; 0: no limit" },
	{ AT(output_conf, keep_min), .type = KEY_MSEC, .variable = true,
	    .zero = true, .min = SECOND, .max = 100 * YEAR, .dflt = "0",
	    .help = "delete nothing that was rotated less long ago, "
		    "whatever the other limits say; rather wait with a full "
		    "disk" },
	{ AT(output_conf, compress), .type = KEY_WORD, .words = compressions,
	    .dflt = "none", .option = "compress", .value = "HOW",
	    .help = "compress rotated files in the background: zstd or "
		    "gzip, or none" },
	{ AT(output_conf, sync), .type = KEY_MSEC, .words = syncs, .min = 1,
	    .max = HOUR, .dflt = "1s", .option = "sync", .value = "WHEN",
	    .help = "when to force to the disk; a duration: once in that "
		    "time" },
	{ AT(output_conf, max_open_files), .type = KEY_NUMBER, .variable = true,
	    .min = 1, .max = 100000, .dflt = "256",
	    .help = "of a path with fields: files open at one time; the one "
		    "that was used least recently is closed first" },
	{ AT(output_conf, max_files), .type = KEY_NUMBER, .variable = true,
	    .min = 1, .max = INT64_C(10) * MILLION, .dflt = "10000",
	    .help = "of a path with fields: file names a day; what would "
		    "make more goes to the file _other and is counted" },
	{ AT(output_conf, max_new_files), .type = KEY_NUMBER, .variable = true,
	    .max = MILLION, .dflt = "100",
	    .help = "of a path with fields: new file names a minute and peer "
		    "address, then _other; 0: no limit" },
	{ AT(output_conf, mode), .type = KEY_OCTAL, .variable = true,
	    .max = 0777, .dflt = "0640", .help = "permissions of a new file" },
	{ AT(output_conf, dir_mode), .type = KEY_OCTAL, .variable = true,
	    .max = 0777, .dflt = "0750",
	    .help = "permissions of a new folder" },
	{ AT(output_conf, owner), .type = KEY_NAME, .max = CONFIG_LABEL_MAX,
	    .dflt = "",
	    .help = "whose new files and folders are: a user's name or "
		    "number; only root may give them away. Empty: ours" },
	{ AT(output_conf, group), .type = KEY_NAME, .max = CONFIG_LABEL_MAX,
	    .dflt = "",
	    .help = "the group of new files and folders: a name or number; "
		    "it must be one of ours unless we are root. Empty: what "
		    "the system chooses" },
	{ .name = NULL },
};

const struct conf_key global_keys[] = {
	{ AT(config, workers), .type = KEY_NUMBER, .max = CONFIG_WORKERS_MAX,
	    .dflt = "0", .option = "workers", .value = "N", .restart = true,
	    .help = "receiving threads; 0: one per two cores" },
	{ AT(config, memory), .type = KEY_SIZE, .min = MIB, .max = TIB,
	    .dflt = "256M", .option = "memory", .value = "SIZE",
	    .restart = true,
	    .help = "bound on everything received and not yet written" },
	{ AT(config, max_message), .type = KEY_SIZE, .min = 480, .max = MIB,
	    .dflt = "64K", .option = "max-message", .value = "SIZE",
	    .restart = true,
	    .help = "cut longer messages there; they are marked and counted" },
	{ AT(config, latency), .type = KEY_MSEC, .variable = true, .zero = true,
	    .min = 1, .max = SECOND, .dflt = "1ms",
	    .help = "how long a busy input may wait to gather more; 0: it "
		    "never waits, which costs more of the processor" },
	{ AT(config, hostname), .type = KEY_NAME, .max = CONFIG_HOSTNAME_MAX,
	    .dflt = "", .option = "hostname", .value = "NAME",
	    .help = "what we call ourselves (default: the system's name)" },
	{ AT(config, http), .type = KEY_TEXT, .min = 1, .max = CONFIG_LABEL_MAX,
	    .dflt = "127.0.0.1:8514", .option = "http", .value = "ADDR:PORT",
	    .restart = true,
	    .help = "serve /metrics, /healthz, /readyz and /status there; "
		    "\"none\": nowhere" },
	{ AT(config, http_hosts), .type = KEY_TEXTS, .variable = true, .min = 1,
	    .max = CONFIG_HOSTNAME_MAX,
	    .help = "further names by which the status server may be asked; "
		    "addresses, localhost and our own name always may" },
	{ AT(config, user), .type = KEY_NAME, .max = CONFIG_LABEL_MAX,
	    .dflt = "", .option = "user", .value = "NAME", .restart = true,
	    .help = "become this user after binding, when started as root "
		    "(default: stay who we are); a name, or a number" },
	{ AT(config, group), .type = KEY_NAME, .max = CONFIG_LABEL_MAX,
	    .dflt = "", .option = "group", .value = "NAME", .restart = true,
	    .help =
		"become this group, a name or a number (default: that of the "
		"user)" },
	{ AT(config, state), .type = KEY_TEXT, .variable = true, .min = 1,
	    .max = PATH_MAX - 1, .dflt = "/var/lib/syncline", .restart = true,
	    .help = "folder for what must survive a restart and is no log; "
		    "nothing in this version needs it, and it is not made" },
	{ AT(config, stop_timeout), .type = KEY_MSEC, .variable = true,
	    .min = 100, .max = HOUR, .dflt = "5s",
	    .help = "at a stop: time to write what was received" },
	{ AT(config, include), .type = KEY_TEXTS, .min = 1, .max = PATH_MAX - 1,
	    .help = "more files of this kind, by name or pattern like "
		    "\"conf.d/*.yaml\", relative to the file that says so; "
		    "their listeners and outputs are added" },
	{ AT(config, verbose), .type = KEY_BOOL, .dflt = "false",
	    .option = "verbose", .letter = 'v',
	    .help = "say more on standard error" },
	{ .name = NULL },
};

const struct key_section key_sections[] = {
	{ "Receiving", listen_keys },
	{ "Writing", output_keys },
	{ "The collector", global_keys },
	{ NULL, NULL },
};
