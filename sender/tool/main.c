/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - syncline, the user's tool: from arguments to a sub-command
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool/tool.h"

static const char help[] =
    "Usage: syncline COMMAND [OPTION]... [ARGUMENT]...\n"
    "\n"
    "  log         send messages, as logger(1) does\n"
    "  cert        make, show and check the certificates of TLS\n"
    "  check-tls   connect to a collector as a sender would, and explain\n"
    "              each step\n"
    "\n"
    "  -h, --help      this text; `syncline COMMAND --help` says more\n"
    "  -V, --version\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage. Manual: man syncline\n";

/* A file of ours must never become what is taken for standard error. */
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

static int
run(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "log") == 0)
		return cmd_log(argc - 1, argv + 1);
	if (strcmp(command, "cert") == 0)
		return cmd_cert(argc - 1, argv + 1);
	if (strcmp(command, "check-tls") == 0)
		return cmd_check_tls(argc - 1, argv + 1);
	if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 ||
	    strcmp(command, "help") == 0)
		return tool_help(help);
	if (strcmp(command, "--version") == 0 || strcmp(command, "-V") == 0)
		return tool_version();
	if (command[0] == '\0')
		return tool_usage("syncline", "which command?");
	return tool_usage("syncline", "%s: no such command", command);
}

int
main(int argc, char **argv)
{
	int status;

	open_standard_files();
	/* a peer that is gone is an error of a write, no death */
	(void)signal(SIGPIPE, SIG_IGN);
	status = run(argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fprintf(
		    stderr, "syncline: standard output: %s\n", strerror(errno));
		if (status == TOOL_OK)
			status = TOOL_FAILED;
	}
	return status;
}
