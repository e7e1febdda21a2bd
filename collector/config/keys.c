/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keys.c - the tables of keys: every setting there is
 */
#include "config/keys.h"

#include <limits.h>

#include "wire/frame.h"

#define AT(s, m) .name = #m, .offset = offsetof(struct s, m)

enum { MIB = 1 << 20, GIB = 1 << 30 };
enum { SECOND = 1000, HOUR = 60 * 60 * SECOND, DAY = 24 * HOUR };
/* Too wide for an enumerator of C11. */
#define TIB  (INT64_C(1) << 40)
#define YEAR (INT64_C(365) * DAY)

/* Of struct conf_key: kinds. */
enum {
	DATAGRAM = 1 << LISTEN_UDP | 1 << LISTEN_UNIX,
	STREAM = 1 << LISTEN_TCP | 1 << LISTEN_UNIX_STREAM,
	UNIX = 1 << LISTEN_UNIX | 1 << LISTEN_UNIX_STREAM
};

static const struct key_word framings[] = {
	{ "auto", FRAME_AUTO },
	{ "octet", FRAME_OCTET },
	{ "lf", FRAME_LF },
	{ "nul", FRAME_NUL },
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

static const struct key_word syncs[] = {
	{ "never", SYNC_NEVER },
	{ "always", SYNC_ALWAYS },
	{ NULL, 0 },
};

const struct conf_key listen_keys[] = {
	{ AT(listen_conf, url), .type = KEY_TEXT, .min = 1,
	    .max = CONFIG_URL_MAX, .option = "listen", .letter = 'l',
	    .repeat = true, .value = "URL",
	    .help = "receive there; may be given again. udp://HOST:PORT, "
		    "tcp://HOST:PORT, unix:///PATH (datagrams) or "
		    "unix-stream:///PATH. HOST is a name, an address ([::1] "
		    "for IPv6) or * for every address; PORT is 514 when "
		    "left out" },
	{ AT(listen_conf, framing), .type = KEY_WORD, .words = framings,
	    .dflt = "auto", .kinds = STREAM,
	    .help = "how messages are told apart" },
	{ AT(listen_conf, idle_timeout), .type = KEY_MSEC, .zero = true,
	    .min = 1, .max = YEAR, .dflt = "0", .kinds = STREAM,
	    .help = "close a connection that is silent for so long; 0: never" },
	{ AT(listen_conf, max_connections), .type = KEY_NUMBER, .min = 1,
	    .max = 1000000, .dflt = "10000", .kinds = STREAM,
	    .help = "connections at one time" },
	{ AT(listen_conf, mode), .type = KEY_OCTAL, .max = 0777, .dflt = "0666",
	    .kinds = UNIX, .help = "of the socket's file" },
	{ AT(listen_conf, name), .type = KEY_TEXT, .min = 1,
	    .max = CONFIG_LABEL_MAX,
	    .help = "in counters and messages, instead of the URL" },
	{ AT(listen_conf, receive_buffer), .type = KEY_SIZE, .min = 4096,
	    .max = GIB, .dflt = "4M", .kinds = DATAGRAM,
	    .help = "what the kernel holds for us" },
	{ .name = NULL },
};

const struct conf_key output_keys[] = {
	{ AT(output_conf, path), .type = KEY_TEXT, .min = 1,
	    .max = PATH_MAX - 1, .option = "output", .letter = 'o',
	    .repeat = true, .value = "PATH",
	    .help = "write to that file; may be given again. \"-\" is "
		    "standard output" },
	{ AT(output_conf, format), .type = KEY_WORD, .words = formats,
	    .dflt = "rfc5424", .option = "format", .letter = 'f',
	    .value = "FORMAT",
	    .help = "what a line is: rfc5424 is canonical RFC 5424 for every "
		    "message, raw the message as it came" },
	{ AT(output_conf, rotate_size), .type = KEY_SIZE, .zero = true,
	    .min = 4096, .max = TIB, .dflt = "0", .option = "rotate-size",
	    .value = "SIZE",
	    .help = "before a file would grow beyond SIZE, rename it and go "
		    "on in a new one; 0: never" },
	{ AT(output_conf, sync), .type = KEY_MSEC, .words = syncs, .min = 1,
	    .max = HOUR, .dflt = "1s", .option = "sync", .value = "WHEN",
	    .help = "when to force to the disk; a duration: once in that "
		    "time" },
	{ AT(output_conf, mode), .type = KEY_OCTAL, .max = 0777, .dflt = "0640",
	    .help = "of a new file" },
	{ AT(output_conf, dir_mode), .type = KEY_OCTAL, .max = 0777,
	    .dflt = "0750", .help = "of a new folder" },
	{ .name = NULL },
};

const struct conf_key global_keys[] = {
	{ AT(config, http), .type = KEY_TEXT, .min = 1, .max = CONFIG_LABEL_MAX,
	    .dflt = "127.0.0.1:8514", .option = "http", .value = "ADDR:PORT",
	    .help = "serve /metrics, /healthz, /readyz and /status there; "
		    "\"none\": nowhere" },
	{ AT(config, workers), .type = KEY_NUMBER, .max = CONFIG_WORKERS_MAX,
	    .dflt = "0", .option = "workers", .value = "N",
	    .help = "receiving threads; 0: one per two cores" },
	{ AT(config, memory), .type = KEY_SIZE, .min = MIB, .max = TIB,
	    .dflt = "256M", .option = "memory", .value = "SIZE",
	    .help = "bound on everything received and not yet written" },
	{ AT(config, max_message), .type = KEY_SIZE, .min = 480, .max = MIB,
	    .dflt = "64K", .option = "max-message", .value = "SIZE",
	    .help = "cut longer messages there; they are marked and counted" },
	{ AT(config, hostname), .type = KEY_NAME, .max = CONFIG_HOSTNAME_MAX,
	    .dflt = "", .option = "hostname", .value = "NAME",
	    .help = "what we call ourselves (default: the system's name)" },
	{ AT(config, verbose), .type = KEY_BOOL, .dflt = "no",
	    .option = "verbose", .letter = 'v',
	    .help = "say more on standard error" },
	{ AT(config, stop_timeout), .type = KEY_MSEC, .min = 100, .max = HOUR,
	    .dflt = "5s", .help = "time to write what was received" },
	{ .name = NULL },
};

const struct key_section key_sections[] = {
	{ "Receiving", listen_keys },
	{ "Writing", output_keys },
	{ "The collector", global_keys },
	{ NULL, NULL },
};
