/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_files_odd.c - names and folders are hostile: nothing is written
 * elsewhere, nothing is lost
 *
 * faults.md H1, H3, H4; each with openat2(2) and without.
 */
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outplace.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static const int ways[] = { 0, ENOSYS, EPERM };

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* "out" stands for what is elsewhere: it must stay as it is. */
static void
open_way(struct outplace *p, int way)
{
	disk.beneath_error = way;
	outplace_open_many(p, NULL);
	put(at(p, "out"), "elsewhere\n");
	assert_int_equal(mkdir(at(p, "outdir"), 0700), 0);
}

static void
close_way(struct outplace *p)
{
	assert_file(p, "out", "elsewhere\n");
	assert_int_equal(rmdir(at(p, "outdir")), 0); /* empty still */
	outplace_close(p);
	disk.beneath_error = 0;
}

static void
odd_things_in_a_files_place_get_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(ways); i++) {
		struct outplace p;
		int reader, locked;

		open_way(&p, ways[i]);
		assert_int_equal(mkdir(at(&p, "h"), 0700), 0);
		assert_int_equal(symlink("../out", at(&p, "h/link")), 0);
		assert_int_equal(symlink("../none", at(&p, "h/dangling")), 0);
		assert_int_equal(link(at(&p, "out"), at(&p, "h/hard")), 0);
		assert_int_equal(mkdir(at(&p, "h/folder"), 0700), 0);
		assert_int_equal(mkfifo(at(&p, "h/fifo"), 0600), 0);
		assert_int_equal(mkfifo(at(&p, "h/read"), 0600), 0);
		reader = open(
		    at(&p, "h/read"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		put(at(&p, "h/locked"), "");
		locked = open(at(&p, "h/locked"), O_RDONLY | O_CLOEXEC);
		assert_int_equal(flock(locked, LOCK_EX), 0);
		put(at(&p, "h/torn"), "torn");
		assert_int_equal(symlink("../out", at(&p, "h/torn.torn")), 0);

		give_runs(&p,
		    "h/link 1\nh/good 2\nh/dangling 3\nh/hard 4\nh/folder 5\n"
		    "h/fifo 6\nh/read 7\nh/locked 8\nh/torn 9\nh/good 10\n");
		assert_file(&p, "h/good", "2\n10\n");
		assert_file(&p, "_other", "1\n3\n4\n5\n6\n7\n8\n9\n");
		assert_file(&p, "none", NULL);
		assert_file(&p, "h/torn", "torn");
		assert_file(&p, "h/locked", "");
		assert_int_equal(count(&p, O_OTHER), 8);
		assert_int_equal(count(&p, O_WRITTEN), 10);
		assert_int_equal(count(&p, O_STALLED), 0);
		/* once it is gone, all is well */
		assert_int_equal(unlink(at(&p, "h/link")), 0);
		close(locked);
		give_runs(&p, "h/link 11\nh/locked 12\n");
		assert_file(&p, "h/link", "11\n");
		assert_file(&p, "h/locked", "12\n");
		close(reader);
		close_way(&p);
	}
}

static void
no_link_is_followed_on_the_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(ways); i++) {
		struct outplace p;

		open_way(&p, ways[i]);
		assert_int_equal(symlink("outdir", at(&p, "h1")), 0);
		assert_int_equal(symlink(p.dir, at(&p, "h2")), 0);
		assert_int_equal(symlink("none", at(&p, "h3")), 0);
		assert_int_equal(mkdir(at(&p, "h4"), 0700), 0);
		assert_int_equal(symlink("../outdir", at(&p, "h4/sub")), 0);
		put(at(&p, "h5"), "a file\n");
		give_runs(&p,
		    "h1/a 1\nh2/outdir/a 2\nh3/a 3\nh4/sub/a 4\nh5/a 5\n"
		    "h4/a 6\n");
		assert_file(&p, "_other", "1\n2\n3\n4\n5\n");
		assert_file(&p, "h4/a", "6\n");
		assert_file(&p, "none", NULL);
		assert_file(&p, "h5", "a file\n");
		close_way(&p);
	}
}

static void
no_name_leads_out_of_the_folder(void **state)
{
	static const char *const names[] = { "", ".", "..", "../out", "/out",
		"outdir/../out", "outdir/../../x", "h//a", "h/", "/", "./a",
		"a/." };

	(void)state;
	for (size_t i = 0; i < ROWS(ways); i++) {
		struct outplace p;
		char line[2048], want[256] = "";

		open_way(&p, ways[i]);
		for (size_t k = 0; k < ROWS(names); k++) {
			(void)snprintf(
			    line, sizeof(line), "%s %zu\n", names[k], k);
			give_runs(&p, line);
			(void)snprintf(line, sizeof(line), "%zu\n", k);
			strcat(want, line);
		}
		assert_file(&p, "_other", want);

		/* and one that is longer than a component may be */
		memset(line, 'x', 300);
		strcpy(line + 300, "/a long\n");
		give_runs(&p, line);
		strcpy(line + 300, " long\n");
		give_runs(&p, line);
		strcat(want, "long\nlong\n");
		assert_file(&p, "_other", want);
		close_way(&p);
	}
}

/* Nowhere to write to: that waits, as for a full disk. */
static void
an_odd_other_file_stalls_the_output(void **state)
{
	struct outplace p;

	(void)state;
	open_way(&p, 0);
	assert_int_equal(symlink("out", at(&p, "_other")), 0);
	give_runs(&p, "a 1\n../out 2\nb 3\n");
	give_runs(&p, "c 4\n");
	assert_int_equal(count(&p, O_STALLED), 1);
	assert_file(&p, "a", "1\n");
	assert_file(&p, "c", NULL); /* in order */
	assert_int_equal(unlink(at(&p, "_other")), 0);
	later(&p, 300);
	assert_int_equal(count(&p, O_STALLED), 0);
	assert_file(&p, "_other", "2\n");
	assert_file(&p, "b", "3\n");
	assert_file(&p, "c", "4\n");
	assert_int_equal(count(&p, O_WRITTEN), 4);
	close_way(&p);
}

static void
open_1(struct output_conf *c)
{
	c->max_open_files = 1;
}

/* Swaps a folder for a link and back, and a file for a link, until told. */
static void
attack(const char *dir)
{
	char path[4][128];

	(void)snprintf(path[0], sizeof(path[0]), "%s/h", dir);
	(void)snprintf(path[1], sizeof(path[1]), "%s/h-away", dir);
	(void)snprintf(path[2], sizeof(path[2]), "%s/h2/a", dir);
	(void)snprintf(path[3], sizeof(path[3]), "%s/stop", dir);
	while (access(path[3], F_OK) == -1) {
		(void)rename(path[0], path[1]);
		(void)!symlink("outdir", path[0]);
		(void)unlink(path[2]);
		(void)!symlink("../out", path[2]);
		(void)unlink(path[0]);
		(void)rename(path[1], path[0]);
		(void)unlink(path[2]);
	}
	_exit(0);
}

/* H3: whoever owns a folder may swap what is in it at any moment. */
static void
no_moment_of_a_swap_leads_elsewhere(void **state)
{
	enum { LINES = 2000 };
	struct outplace p;
	char line[64];
	int status;
	pid_t pid;

	(void)state;
	outplace_open_many(&p, open_1);
	put(at(&p, "out"), "elsewhere\n");
	assert_int_equal(mkdir(at(&p, "outdir"), 0700), 0);
	assert_int_equal(mkdir(at(&p, "h"), 0700), 0);
	assert_int_equal(mkdir(at(&p, "h2"), 0700), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0)
		attack(p.dir);
	for (int i = 0; i < LINES; i++) {
		(void)snprintf(line, sizeof(line), "h/a %d\nh2/a %d\n", i, i);
		give_runs(&p, line);
		pool_reclaim(&p.pool);
	}
	put(at(&p, "stop"), "");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	later(&p, 300);
	assert_true(output_is_empty(p.out));
	close_way(&p);
}

/* Another file is closed when there is no descriptor left. */
static void
too_few_descriptors_close_files_but_lose_nothing(void **state)
{
	struct rlimit had, few;
	struct outplace p;
	char line[32];
	int probe;

	(void)state;
	outplace_open_many(&p, NULL);
	give_runs(&p, "warm 0\n"); /* whatever is opened once, is */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &had), 0);
	probe = dup(0);
	close(probe);
	few = had;
	few.rlim_cur = (rlim_t)probe + 12;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (int i = 0; i < 60; i++) {
		(void)snprintf(line, sizeof(line), "f%d/a %d\n", i, i);
		give_runs(&p, line);
		pool_reclaim(&p.pool);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &had), 0);
	assert_int_equal(count(&p, O_STALLED), 0);
	assert_int_equal(count(&p, O_WRITTEN), 61);
	assert_file(&p, "_other", NULL);
	assert_file(&p, "f0/a", "0\n");
	assert_file(&p, "f59/a", "59\n");
	outplace_close(&p);
}

/* A reload brought it back; what was there before is written, but a sync of
 * that does not end. */
static void
who_waits_behind_another_for_long_is_stalled(void **state)
{
	struct outplace p;
	struct output *first;

	(void)state;
	outplace_open_many(&p, NULL);
	first = outplace_another(&p);
	disk.write_ms = 2000; /* so the clock goes on */
	output_wait_behind(p.out, first);
	give_runs_to(&p, first, "b one\n");
	output_wait_behind(p.out, first);
	assert_int_equal(count(&p, O_STALLED), 0); /* nothing waits */
	queue_runs(&p, "a one\n");
	output_wait_behind(p.out, first);
	assert_int_equal(count(&p, O_STALLED), 0); /* not for long */
	give_runs_to(&p, first, "b two\n");
	output_wait_behind(p.out, first);
	assert_int_equal(count(&p, O_STALLED), 1);
	disk.write_ms = 0;
	output_free(first);
	until_written(&p);
	assert_int_equal(count(&p, O_STALLED), 0);
	assert_file(&p, "a", "one\n");
	outplace_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(odd_things_in_a_files_place_get_nothing),
		cmocka_unit_test(no_link_is_followed_on_the_way),
		cmocka_unit_test(no_name_leads_out_of_the_folder),
		cmocka_unit_test(an_odd_other_file_stalls_the_output),
		cmocka_unit_test(no_moment_of_a_swap_leads_elsewhere),
		cmocka_unit_test(
		    too_few_descriptors_close_files_but_lose_nothing),
		cmocka_unit_test(who_waits_behind_another_for_long_is_stalled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
