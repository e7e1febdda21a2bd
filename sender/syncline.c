/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syncline.c - opening a handle: what is given, checked; see syncline.h
 */
#include "syncline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#include "handle.h"
#include "tls_gate.h"
#include "wire/sdput.h"

enum {
	MEMORY_MIN = 64 * 1024,
	MEMORY_MAX = 1 << 30,
	MEMORY_DEFAULT = 1 << 20,
	MEMORY_PER_MESSAGE = 20, /* so many fit at least */
	MESSAGE_MAX = 64 * 1024,
	MESSAGE_DEFAULT = 8192,
	FLIGHT = 4 << 20, /* used as far as the peer is slow */
	POPULATE_MAX = 4 << 20,
	FLAGS = (SYNCLINE_NO_THREAD << 1) - 1,
	HEADER_MAX = 1024, /* of what compose() puts around text and SD */
	SPOOL_DEFAULT = 64 << 20,
	PAGE = 4096
};

_Static_assert(2 * MESSAGE_MAX + HEADER_MAX <= SPOOL_RECORD_MAX,
    "each message fits into the spool");

/* opts with its defaults; members that the caller does not know are 0. */
static int
read_opts(
    struct syncline_opts *o, const struct syncline_opts *given, struct err *err)
{
	*o = (struct syncline_opts)SYNCLINE_OPTS_INIT;
	if (given != NULL &&
	    (given->size < sizeof(size_t) || given->size > 4 * sizeof(*o)))
		return err_set(
		    err, "opts.size is wrong: begin with SYNCLINE_OPTS_INIT");
	if (given != NULL)
		(void)memcpy(o, given,
		    given->size < sizeof(*o) ? given->size : sizeof(*o));
	if (o->ident == NULL)
		o->ident = program_invocation_short_name;
	if (o->facility == 0)
		o->facility = LOG_USER;
	if (o->memory == 0)
		o->memory = MEMORY_DEFAULT;
	if (o->max_message == 0) {
		o->max_message = o->memory / MEMORY_PER_MESSAGE;
		if (o->max_message > MESSAGE_DEFAULT)
			o->max_message = MESSAGE_DEFAULT;
	}
	o->block_ms = o->block_ms != 0 ? o->block_ms : 1000;
	o->stall_ms = o->stall_ms != 0 ? o->stall_ms : 10000;
	o->connect_ms = o->connect_ms != 0 ? o->connect_ms : 5000;
	o->retry_min_ms = o->retry_min_ms != 0 ? o->retry_min_ms : 50;
	o->retry_max_ms = o->retry_max_ms != 0 ? o->retry_max_ms : 10000;
	o->spool_size = o->spool_size != 0 ? o->spool_size : SPOOL_DEFAULT;
	o->sd_id = o->sd_id != NULL ? o->sd_id : "kv@32473";
	return 0;
}

static int
check_opts(const struct syncline_opts *o, struct err *err)
{
	if (o->facility < 0 || o->facility > LOG_PRIMASK + (23 << 3) ||
	    (o->facility & LOG_PRIMASK) != 0)
		return err_set(err,
		    "opts.facility is none of LOG_KERN to "
		    "LOG_LOCAL7");
	if (o->memory < MEMORY_MIN || o->memory > MEMORY_MAX)
		return err_set(err,
		    "opts.memory must be 64 KiB to 1 GiB, not %zu", o->memory);
	if (o->max_message > MESSAGE_MAX ||
	    o->max_message > o->memory / MEMORY_PER_MESSAGE)
		return err_set(err,
		    "opts.max_message must be at most 64 KiB, and a %dth of "
		    "opts.memory, not %zu",
		    (int)MEMORY_PER_MESSAGE, o->max_message);
	if (o->overflow < SYNCLINE_DROP_LOWEST || o->overflow > SYNCLINE_BLOCK)
		return err_set(err, "opts.overflow is none");
	if (o->block_ms < 0 || o->connect_ms < 0 || o->retry_min_ms < 0 ||
	    o->retry_max_ms < 0 || o->stall_ms < 0)
		return err_set(err, "opts: a time is negative");
	if (o->spool != NULL && o->spool_size < SPOOL_LIMIT_MIN)
		return err_set(err, "opts.spool_size must be at least 1 MiB");
	if ((o->flags & SYNCLINE_RFC5424) != 0 &&
	    (o->flags & SYNCLINE_RFC3164) != 0)
		return err_set(err, "opts.flags: RFC 3164 or 5424, not both");
	if ((o->flags & ~FLAGS) != 0)
		return err_set(err, "opts.flags: unknown ones are set");
	if ((o->flags & SYNCLINE_NO_THREAD) != 0 &&
	    o->overflow == SYNCLINE_BLOCK)
		return err_set(err,
		    "opts.overflow: SYNCLINE_BLOCK would wait for a thread "
		    "that SYNCLINE_NO_THREAD excludes");
	if (o->sd_id[0] == '\0')
		return err_set(err, "opts.sd_id is empty");
	return 0;
}

static void
put_origin(struct compose *c, const struct syncline_opts *o)
{
	const struct {
		const char *name, *value;
		size_t max;
	} params[] = {
		{ "software", o->origin_software, 48 },
		{ "swVersion", o->origin_version, 32 },
		{ "enterpriseId", o->origin_enterprise, 32 },
	};
	size_t n = sdput_open(SLICE_LIT("origin"), c->origin), before = n;
	struct slice value;

	for (size_t i = 0; i < 3; i++) {
		if (params[i].value == NULL)
			continue;
		value = slice_of(
		    params[i].value, strnlen(params[i].value, params[i].max));
		/* a value grows to three times its length at most */
		if (n + 16 + 3 * value.n + 2 > sizeof(c->origin))
			break;
		n += sdput_param(
		    slice_str(params[i].name), value, c->origin + n);
	}
	if (n > before)
		n += sdput_close(c->origin + n);
	else
		n = 0;
	c->origin[n] = '\0';
}

static void
prepare_compose(struct syncline *s, const struct syncline_opts *o)
{
	struct compose *c = &s->engine.compose;
	const struct target *first = &s->targets.at[0];
	char host[COMPOSE_HOST + 1] = "";

	assert(o->ident != NULL); /* see read_opts() */
	c->form = COMPOSE_5424;
	if ((o->flags & SYNCLINE_RFC3164) != 0)
		c->form = COMPOSE_3164;
	else if ((o->flags & SYNCLINE_RFC5424) == 0 &&
	    first->kind == TARGET_UNIX && strcmp(first->path, "/dev/log") == 0)
		c->form = COMPOSE_3164_LOCAL;
	c->pid = (o->flags & SYNCLINE_PID) != 0;
	c->synced = (o->flags & SYNCLINE_TIME_QUALITY) != 0 ? 0 : -1;
	if (o->hostname == NULL && gethostname(host, sizeof(host) - 1) == -1)
		host[0] = '\0';
	compose_word(slice_str(o->hostname != NULL ? o->hostname : host),
	    c->host, COMPOSE_HOST);
	compose_word(slice_of(o->ident, strnlen(o->ident, COMPOSE_APP)), c->app,
	    COMPOSE_APP);
	put_origin(c, o);
	s->own_procid = o->procid != NULL;
	if (s->own_procid)
		compose_word(slice_str(o->procid), c->procid, COMPOSE_PROCID);
	handle_identify(s);
}

/* The memory that the child of a fork finds zeroed. */
static int
map_shared(struct syncline *s, size_t memory, bool lowest)
{
	uint64_t size = MEMORY_MIN;
	size_t before = (sizeof(struct shared) + PAGE - 1) / PAGE * PAGE;
	void *p;

	while (size < memory)
		size *= 2;
	s->shared_size = before + size;
	/* The first lap need not wait for pages, unless that takes long now. */
	p = mmap(NULL, s->shared_size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS |
		(size <= POPULATE_MAX ? MAP_POPULATE : 0),
	    -1, 0);
	if (p == MAP_FAILED)
		return -1;
	s->check_pid = madvise(p, s->shared_size, MADV_WIPEONFORK) == -1;
	s->shared = p;
	s->populated = size <= POPULATE_MAX ? size : 0;
	ring_init(&s->ring, &s->shared->ends, (char *)p + before, size, lowest);
	return 0;
}

static int
open_spool(struct syncline *s, const struct syncline_opts *o, struct err *err)
{
	struct engine *e = &s->engine;
	const char *folder = o->spool;

	if (s->targets.at[0].kind == TARGET_FILE) {
		folder = s->targets.at[0].path;
		e->spool_only = true;
	}
	if (folder == NULL)
		return 0;
	if (strlen(folder) >= sizeof(e->spool_folder)) {
		errno = ENAMETOOLONG;
		return err_sys(err, "spool: %s", folder);
	}
	(void)memcpy(e->spool_folder, folder, strlen(folder) + 1);
	e->spool_limit = o->spool_size;
	if (spool_open(&e->spool, folder, o->spool_size, false, err) == -1)
		return -1;
	/* later, in a child, from wherever it is */
	if (folder[0] != '/') {
		char *real = realpath(folder, NULL);

		if (real != NULL && strlen(real) < sizeof(e->spool_folder))
			(void)memcpy(e->spool_folder, real, strlen(real) + 1);
		free(real);
	}
	return 0;
}

static int
open_trust(struct syncline *s, struct err *err)
{
	if (link_trust(&s->engine.link, err) == 0)
		return 0;
	errno = EINVAL;
	return -1;
}

static void
free_all(struct syncline *s)
{
	spool_close(s->engine.spool);
	link_clear(&s->engine.link);
	flight_clear(&s->engine.flight);
	free(s->engine.scratch);
	targets_clear(&s->targets);
	if (s->shared != NULL)
		(void)munmap(s->shared, s->shared_size);
	free(s);
}

static int
prepare(struct syncline *s, const struct syncline_opts *o, struct err *err)
{
	struct engine *e = &s->engine;

	s->on_event = o->on_event;
	s->on_event_arg = o->on_event_arg;
	s->facility = o->facility;
	s->flags = o->flags;
	s->overflow = o->overflow;
	s->block_ms = o->block_ms;
	s->stall_ms = o->stall_ms;
	s->max_message = o->max_message;
	(void)snprintf(s->sd_id, sizeof(s->sd_id), "%s", o->sd_id);
	prepare_compose(s, o);
	e->scratch_size = 2 * o->max_message + HEADER_MAX;
	e->scratch = malloc(e->scratch_size);
	if (map_shared(s, o->memory, o->overflow == SYNCLINE_DROP_LOWEST) ==
		-1 ||
	    e->scratch == NULL || flight_init(&e->flight, FLIGHT) == -1) {
		errno = ENOMEM;
		return err_sys(err, "%zu bytes", o->memory);
	}
	link_init(&e->link, &s->targets, o->connect_ms, o->retry_min_ms,
	    o->retry_max_ms);
	if (open_trust(s, err) == -1 || open_spool(s, o, err) == -1)
		return -1;
	link_reset(&e->link, (uint32_t)s->pid);
	return 0;
}

static int
open_handle(struct syncline **out, const char *urls,
    const struct syncline_opts *o, struct err *err)
{
	struct syncline *s = aligned_alloc(
	    _Alignof(struct syncline), sizeof(*s));
	int status;

	errno = ENOMEM;
	if (s == NULL)
		return err_sys(err, "a handle");
	(void)memset(s, 0, sizeof(*s));
	s->engine.s = s;
	io_init(&s->engine.link.io);
	if (urls == NULL)
		urls = secure_getenv("SYNCLINE_URL");
	if (urls == NULL || urls[0] == '\0')
		urls = "unix:///dev/log";
	errno = EINVAL;
	if (targets_parse(&s->targets, slice_str(urls), err) == -1 ||
	    prepare(s, o, err) == -1) {
		status = errno;
		free_all(s);
		errno = status;
		return -1;
	}
	tls_gate_enter(); /* tzset(3) takes a lock of the C library */
	tzset();
	tls_gate_leave();
	atomic_store(&s->shared->alive, ALIVE_YES);
	status = handle_start(s);
	if (status != 0) {
		free_all(s);
		errno = -status;
		return err_sys(err, "the library's thread");
	}
	*out = s;
	return 0;
}

/* Cold: once for each handle, so it is made small, not fast. */
__attribute__((cold)) int
syncline_open(
    struct syncline **out, const char *urls, const struct syncline_opts *opts)
{
	int saved = errno, status = 0;
	struct syncline_opts o;
	struct err err;

	errno = EINVAL;
	if (read_opts(&o, opts, &err) == -1 || check_opts(&o, &err) == -1 ||
	    open_handle(out, urls, &o, &err) == -1) {
		status = errno != 0 ? -errno : -EINVAL;
		if (opts != NULL && opts->why != NULL && opts->why_size > 0)
			(void)snprintf(
			    opts->why, opts->why_size, "%s", err.text);
	}
	errno = saved;
	return status;
}

/* Steps until all is done or the time is up. */
static void
step_to_the_end(struct syncline *s)
{
	while (engine_step(&s->engine), !engine_has_ended(&s->engine))
		handle_wait(s, 50);
}

static int64_t
moment(int timeout)
{
	return timeout < 0 ? INT64_MAX : engine_clock() + timeout;
}

/* Has the engine end, and looks at what it leaves behind. */
static int
end(struct syncline *s, int timeout, int absent)
{
	struct shared *shared = s->shared;

	atomic_store(&shared->stop_absent_at, moment(absent));
	atomic_store(&shared->stop_at, moment(timeout));
	atomic_store(&shared->stop, 1);
	(void)atomic_fetch_add(&shared->orders, 1);
	bell_ring(&shared->bell, BELL_ORDER);
	if (s->thread_runs)
		(void)pthread_join(s->thread, NULL);
	else
		step_to_the_end(s);
	/* a folder alone: what is done may wait for its disk */
	if ((s->engine.spool_only || !engine_is_done(&s->engine)) &&
	    engine_leave(&s->engine) > 0)
		return -ECANCELED;
	return s->engine.spool == NULL || s->engine.spool_only ||
		spool_is_empty(s->engine.spool)
	    ? 0
	    : -ETIMEDOUT;
}

int
handle_end(struct syncline *s, int timeout, int absent)
{
	int saved = errno, status = 0;

	if (atomic_load(&s->shared->alive) == ALIVE_YES &&
	    (!s->check_pid || getpid() == s->pid)) {
		status = end(s, timeout, absent);
	} else { /* the parent's messages are the parent's */
		spool_abandon(s->engine.spool);
		s->engine.spool = NULL;
		link_abandon(&s->engine.link);
	}
	spool_close(s->engine.spool);
	s->engine.spool = NULL;
	link_clear(&s->engine.link);
	errno = saved;
	return status;
}

int
syncline_close(struct syncline *s, int timeout)
{
	int saved = errno, status;

	if (s == NULL)
		return 0;
	status = handle_end(s, timeout, timeout);
	free_all(s);
	errno = saved;
	return status;
}
