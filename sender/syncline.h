/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syncline.h - send log messages without ever making the caller wait
 *
 * A call copies the message into a ring in memory and returns; a thread of
 * the library composes, connects, sends and tries again. Nothing that was
 * accepted is lost without being counted (syncline_stats()), and the
 * collector is told how many of which severity were dropped.
 *
 * Unless a function says otherwise:
 *
 * - It returns 0 or a negative errno value; syncline_strerror() has the words.
 *   errno itself is kept, so `%m` and the caller's own checks still work.
 * - It may be called from any thread. From a signal handler only
 *   syncline_sigsafe() may be called, and where the thread runs,
 *   syncline_flush().
 * - After fork(2) the child may go on with the same handle: its first call
 *   gives it an empty ring, a connection, a PROCID and a sequence of its own;
 *   what the parent had queued, the parent sends. (Not after vfork(2).)
 * - No signal is raised (SIGPIPE), and nothing is written to standard output
 *   or error, but for SYNCLINE_PERROR.
 * - Times are milliseconds, sizes are bytes. Strings are copied.
 */
#ifndef SYNCLINE_H
#define SYNCLINE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SYNCLINE_PRINTF(f, a) __attribute__((format(printf, f, a)))
#pragma GCC visibility push(default)
#else
#define SYNCLINE_PRINTF(f, a)
#endif

struct syncline; /* a handle: a ring, and who sends what is in it */
struct syncline_event;

/* What happens to a message that finds no room in the ring. */
enum syncline_overflow {
	/*
	 * The default: the least severe go first (RFC 5424 section 8.6). debug
	 * and info are refused from 70 % of the ring on, notice and warning
	 * from 85 %; the rest is for err and what is more severe.
	 */
	SYNCLINE_DROP_LOWEST,
	SYNCLINE_DROP_NEWEST, /* all alike, when the ring is full */
	/* The caller waits for room, opts.block_ms at most; then it is
	 * dropped. Never in syncline_sigsafe(); not with NO_THREAD. */
	SYNCLINE_BLOCK
};

enum {
	SYNCLINE_RFC5424 = 1 << 0, /* the form, whatever the URL: the default
				      but for unix:///dev/log */
	SYNCLINE_RFC3164 = 1 << 1, /* the old form: local time, no MSGID;
				      structured data is put before the text */
	SYNCLINE_PID = 1 << 2,     /* RFC 3164: the process id behind the tag
				      (RFC 5424 always has PROCID) */
	SYNCLINE_PERROR = 1 << 3, /* also to standard error: "ident[pid]: text",
				     by the caller, in one writev(2) */
	SYNCLINE_NO_SEQUENCE = 1 << 4,  /* no [meta sequenceId="N"] */
	SYNCLINE_TIME_QUALITY = 1 << 5, /* [timeQuality tzKnown="1"
			isSynced="0 or 1"], as the kernel says (section 7.1) */
	SYNCLINE_LF = 1 << 6,       /* streams: LF ends a message, instead of
			 octet counting (RFC 6587 3.4.2); an LF in it
			 becomes a blank */
	SYNCLINE_NO_THREAD = 1 << 7 /* no thread: the program calls
			syncline_step() */
};

/*
 * How a handle behaves. Begin with SYNCLINE_OPTS_INIT, so that members of
 * later versions have their defaults; 0 and NULL are defaults, too.
 */
struct syncline_opts {
	size_t size;          /* sizeof(struct syncline_opts) */
	const char *ident;    /* APP-NAME, at most 48 bytes; NULL: the program's
				 name */
	const char *hostname; /* HOSTNAME, at most 255; NULL: the system's */
	int facility; /* LOG_USER ... of <syslog.h>, for a pri without one;
			 0: LOG_USER */
	int flags;    /* SYNCLINE_..., or-ed */
	enum syncline_overflow overflow;
	int block_ms;  /* for SYNCLINE_BLOCK; 0: 1000 */
	size_t memory; /* of the ring: 64 KiB to 1 GiB, rounded up to a power
			  of two; 0: 1 MiB. Taken at once, never more */
	size_t max_message; /* of MSG: what is longer is cut there, between
			two UTF-8 characters, and counted. At most 64
			KiB and a twentieth of memory; 0: 8192, or
			that twentieth */
	int connect_ms;     /* how long one attempt may take, the look-up of the
			       name and the handshake included; 0: 5000 */
	int retry_min_ms, retry_max_ms; /* between two rounds of attempts:
			doubled each time, and varied by a random half;
			0: 50 and 10000 */
	/*
	 * A folder for what cannot be sent now (made when it is not there);
	 * NULL: none. It is sent in order, before what came later, also by
	 * the next process after a crash. Of several processes each takes a
	 * part of it (64 at most). When it is full, or the disk is, the ring
	 * fills up.
	 *
	 * What is in it survives the program's end at once; a power cut, as
	 * far as the disk keeps what it says, a second later, or when
	 * syncline_flush() (file://) or syncline_close() has returned:
	 * the thread syncs the files, and of a new one, of which each has at
	 * most 8 MiB, the folders. What was delivered in that second may be
	 * sent again. The kernel tells of what it could not store only once: a
	 * file whose sync has failed is read and written once more, to another
	 * one, each second until that is synced. Before that, neither flush
	 * nor close says that it is on the disk; nor ever, when it does not
	 * read as it was written.
	 */
	const char *spool;
	uint64_t spool_size; /* of all its files of one handle; 0: 64 MiB; at
				least 1 MiB. After a failed sync the copy of
				one file, 8 MiB, comes on top */
	const char *sd_id;   /* SD-ID of syncline_kv(); NULL: "kv@32473" */
	/* [origin software="..." swVersion="..." enterpriseId="..."] with each
	 * message (RFC 5424 section 7.2); at most 48, 32, 64 bytes. */
	const char *origin_software, *origin_version, *origin_enterprise;
	const char *procid; /* PROCID, at most 128; NULL: the process id, also
			of the child of a fork */
	/* see syncline_on_event(); from here on, nothing is missed */
	void (*on_event)(const struct syncline_event *event, void *arg);
	void *on_event_arg;
	char *why;       /* when syncline_open() fails: the reason in words */
	size_t why_size; /* is put here; ends with a NUL, cut if need be */
	/*
	 * Where there are several URLs: a stream whose peer has taken nothing
	 * for so long, though something waits for it, is left, and the next
	 * URL tried; 0: 10000. Its kernel takes some hundred KiB for a
	 * collector that hangs, so this begins when that is full. With one URL
	 * such a collector is waited for.
	 */
	int stall_ms;
};

#define SYNCLINE_OPTS_INIT                           \
	{                                            \
		.size = sizeof(struct syncline_opts) \
	}

/*
 * syncline_open - make a handle
 *
 * out   receives the handle, which syncline_close() frees; untouched when
 *       this fails
 * urls  where to send to; several, with blanks between, in the order of
 *       preference: the next is tried when one cannot be reached, or takes
 *       nothing any more (opts.stall_ms). What it had not acknowledged is sent
 *       to the next (syncline_stats(): resent).
 *         unix:///dev/log              datagrams (or a stream, where the
 *                                      socket is one)
 *         unix-stream:///run/x.sock    octet counting
 *         udp://host:port              port 514 when none is given
 *         tcp://host:port              octet counting (RFC 6587 3.4.1)
 *         tls://host:port?ca=FILE      the same in TLS 1.2 or 1.3 (RFC 5425);
 *                                      port 6514 when none is given
 *         file:///folder               alone: everything goes to this spool
 *                                      folder, for somebody else to send
 *       An IPv6 address stands in brackets. NULL: $SYNCLINE_URL (ignored in
 *       set-uid programs), or unix:///dev/log.
 *       When unix:///dev/log is the first, messages are RFC 3164 without a
 *       host name, as those of syslog(3), because those who listen there
 *       expect it; SYNCLINE_RFC5424 changes that.
 * opts  NULL: the defaults
 *
 * Behind the ? of tls:// stand NAME=VALUE with & between; a blank is %20, a
 * percent sign %25, an & %26. All files are PEM. One of the first two is
 * needed: there is no default authority.
 *
 *   ca=FILE           who signs the collector's certificate
 *   fingerprint=FP    sha-256:AB:CD:... or sha-1:... of the collector's own
 *                     certificate, several with commas between, 8 at most.
 *                     Enough by itself: neither ca, name nor dates are asked
 *   name=NAME         for whom its certificate must be, a name or an address,
 *                     by subjectAltName (* is its whole left-most label); it
 *                     is asked for by that name (SNI). Default: the host
 *   match_cn=true     a name in CN counts, too
 *   certificate=FILE  ours, and those in between; for collectors that want one
 *   key=FILE          its private key, which others may not read
 *   crl=FILE          which certificates ca has revoked: every authority on
 *                     the way needs a list there that has not ended
 *   legacy=true       also TLS_RSA_WITH_AES_128_CBC_SHA (RFC 9662), for old
 *                     collectors
 *
 * The files are read by this call, and again before a connection is made when
 * they were changed (syncline_reopen() makes one). What has become unreadable
 * is told (SYNCLINE_TLS_STALE), and what was read before is used.
 *
 * A collector that cannot show that it is the one gets no message: that counts
 * as unreachable, and the next URL is tried. fork(2) may wait some
 * milliseconds while a handshake is computed.
 *
 * Does not wait: a collector that is away, or whose name is unknown, is no
 * error. Messages wait for it, in memory and in the spool.
 *
 *   -EINVAL   a URL or an option is not understood
 *   -ENOMEM, -EAGAIN   no memory, or no thread
 *   others    the spool folder cannot be used, for this reason
 *
 * A file of tls:// that is missing or wrong is -EINVAL; opts.why names it.
 */
int syncline_open(
    struct syncline **out, const char *urls, const struct syncline_opts *opts);

/*
 * syncline_log, syncline_vlog - queue a message, as printf(3)
 *
 * pri   severity, or-ed with a facility (LOG_ERR, LOG_MAIL | LOG_INFO);
 *       without one, opts.facility
 * fmt   as for syslog(3), %m included. A fmt without % is not formatted.
 *
 * Never blocks (but see SYNCLINE_BLOCK); where the thread sleeps, and can do
 * something with a message, it is woken by one futex(2). A formatted text above
 * 1 KiB is made in memory of malloc(3), every other without.
 *
 *   -EINVAL   pri is none (RFC 5424 section 6.2.1), or fmt is none
 *   -ENOBUFS  the ring is full for this severity: dropped and counted
 *   -ENOMEM   no memory for a text above 1 KiB: dropped and counted
 *   -EAGAIN   in the child of a fork(2), when it gets no thread: not counted
 */
int syncline_log(struct syncline *s, int pri, const char *fmt, ...)
    SYNCLINE_PRINTF(3, 4);
int syncline_vlog(struct syncline *s, int pri, const char *fmt, va_list ap)
    SYNCLINE_PRINTF(3, 0);

/* syncline_send - queue len bytes as they are: no format, NULs allowed */
int syncline_send(struct syncline *s, int pri, const void *text, size_t len);

/* A parameter of structured data: value is any bytes. */
struct syncline_param {
	const char *name;  /* 1 to 32 characters */
	const char *value; /* what the value may not hold is escaped (RFC 5424
			      6.3.3); what is no UTF-8 becomes U+FFFD */
	size_t value_len;
};

struct syncline_element {
	const char *id; /* SD-ID, 1 to 32 characters; those without @ are
			   IANA's (section 6.3.2) */
	const struct syncline_param *params;
	size_t n_params;
};

/* A message with everything; begin with SYNCLINE_RECORD_INIT. */
struct syncline_record {
	size_t size; /* sizeof(struct syncline_record) */
	int pri;
	struct timespec time; /* tv_sec 0 and tv_nsec 0: now */
	const char *ident;    /* APP-NAME of this one; NULL: the handle's */
	const char *msgid;    /* at most 32 bytes; NULL: none */
	const struct syncline_element *elements;
	size_t n_elements;
	const void *text;
	size_t text_len;
};

#define SYNCLINE_RECORD_INIT                           \
	{                                              \
		.size = sizeof(struct syncline_record) \
	}

/*
 * syncline_record - queue such a message
 *
 * Bytes that a name or MSGID may not hold become '_', what is too long is cut
 * (section 6). Elements "meta", "timeQuality" and "origin" replace those of
 * the library. Structured data is never cut:
 *
 *   -EINVAL   also: an SD-ID twice (section 6.3.2), or an empty name
 *   -EMSGSIZE structured data of more than opts.max_message, escaped; nothing
 *             was queued
 */
int syncline_record(struct syncline *s, const struct syncline_record *record);

/*
 * syncline_kv - queue a text with named values: name, value, ..., NULL
 *
 *	syncline_kv(s, LOG_INFO, "logged in", "user", name, "from", ip,
 *	    (char *)NULL);
 *
 * They become parameters of the element opts.sd_id. All are const char *;
 * neither text nor values are a format. At most 32 pairs (-E2BIG).
 */
int syncline_kv(struct syncline *s, int pri, const char *text, ...)
    __attribute__((sentinel));

/*
 * syncline_sigsafe - queue len bytes from a signal handler
 *
 * What syncline_send() does, where that may not be called: text is copied into
 * the ring, with the time, for the mask and the limits of its severity. Async-
 * signal-safe: no lock, no allocation, no printf, no waiting (not even with
 * SYNCLINE_BLOCK), nothing to standard error (SYNCLINE_PERROR); errno is kept.
 * At most 1024 bytes, or opts.max_message; the rest is cut and counted.
 *
 * Sending is for the thread, or the next syncline_step(). So a handler that is
 * about to end the process calls syncline_flush() next, with a timeout (where
 * a thread runs; without one nothing can be sent from a handler).
 *
 * A handler may interrupt any call here, this one, too. What it queues then
 * stands behind a message that is half in the ring, and neither is sent before
 * that call goes on. So never leave a handler by siglongjmp(3): all that comes
 * later would be kept back. And a flush in a handler that interrupted such a
 * call ends with -ETIMEDOUT; without a timeout, never.
 *
 *   -EINVAL   as syncline_send()
 *   -ENOBUFS  as syncline_log(); also in the child of a fork(2) that has not
 *             logged yet: its first message must come by another call
 */
int syncline_sigsafe(struct syncline *s, int pri, const void *text, size_t len);

/*
 * syncline_setmask - which severities are queued: LOG_MASK(), LOG_UPTO()
 *
 * Others return 0 and are not counted. 0 changes nothing. Returns the mask
 * that there was; at first 0xff. Kept in the child of a fork(2). Async-signal-
 * safe.
 */
int syncline_setmask(struct syncline *s, int mask);

/*
 * syncline_flush - wait until what was queued before this call is sent
 *
 * Sent is: taken by the kernel (datagrams), acknowledged by the peer's kernel
 * (streams), or on the disk (file://). Async-signal-safe, where the thread
 * runs; without, it calls syncline_step().
 *
 * timeout  at most so long; 0: only look; -1: without limit
 *
 *   -ETIMEDOUT  something still waits, or the disk does not say that it has it
 */
int syncline_flush(struct syncline *s, int timeout);

/*
 * syncline_close - send what waits, for at most timeout, and free the handle
 *
 * What cannot be sent goes to the spool, or is lost. No other thread may use
 * the handle any more. s may be NULL. In a child that never logged, nothing
 * is sent.
 *
 *   -ETIMEDOUT  not all could be sent: the rest is kept in the spool
 *   -ECANCELED  not all could be sent: messages are lost, or the spool's disk
 *               does not say that it has them
 */
int syncline_close(struct syncline *s, int timeout);

/* Where the messages of a handle are, and what became of them. */
struct syncline_stats {
	uint64_t accepted; /* queued */
	uint64_t sent;     /* as syncline_flush() says, but for file:// */
	uint64_t dropped;  /* refused or thrown away, all of these: */
	uint64_t dropped_severity[8]; /* by severity, LOG_EMERG first */
	uint64_t cut;       /* shortened: max_message, or the datagram */
	uint64_t resent;    /* sent once more, because a connection broke
			       before the peer acknowledged them: some may
			       have arrived twice */
	uint64_t uncertain; /* all that was acknowledged by the peer's kernel
			       in the last second (at most 1.25 s) before a
			       connection broke, or before the peer ceased
			       to take anything: TCP cannot tell whether the
			       collector got them. No more were lost, if it
			       stores within a second what it gets; mostly
			       very few of them. 0 for datagrams */
	uint64_t connects;  /* connections made */
	uint64_t failures;  /* attempts that failed, and connections broken */
	uint64_t spooled;   /* written to files of the spool */
	uint64_t replayed;  /* read from it again */
	uint64_t spool_damaged; /* records of the spool that were unreadable,
				   or removed */
	uint64_t spool_bytes;   /* in the spool now */
	uint64_t queued_bytes;  /* in the ring now */
	int connected;          /* 1 or 0 */
	char last_error[320];   /* of the last failure: what and why */
};

/* size is sizeof(struct syncline_stats): no more is written. */
void syncline_stats(
    struct syncline *s, struct syncline_stats *stats, size_t size);

enum syncline_event_kind {
	SYNCLINE_CONNECTED,    /* text: the URL */
	SYNCLINE_DISCONNECTED, /* text: URL and reason */
	SYNCLINE_UNREACHABLE,  /* text: URL and reason; first of a row */
	SYNCLINE_DROPPING,     /* messages are being dropped */
	SYNCLINE_DROPPED,      /* that has ended; n: how many */
	SYNCLINE_SPOOLING,     /* messages go to the spool */
	SYNCLINE_SPOOL_FAILED, /* text: why; once until it works again. Also
				  when another process took our part of it
				  while the program had closed our descriptors:
				  that one sends what was there; or somebody
				  removed it, and what was there is damaged */
	SYNCLINE_TLS_STALE     /* a file of a tls:// URL was changed and is no
				  good, what was read before is used; text: URL,
				  file and reason; once for each change */
};

struct syncline_event {
	enum syncline_event_kind kind;
	uint64_t n;
	const char *text; /* valid during the call; "" for none */
};

/*
 * syncline_on_event - have on_event called when something happens
 *
 * By the library's thread (or in syncline_step()), soon. It may log and ask
 * for statistics; it may not close, flush, step or change the callback, and
 * the less it does, the better. NULL: nobody. After this call has returned
 * the former callback may still be running, once.
 */
void syncline_on_event(struct syncline *s,
    void (*on_event)(const struct syncline_event *event, void *arg), void *arg);

/* syncline_reopen - leave the connection when all is sent, and begin anew with
 * the first URL */
void syncline_reopen(struct syncline *s);

/* syncline_strerror - words for what a function here returned */
const char *syncline_strerror(int error);

/* syncline_version - of the library: "0.1.0" */
const char *syncline_version(void);

/*
 * For programs with an event loop, and SYNCLINE_NO_THREAD: wait until fd (-1:
 * none) has one of events (POLLIN, POLLOUT), at most timeout milliseconds (-1:
 * without limit), or until something was logged; then step. All four are for
 * one thread, and are asked anew after each step; others may log. Names are
 * looked up by a thread all the same.
 */
int syncline_fd(struct syncline *s);
int syncline_events(struct syncline *s);
int syncline_timeout(struct syncline *s);
int syncline_step(struct syncline *s); /* 0, or -EINVAL where a thread runs */

/*
 * syslog(3) on top of the library: include <syncline/syslog.h> and call them
 * by their usual names. There is one handle for the process, opened by the
 * first message or LOG_NDELAY; SYNCLINE_URL names the collector. Other threads
 * that log meanwhile wait for it, 250 ms at most; what is logged without one,
 * as by a signal handler that interrupts the opening, counts as dropped. It
 * stays until the end: openlog() changes its options, also of what waits, and
 * other threads may log meanwhile. At exit(3) what waits is sent, for at most
 * one second (a tenth of it where nobody is there); other threads may go on
 * logging, but that is not sent any more. They keep errno.
 */
void syncline_openlog(const char *ident, int option, int facility);
void syncline_syslog(int pri, const char *fmt, ...) SYNCLINE_PRINTF(2, 3);
void syncline_vsyslog(int pri, const char *fmt, va_list ap)
    SYNCLINE_PRINTF(2, 0);
void syncline_closelog(void);
int syncline_setlogmask(int mask);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
