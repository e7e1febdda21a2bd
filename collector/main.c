/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - synclined, the collector: from arguments to an exit status
 */
#include <signal.h>

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

int
main(int argc, char **argv)
{
	struct config *conf = NULL;
	int status = 0;

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
