/* SPDX-License-Identifier: BSD-2-Clause */
#include "descriptors.h"

#include <sys/resource.h>

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>

#include "base/log.h"
#include "listeners.h"

enum {
	FDS_SPARE = 16, /* for files and status requests */
	FDS_GUESS = 32  /* open ones, where /proc does not tell */
};

size_t
descriptors_raise(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return 1024;
	if (rl.rlim_cur < rl.rlim_max) {
		rl.rlim_cur = rl.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &rl);
		(void)getrlimit(RLIMIT_NOFILE, &rl);
	}
	return rl.rlim_cur > INT_MAX ? INT_MAX : (size_t)rl.rlim_cur;
}

static size_t
count_open(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	if (d == NULL)
		return FDS_GUESS;
	/* a stream of our own, no other thread has it */
	/* cppcheck-suppress readdirCalled */
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* Files of all outputs that have many. */
static int64_t
count_files(const struct config *conf)
{
	int64_t n = 0;

	for (size_t i = 0; i < conf->outputs; i++)
		if (conf->output[i].file != NULL)
			n += conf->output[i].max_open_files;
	return n;
}

int64_t
descriptors_for_files(const struct config *conf, size_t output, size_t limit)
{
	const struct output_conf *o = &conf->output[output];
	int64_t all = count_files(conf), half = (int64_t)(limit / 2), n;

	if (o->file == NULL || all <= half)
		return o->max_open_files;
	n = o->max_open_files * half / all;
	n = n < 1 ? 1 : n;
	log_line(LOG_WARNING,
	    "output %s: at most %" PRId64 " files open at once, not %" PRId64
	    " (max_open_files): the limit of descriptors is %zu (ulimit -n, "
	    "LimitNOFILE=)",
	    o->name, n, o->max_open_files, limit);
	return n;
}

size_t
descriptors_for_connections(
    const struct config *conf, size_t limit, size_t open)
{
	int64_t files = count_files(conf), wanted = 0;
	size_t need = count_open() + FDS_SPARE, left;

	need -= open < need ? open : need;
	/* files of many names are not open yet */
	need += (size_t)files < limit / 2 ? (size_t)files : limit / 2;
	left = limit > need ? limit - need : 1;
	for (size_t i = 0; i < conf->listens; i++)
		if (listener_is_stream(&conf->listen[i]))
			wanted += conf->listen[i].max_connections;
	if (wanted > (int64_t)left)
		log_line(LOG_NOTICE,
		    "at most %zu connections at once: the "
		    "limit of descriptors is %zu (ulimit -n, LimitNOFILE=), "
		    "max_connections would allow %" PRId64,
		    left, limit, wanted);
	return left;
}
