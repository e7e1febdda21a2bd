/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - synclined, the collector: from arguments to an exit status
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "config/options.h"
#include "engine.h"
#include "healthcheck.h"

/* A start may wait long for a name server, and nothing was received yet. */
static void
on_early_end(int number)
{
	(void)number;
	_exit(0);
}

/*
 * Until the engine obeys signals, those that stop us end the process at once
 * and as cleanly as later on; the others wait. Threads inherit the mask and
 * leave signals to the main one.
 */
static void
prepare_signals(void)
{
	sigset_t set;

	(void)signal(SIGTERM, on_early_end);
	(void)signal(SIGINT, on_early_end);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	/* a closed pipe and a full file are errors of a write, no deaths */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
}

/* A log file must never become what somebody takes for standard error. */
static void
open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int
main(int argc, char **argv)
{
	struct config *conf = NULL;
	int status = 0;

	open_standard_files();
	prepare_signals();
	switch (options_load(argc, argv, &conf)) {
	case OPTIONS_RUN:
		log_verbose(conf->verbose);
		status = engine_run(conf, argc, argv);
		break;
	case OPTIONS_ASK:
		status = conf != NULL ? healthcheck(conf) : 1;
		config_free(conf);
		break;
	case OPTIONS_DONE:
		break;
	case OPTIONS_BAD:
		status = 2;
		break;
	}
	return status;
}
