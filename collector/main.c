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

/*
 * From here on a signal waits until the engine obeys it, so one that comes
 * during the start ends the collector as cleanly as any other; the threads
 * inherit the mask and leave signals to the main one.
 */
static void
block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
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
	block_signals();
	switch (options_load(argc, argv, &conf)) {
	case OPTIONS_RUN:
		log_verbose(conf->verbose);
		status = engine_run(conf);
		break;
	case OPTIONS_DONE:
		break;
	case OPTIONS_BAD:
		status = 2;
		break;
	}
	config_free(conf);
	return status;
}
