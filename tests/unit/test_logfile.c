/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_logfile.c - a log file is locked, appended to, moved and deleted
 *
 * faults.md 4.3, 4.5, A9, B3, B8, B12.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logplace.h"

/* faults.md A9: 0 bytes changed, and a word that helps. */
static void
a_second_collector_is_refused(void **state)
{
	const char *why = "a.log: another process is writing this file "
			  "(locked); give this collector its own file";
	struct logfile f;
	int status;
	pid_t pid;

	(void)state;
	must_open(&f, "a.log");
	must_append(&f, "line\n");
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		struct logfile g;
		struct err err;
		uint64_t n;

		if (logfile_open(&g, "a.log", &usual, &n, &err) == -1)
			_exit(strcmp(err.text, why) == 0 ? 0 : 2);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);

	must_not_open("a.log", "(locked)");
	assert_int_equal(link("a.log", "b.log"), 0);
	must_not_open("b.log", "(locked)");
	must_rotate(&f, NOON, NULL);
	must_not_open("a.log", "(locked)"); /* the new one just as well */
	logfile_close(&f);
	must_open(&f, "a.log");
	logfile_close(&f);
}

/* Neither the old file nor the new one is free for a moment. */
static void
no_moment_of_a_rotation_lets_another_in(void **state)
{
	struct logfile f;
	int status;
	pid_t pid;

	(void)state;
	must_open(&f, "a.log");
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		for (;;) {
			struct logfile g;
			struct err err;
			uint64_t n;

			if (exists("stop"))
				_exit(0);
			if (logfile_open(&g, "a.log", &usual, &n, &err) == 0)
				_exit(1);
		}
	}
	for (int i = 0; i < 1000; i++) {
		must_append(&f, "line\n");
		must_rotate(&f, NOON, NULL);
	}
	put_text("stop", "");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	logfile_close(&f);
}

/* faults.md B3, B8: every length of a short write, then a full disk. */
static void
an_append_goes_on_where_it_was_stopped(void **state)
{
	const char *text = "first\nsecond\nthird\n";
	const size_t len = strlen(text);

	(void)state;
	for (size_t most = 1; most <= len; most++) {
		for (size_t room = 0; room < len; room++) {
			struct slice s = slice_of(text, len);
			struct logfile f;
			struct err err;

			(void)unlink("a.log");
			must_open(&f, "a.log");
			fake.most = most;
			fake.limited = true;
			fake.room = (long)room;
			errno = 0;
			assert_int_equal(logfile_append(&f, &s, &err), -1);
			assert_int_equal(errno, ENOSPC);
			assert_string_equal(
			    err.text, "a.log: write: No space left on device");
			assert_ptr_equal(s.p, text + room);
			assert_int_equal(s.n, len - room);
			assert_int_equal(f.size, room);
			assert_int_equal(
			    f.torn, room > 0 && text[room - 1] != '\n');
			assert_int_equal(f.changed, room > 0);
			fake.limited = false;
			assert_int_equal(logfile_append(&f, &s, &err), 0);
			assert_false(f.torn);
			assert_int_equal(f.whole, len);
			assert_text("a.log", text);
			fake.most = 0;
			logfile_close(&f);
		}
	}
}

static void
an_unfinished_line_can_be_taken_back(void **state)
{
	const char *text = "first\nsecond\nthird\n";
	const size_t len = strlen(text);

	(void)state;
	for (size_t room = 0; room <= len; room++) {
		struct slice s = slice_of(text, len);
		struct logfile f;
		struct err err;
		uint64_t cut = 77;

		(void)unlink("a.log");
		must_open(&f, "a.log");
		fake.limited = true;
		fake.room = (long)room;
		(void)logfile_append(&f, &s, &err);
		fake.limited = false;
		assert_int_equal(logfile_untear(&f, &cut, &err), 0);
		assert_false(f.torn);
		s = slice_of(s.p - cut, s.n + cut);
		if (s.p > text)
			assert_int_equal(s.p[-1], '\n');
		assert_int_equal(f.size, s.p - text);
		assert_int_equal(logfile_append(&f, &s, &err), 0);
		assert_text("a.log", text);
		logfile_close(&f);
	}
}

static void
a_file_that_others_change_is_not_cut(void **state)
{
	struct slice s = SLICE_LIT("first\nsec");
	struct logfile f;
	struct err err;
	uint64_t cut;

	(void)state;
	must_open(&f, "a.log");
	assert_int_equal(logfile_append(&f, &s, &err), 0);
	assert_int_equal(truncate("a.log", 3), 0); /* copytruncate */
	assert_int_equal(logfile_untear(&f, &cut, &err), -1);
	assert_text("a.log", "fir");
	logfile_close(&f);
}

static void
half_a_line_is_never_rotated(void **state)
{
	struct logfile f;
	struct err err;
	int old;

	(void)state;
	must_open(&f, "a.log");
	must_append(&f, "one\ntw");
	assert_true(f.torn);
	must_not_rotate(&f, "unfinished");
	assert_int_equal(rename("a.log", "moved"), 0);
	assert_int_equal(logfile_reopen(&f, &old, &err), -1);
	assert_non_null(strstr(err.text, "unfinished"));
	must_append(&f, "o\n");
	assert_int_equal(logfile_reopen(&f, &old, &err), 0);
	close(old);
	assert_text("moved", "one\ntwo\n");
	assert_text("a.log", "");
	logfile_close(&f);
}

/* contract.md "Files and rotation": moved away, then SIGHUP. */
static void
a_moved_file_is_written_to_until_reopened(void **state)
{
	struct logfile f;
	struct err err;
	int old;

	(void)state;
	must_open(&f, "a.log");
	must_append(&f, "one\n");
	assert_int_equal(logfile_reopen(&f, &old, &err), 0);
	assert_int_equal(old, -1);
	assert_int_equal(rename("a.log", "a.log.1"), 0);
	must_append(&f, "two\n");
	must_not_rotate(&f, "moved away");
	put_text("a.log", "someone else's\n"); /* logrotate's "create" */
	must_not_rotate(&f, "moved away");
	assert_false(logfile_is_deleted(&f));

	assert_int_equal(logfile_reopen(&f, &old, &err), 0);
	assert_int_not_equal(old, -1);
	close(old);
	must_append(&f, "three\n");
	assert_text("a.log.1", "one\ntwo\n");
	assert_text("a.log", "someone else's\nthree\n");
	must_rotate(&f, NOON, "a.log-20261122T120000Z-000001");
	logfile_close(&f);
}

static void
a_deleted_file_is_made_again_with_its_folders(void **state)
{
	struct logfile f;
	struct err err;
	int old;

	(void)state;
	must_open(&f, "d/e/a.log");
	must_append(&f, "one\ntw"); /* torn: nobody can finish that line */
	assert_false(logfile_is_deleted(&f));
	assert_int_equal(unlink("d/e/a.log"), 0);
	assert_true(logfile_is_deleted(&f));
	assert_int_equal(rmdir("d/e"), 0);
	assert_int_equal(rmdir("d"), 0);
	umask(077);
	assert_int_equal(logfile_reopen(&f, &old, &err), 0);
	close(old);
	assert_int_equal(mode_of("d"), 0750);
	assert_int_equal(mode_of("d/e/a.log"), 0640);
	assert_false(f.torn);
	must_append(&f, "two\n");
	assert_text("d/e/a.log", "two\n");
	must_rotate(&f, NOON, NULL);
	assert_int_equal(entries("d/e"), 2);
	assert_false(logfile_is_deleted(&f));
	logfile_close(&f);
}

static void
a_failed_reopening_changes_nothing(void **state)
{
	struct logfile f;
	struct err err;
	int old, fd;

	(void)state;
	must_open(&f, "d/a.log");
	must_append(&f, "one\n");
	fd = f.fd;
	assert_int_equal(rename("d", "moved"), 0);
	put_text("d", "a file where the folder was");
	assert_int_equal(logfile_reopen(&f, &old, &err), -1);
	assert_int_equal(old, -1);
	assert_int_equal(f.fd, fd);
	assert_int_equal(unlink("d"), 0);
	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(mkdir("d/a.log", 0700), 0);
	assert_int_equal(logfile_reopen(&f, &old, &err), -1);
	assert_non_null(strstr(err.text, "is a folder"));

	must_append(&f, "two\n");
	assert_text("moved/a.log", "one\ntwo\n");
	must_rotate(&f, NOON, NULL); /* there, where it still has its name */
	assert_int_equal(entries("moved"), 2);
	must_append(&f, "three\n");

	assert_int_equal(rmdir("d/a.log"), 0);
	assert_int_equal(logfile_reopen(&f, &old, &err), 0);
	close(old);
	must_append(&f, "four\n");
	assert_text("moved/a.log", "three\n");
	assert_text("d/a.log", "four\n");
	logfile_close(&f);
}

/* A file that is synced but has no name after a power cut is lost. */
static void
a_new_name_is_synced_or_remembered(void **state)
{
	struct logfile f;
	struct err err;
	int old;

	(void)state;
	must_open(&f, "a.log");
	assert_false(f.renamed);
	must_append(&f, "line\n");
	assert_false(f.renamed);
	must_rotate(&f, NOON, NULL);
	assert_true(f.renamed);
	f.renamed = false;
	assert_int_equal(rename("a.log", "b.log"), 0);
	assert_int_equal(logfile_reopen(&f, &old, &err), 0);
	close(old);
	assert_true(f.renamed);
	logfile_close(&f);

	fake.sync_fails = true;
	must_open(&f, "c.log");
	assert_true(f.renamed);
	logfile_close(&f);
	must_open(&f, "c.log"); /* there already */
	assert_false(f.renamed);
	logfile_close(&f);
}

static void
nothing_stays_open(void **state)
{
	struct logfile f;
	struct err err;
	int fds = entries("/proc/self/fd"), old;

	(void)state;
	must_open(&f, "d/a.log");
	must_append(&f, "one\n");
	must_rotate(&f, NOON, NULL);
	fake.exchange_errno = EINVAL;
	must_append(&f, "two\n");
	must_rotate(&f, NOON, NULL);
	fake.rename_errno = EIO;
	must_append(&f, "three\n");
	must_not_rotate(&f, "Input/output");
	assert_int_equal(rename("d/a.log", "d/b.log"), 0);
	assert_int_equal(mkdir("d/a.log", 0700), 0);
	assert_int_equal(logfile_reopen(&f, &old, &err), -1);
	assert_int_equal(rmdir("d/a.log"), 0);
	assert_int_equal(logfile_reopen(&f, &old, &err), 0);
	close(old);
	assert_int_equal(logfile_reopen(&f, &old, &err), 0);
	must_not_open("d/a.log", "locked");
	must_not_open("d", "folder");
	logfile_close(&f);
	logfile_close(&f);
	put_text("d/a.log", "torn");
	fake.sync_fails = true;
	must_not_open("d/a.log", "Input/output");
	assert_int_equal(entries("/proc/self/fd"), fds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(a_second_collector_is_refused),
		PLACE_TEST(no_moment_of_a_rotation_lets_another_in),
		PLACE_TEST(an_append_goes_on_where_it_was_stopped),
		PLACE_TEST(an_unfinished_line_can_be_taken_back),
		PLACE_TEST(a_file_that_others_change_is_not_cut),
		PLACE_TEST(half_a_line_is_never_rotated),
		PLACE_TEST(a_moved_file_is_written_to_until_reopened),
		PLACE_TEST(a_deleted_file_is_made_again_with_its_folders),
		PLACE_TEST(a_failed_reopening_changes_nothing),
		PLACE_TEST(a_new_name_is_synced_or_remembered),
		PLACE_TEST(nothing_stays_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
