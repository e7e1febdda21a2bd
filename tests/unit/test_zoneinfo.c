/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_zoneinfo.c - zones are found by their names, and only where they belong
 */
#include "base/zone.h"

#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static struct zone *
load(const char *name)
{
	struct err err;
	struct zone *z = zone_load(name, &err);

	if (z == NULL)
		fail_msg("%s %s", name, err.text);
	return z;
}

static void
expect_refused(const char *name, const char *says)
{
	struct err err = { "" };

	assert_null(zone_load(name, &err));
	if (strstr(err.text, says) == NULL)
		fail_msg("\"%s\" %s", name, err.text);
}

/* A zone that has always been two hours east: one type, no change. */
static const char east[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			   "\0\0\0\1\0\0\0\4\0\0\x1c\x20\0\0XYZ";

/* A folder of zones of our own: what $TZDIR says. */
struct folder {
	char path[64];
};

static void
put_file(const struct folder *f, const char *name, size_t size)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", f->path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(east, 1, sizeof(east), file), sizeof(east));
	assert_int_equal(fclose(file), 0);
	if (size > 0)
		assert_int_equal(truncate(path, (off_t)size), 0);
}

static int
make_folder(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));
	char path[128];

	if (f == NULL)
		return -1;
	(void)snprintf(f->path, sizeof(f->path), "/tmp/zone.XXXXXX");
	assert_non_null(mkdtemp(f->path));
	(void)snprintf(path, sizeof(path), "%s/Land", f->path);
	assert_int_equal(mkdir(path, 0755), 0);
	put_file(f, "Land/Big_Town", 0);
	put_file(f, "Plain", 0);
	put_file(f, "Huge", 65537);
	put_file(f, "Full", 65536);
	(void)snprintf(path, sizeof(path), "%s/fifo", f->path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(setenv("TZDIR", f->path, 1), 0);
	*state = f;
	return 0;
}

static int
remove_folder(void **state)
{
	static const char *const names[] = { "Land/Big_Town", "Land", "Plain",
		"Huge", "Full", "fifo", "" };
	struct folder *f = *state;
	char path[128];

	for (size_t i = 0; i < COUNT(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", f->path, names[i]);
		(void)remove(path);
	}
	free(f);
	return unsetenv("TZDIR") == 0 && unsetenv("TZ") == 0 ? 0 : -1;
}

static void
names_are_found_below_the_folder(void **state)
{
	struct folder *f = *state;

	zone_free(load("Land/Big_Town"));
	zone_free(load("Plain"));
	zone_free(load("Full"));
	expect_refused("Land", "is a folder of zones");
	expect_refused("Huge", "too large");
	expect_refused("fifo", "no zone file");
	expect_refused("/etc/localtime", "leads out of");
	expect_refused("../zoneinfo/UTC", "leads out of");
	expect_refused("Land/../Plain", "leads out of");
	expect_refused("Land/..", "leads out of");
	expect_refused("Nowhere", f->path);
	expect_refused("Nowhere", "must be a name such as");
	expect_refused("Plain/Town", "is no zone below");
	expect_refused("land/big_town", "did you mean Land/Big_Town?");
	expect_refused("LAND/Big Town", "did you mean Land/Big_Town?");
	expect_refused("plain", "did you mean Plain?");
	expect_refused("plain/", "is no zone below");
	expect_refused("//", "leads out of");
	expect_refused("Land//x", "is no zone below");
}

static void
a_name_of_any_length_is_refused(void **state)
{
	char name[600];

	(void)state;
	for (size_t n = 250; n < sizeof(name); n += 1 + n % 7) {
		memset(name, 'x', n);
		name[n] = '\0';
		expect_refused(name, "is no zone");
	}
}

static void
without_zone_files_there_is_still_utc(void **state)
{
	struct zone *z;

	(void)state;
	assert_int_equal(setenv("TZDIR", "/nowhere/at/all", 1), 0);
	z = load("UTC");
	assert_int_equal(zone_offset(z, 1795342500), 0);
	assert_int_equal(zone_offset_of_wall(z, 1795342500, 0), 0);
	zone_free(z);
	z = load(BERLIN);
	assert_int_equal(zone_offset(z, 1795342500), 3600);
	zone_free(z);
	expect_refused("Europe/Berlin", "package tzdata");
}

static void
expect_tz(const char *tz, int32_t offset)
{
	struct zone *z;

	assert_int_equal(setenv("TZ", tz, 1), 0);
	z = load("");
	assert_int_equal(zone_offset(z, 1000), offset);
	zone_free(z);
}

static void
no_name_is_the_zone_of_this_machine(void **state)
{
	struct folder *f = *state;
	char path[128];

	expect_tz("ABC-7", 25200);
	expect_tz(":ABC-7", 25200);
	expect_tz("", 0);
	expect_tz(":", 0);
	expect_tz("Plain", 7200);
	expect_tz(":Land/Big_Town", 7200);
	(void)snprintf(path, sizeof(path), "%s/Plain", f->path);
	expect_tz(path, 7200);
	assert_int_equal(setenv("TZ", "Nowhere", 1), 0);
	expect_refused("", "TZ=Nowhere is no zone below");
	assert_int_equal(setenv("TZ", "/nowhere/at/all", 1), 0);
	expect_refused("", "TZ=/nowhere/at/all cannot be read: No such");
	assert_int_equal(unsetenv("TZ"), 0);
	zone_free(load(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    names_are_found_below_the_folder, make_folder,
		    remove_folder),
		cmocka_unit_test_setup_teardown(a_name_of_any_length_is_refused,
		    make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
		    without_zone_files_there_is_still_utc, make_folder,
		    remove_folder),
		cmocka_unit_test_setup_teardown(
		    no_name_is_the_zone_of_this_machine, make_folder,
		    remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
