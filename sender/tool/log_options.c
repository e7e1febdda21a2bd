/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log_options.c - the options of `syncline log`: those of logger(1), and ours
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#include "tool/log.h"
#include "tool/tool.h"
#include "wire/pri.h"

enum {
	OPT_RFC3164 = LOG_WHERE_END,
	OPT_RFC5424,
	OPT_SD_ID,
	OPT_SD_PARAM,
	OPT_MSGID,
	OPT_OCTET_COUNT,
	OPT_LF,
	OPT_ID,
	OPT_PRIO_PREFIX,
	OPT_NO_ACT,
	OPT_RATE,
	OPT_TIMEOUT,
	OPT_STALL,
	OPT_SOCKET_ERRORS,
	OPT_JOURNALD,
	SIZE_MAX_MESSAGE = 65536
};

/* Past the year 9999, which no TIMESTAMP can tell: it is "-" (RFC-15). */
static const struct timespec no_time = { .tv_sec = INT64_C(400000000000) };

const char log_help[] =
    "Usage: syncline log [OPTION]... [MESSAGE]...\n"
    "       COMMAND | syncline log [OPTION]... [-]\n"
    "\n"
    "Sends a message, or each line of standard input, to a collector.\n"
    "\n"
    "  -p, --priority PRI     facility.severity, severity or a number\n"
    "                         (user.notice)\n"
    "  -t, --tag TAG          who logs (the user's name)\n"
    "  -i, --id[=ID]          the process id, or this one, behind the tag\n"
    "  -f, --file FILE        send the lines of this file\n"
    "  -e, --skip-empty       leave out empty lines\n"
    "      --prio-prefix      a <PRI> before a line is its priority\n"
    "  -s, --stderr           write it to standard error, too\n"
    "  -S, --size SIZE        longest message, in bytes, or like 8K (64K)\n"
    "      --msgid ID         MSGID\n"
    "      --sd-id ID         begin an element of structured data\n"
    "      --sd-param N=\"V\"   a parameter of it\n"
    "      --rfc5424[=WITHOUT]    the format (the default, but for /dev/log);\n"
    "                         WITHOUT: notime, nohost, notq, with commas\n"
    "      --rfc3164          the old format (for /dev/log)\n"
    "      --no-act           do all but send\n"
    "\n"
    "Where to (default: $SYNCLINE_URL, or unix:///dev/log):\n"
    "      --url URL          tcp://HOST:PORT, udp://HOST:PORT, unix:///PATH,\n"
    "                         tls://HOST:PORT?ca=FILE; several with blanks\n"
    "                         between: the next one is tried when one cannot\n"
    "                         be reached, or hangs\n"
    "  -u, --socket PATH      a unix socket\n"
    "      --socket-errors[=WHEN] off: silence and status 0 when a unix socket\n"
    "                         does not take it; on, auto: not so (on)\n"
    "  -n, --server HOST      this host, by UDP, or with\n"
    "  -T, --tcp              by TCP\n"
    "  -d, --udp              by UDP\n"
    "      --tls              in TLS\n"
    "  -P, --port PORT        at this port (514; in TLS 6514)\n"
    "      --octet-count      octet counting, which is the default\n"
    "      --lf               newlines between messages instead\n"
    "\n"
    "In TLS; --tls-ca or --tls-fingerprint is needed, the others where wanted:\n"
    "      --tls-ca FILE      who signed the collector's certificate\n"
    "      --tls-fingerprint FP   of that certificate, sha-256:... or sha-1:...\n"
    "      --tls-name NAME    for whom it is (the host)\n"
    "      --tls-certificate FILE, --tls-key FILE   ours\n"
    "\n"
    "      --spool DIR        what cannot be sent waits in this folder\n"
    "      --rate N           at most N messages a second\n"
    "      --timeout SECONDS  how long to wait for the collector (5)\n"
    "      --stall SECONDS    when the next of several URLs is tried, because one\n"
    "                         takes nothing any more (10)\n"
    "  -h, --help\n"
    "  -V, --version\n"
    "\n"
    "Exit status: 0 all was delivered, 1 not all, 2 wrong usage.\n";

/* In any case, as logger(1) takes them. */
static bool
is_name(struct slice s, const char *name)
{
	return s.n == strlen(name) && strncasecmp(s.p, name, s.n) == 0;
}

static int
one_of(struct slice name, const char *(*name_of)(unsigned), unsigned count)
{
	static const struct {
		const char *other, *name;
	} aliases[] = { { "error", "err" }, { "warn", "warning" },
		{ "panic", "emerg" }, { "security", "auth" } };

	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (is_name(name, aliases[i].other))
			name = slice_str(aliases[i].name);
	for (unsigned i = 0; i < count; i++)
		if (is_name(name, name_of(i)))
			return (int)i;
	return -1;
}

/* A whole number from min to max; -1: it is none. */
static int64_t
number(const char *text, int64_t min, int64_t max)
{
	char *end;
	long long n;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	n = strtoll(text, &end, 10);
	return *end == '\0' && n >= min && n <= max ? n : -1;
}

/* Bytes, or KiB with K or KiB behind, as logger(1) takes them; -1: none. */
static int64_t
size(const char *text)
{
	size_t n;
	bool kib;
	char digits[8];

	while (text[0] == '0' && text[1] >= '0' && text[1] <= '9')
		text++;
	n = strspn(text, "0123456789");
	kib = strcmp(text + n, "K") == 0 || strcmp(text + n, "KiB") == 0;
	if (n >= sizeof(digits) || (text[n] != '\0' && !kib))
		return -1;
	(void)memcpy(digits, text, n);
	digits[n] = '\0';
	return kib ? number(digits, 1, SIZE_MAX_MESSAGE / 1024) * 1024
		   : number(digits, 1, SIZE_MAX_MESSAGE);
}

/* What the header of RFC 5424 does without; NULL: nothing. No timeQuality is
 * sent anyway. */
static int
leave_out(struct log_job *job, char *list)
{
	const char *word = list != NULL ? strsep(&list, ",") : NULL;

	for (; word != NULL; word = strsep(&list, ",")) {
		if (strcmp(word, "notime") == 0)
			job->record.time = no_time;
		else if (strcmp(word, "nohost") == 0)
			job->opts.hostname = "-";
		else if (strcmp(word, "notq") != 0 && word[0] != '\0')
			return tool_usage("syncline log",
			    "--rfc5424=%s: notime, notq and nohost are what it "
			    "can do without",
			    word);
	}
	return TOOL_OK;
}

/* The header of RFC 3164 cannot do without: such a time would be told as
 * another one. */
static void
leave_in(struct log_job *job)
{
	job->record.time = (struct timespec){ 0 };
	job->opts.hostname = NULL;
}

int
log_priority(const char *text)
{
	const char *dot = strchr(text, '.');
	int facility = LOG_USER >> 3, severity;

	if (text[0] >= '0' && text[0] <= '9' && dot == NULL)
		return (int)number(text, 0, 191);
	if (dot != NULL) {
		facility = one_of(slice_of(text, (size_t)(dot - text)),
		    pri_facility_name, 24);
		text = dot + 1;
	}
	severity = text[0] >= '0' && text[0] <= '9'
	    ? (int)number(text, 0, 7)
	    : one_of(slice_str(text), pri_severity_name, 8);
	return facility < 0 || severity < 0 ? -1 : facility * 8 + severity;
}

/* NAME="VALUE", where logger(1) wants the quotes and we do not. */
static int
add_param(struct log_job *job, char *text)
{
	struct syncline_record *r = &job->record;
	struct syncline_param *p = &job->params[job->n_params];
	char *equal = strchr(text, '=');
	size_t n;

	if (r->n_elements == 0)
		return tool_usage("syncline log",
		    "--sd-param: an --sd-id must come before it");
	if (equal == NULL || equal == text)
		return tool_usage("syncline log",
		    "--sd-param %s: NAME=\"VALUE\" is wanted", text);
	if (job->n_params == LOG_PARAMS)
		return tool_usage("syncline log",
		    "more than %d times --sd-param", (int)LOG_PARAMS);
	*equal++ = '\0';
	n = strlen(equal);
	if (n >= 2 && equal[0] == '"' && equal[n - 1] == '"') {
		equal++;
		n -= 2;
	}
	*p = (struct syncline_param){
		.name = text, .value = equal, .value_len = n
	};
	job->n_params++;
	if (job->elements[r->n_elements - 1].n_params++ == 0)
		job->elements[r->n_elements - 1].params = p;
	return TOOL_OK;
}

static int
add_element(struct log_job *job, const char *id)
{
	struct syncline_record *r = &job->record;

	for (size_t i = 0; i < r->n_elements; i++)
		if (strcmp(job->elements[i].id, id) == 0)
			return tool_usage("syncline log",
			    "--sd-id %s: it is there twice", id);
	if (id[0] == '\0' || r->n_elements == LOG_ELEMENTS)
		return tool_usage("syncline log",
		    "--sd-id: an id is wanted, and at most %d of them",
		    (int)LOG_ELEMENTS);
	job->elements[r->n_elements++] = (struct syncline_element){ .id = id };
	return TOOL_OK;
}

/* What logger(1) says of /dev/log is said in any case, unless it is off. */
static int
take_socket_errors(struct log_job *job, const char *when)
{
	job->no_socket_errors = when != NULL && strcmp(when, "off") == 0;
	if (job->no_socket_errors || when == NULL || strcmp(when, "on") == 0 ||
	    strcmp(when, "auto") == 0)
		return TOOL_OK;
	return tool_usage(
	    "syncline log", "--socket-errors=%s: on, off or auto", when);
}

/* Options with a value that must be right. */
static int
take_value(struct log_job *job, int letter, char *value)
{
	int64_t n = -1;

	switch (letter) {
	case 'p':
		n = job->record.pri = log_priority(value);
		break;
	case 'S':
		n = size(value);
		job->opts.max_message = (size_t)n;
		break;
	case OPT_RATE:
		n = job->rate = number(value, 1, 1000000000);
		break;
	case OPT_TIMEOUT:
		n = number(value, 0, 86400);
		job->timeout = n * 1000;
		break;
	case OPT_STALL:
		n = number(value, 1, 86400);
		job->opts.stall_ms = (int)(n * 1000);
		break;
	case OPT_SD_ID:
		return add_element(job, value);
	case OPT_SD_PARAM:
		return add_param(job, value);
	case OPT_SOCKET_ERRORS:
		return take_socket_errors(job, value);
	case OPT_JOURNALD:
		return tool_usage("syncline log",
		    "--journald: only systemd's journal takes such entries; "
		    "`logger --journald` writes them, and here --sd-id and "
		    "--sd-param send fields");
	}
	if (n < 0)
		return tool_usage(
		    "syncline log", "%s: no such value of this option", value);
	return TOOL_OK;
}

/* What each of these letters sets. */
static bool
take_flag(struct log_job *job, int letter)
{
	static const struct {
		int letter, set, clear;
	} rows[] = {
		{ 's', SYNCLINE_PERROR, 0 },
		{ 'i', SYNCLINE_PID, 0 },
		{ OPT_ID, SYNCLINE_PID, 0 },
		{ OPT_RFC3164, SYNCLINE_RFC3164, SYNCLINE_RFC5424 },
		{ OPT_RFC5424, SYNCLINE_RFC5424, SYNCLINE_RFC3164 },
		{ OPT_OCTET_COUNT, 0, SYNCLINE_LF },
		{ OPT_LF, SYNCLINE_LF, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].letter != letter)
			continue;
		job->opts.flags |= rows[i].set;
		job->opts.flags &= ~rows[i].clear;
		if (letter == OPT_ID && optarg != NULL)
			job->opts.procid = optarg;
		return true;
	}
	return false;
}

/* Those that only set something. */
static bool
take_simple(struct log_job *job, int letter)
{
	switch (letter) {
	case 't':
		job->opts.ident = optarg;
		return true;
	case 'f':
		job->file = optarg;
		return true;
	case 'e':
		job->skip_empty = true;
		return true;
	case 'h':
		job->help = true;
		return true;
	case 'V':
		job->version = true;
		return true;
	case OPT_MSGID:
		job->record.msgid = optarg;
		return true;
	case OPT_PRIO_PREFIX:
		job->prio_prefix = true;
		return true;
	case OPT_NO_ACT:
		job->no_act = true;
		return true;
	default:
		return take_flag(job, letter);
	}
}

static const char letters[] = ":p:t:if:esS:u:n:P:TdhV";
static const struct option options[] = {
	{ "priority", required_argument, NULL, 'p' },
	{ "tag", required_argument, NULL, 't' },
	{ "id", optional_argument, NULL, OPT_ID },
	{ "file", required_argument, NULL, 'f' },
	{ "skip-empty", no_argument, NULL, 'e' },
	{ "stderr", no_argument, NULL, 's' },
	{ "size", required_argument, NULL, 'S' },
	{ "socket", required_argument, NULL, 'u' },
	{ "server", required_argument, NULL, 'n' },
	{ "port", required_argument, NULL, 'P' },
	{ "tcp", no_argument, NULL, 'T' },
	{ "udp", no_argument, NULL, 'd' },
	{ "rfc3164", no_argument, NULL, OPT_RFC3164 },
	{ "rfc5424", optional_argument, NULL, OPT_RFC5424 },
	{ "sd-id", required_argument, NULL, OPT_SD_ID },
	{ "sd-param", required_argument, NULL, OPT_SD_PARAM },
	{ "msgid", required_argument, NULL, OPT_MSGID },
	{ "octet-count", no_argument, NULL, OPT_OCTET_COUNT },
	{ "lf", no_argument, NULL, OPT_LF },
	{ "prio-prefix", no_argument, NULL, OPT_PRIO_PREFIX },
	{ "no-act", no_argument, NULL, OPT_NO_ACT },
	{ "tls", no_argument, NULL, LOG_TLS },
	{ "tls-ca", required_argument, NULL, LOG_TLS_CA },
	{ "tls-certificate", required_argument, NULL, LOG_TLS_CERTIFICATE },
	{ "tls-key", required_argument, NULL, LOG_TLS_KEY },
	{ "tls-fingerprint", required_argument, NULL, LOG_TLS_FINGERPRINT },
	{ "tls-name", required_argument, NULL, LOG_TLS_NAME },
	{ "url", required_argument, NULL, LOG_URL },
	{ "spool", required_argument, NULL, LOG_SPOOL },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "stall", required_argument, NULL, OPT_STALL },
	{ "socket-errors", optional_argument, NULL, OPT_SOCKET_ERRORS },
	{ "journald", optional_argument, NULL, OPT_JOURNALD },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

int
log_options(struct log_job *job, int argc, char **argv)
{
	struct log_where w = { .scheme = "udp" };
	int letter, status = TOOL_OK;

	opterr = 0;
	while (status == TOOL_OK &&
	    (letter = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (letter == ':' || letter == '?')
			return tool_bad_option("syncline log", letter, argv);
		if (letter == OPT_RFC5424)
			status = leave_out(job, optarg);
		if (letter == OPT_RFC3164)
			leave_in(job);
		if (!take_simple(job, letter) &&
		    !log_take_where(job, &w, letter))
			status = take_value(job, letter, optarg);
	}
	if (status != TOOL_OK)
		return status;
	job->first = optind;
	if (job->file != NULL && optind < argc)
		return tool_usage(
		    "syncline log", "a message or --file, one of them");
	if (optind == argc ||
	    (optind + 1 == argc && strcmp(argv[optind], "-") == 0)) {
		job->file = job->file != NULL ? job->file : "-";
		job->first = argc;
	}
	return log_make_url(job, &w);
}
