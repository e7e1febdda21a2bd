# SPDX-License-Identifier: BSD-2-Clause
"""controls.py - the safety taken out, and the tests that must notice

Each control replaces one piece of one source file, which must be there
exactly once: when the code changes, its control has to follow. test_controls.py
builds the program with it, in a copy of the tree, and demands that the named
tests fail. The product itself has no hooks for tests.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Control:
    """old, in the file source, becomes new; then tests (pytest's names below
    tests/fault) must fail."""

    name: str
    source: str
    old: str
    new: str
    tests: tuple


KILLED = "test_kill_every_call.py::test_killed_before_each_call"
FAILED = "test_failing_calls.py::"
KEEP = "test_keep_faults.py::"
LOGFILE = "collector/output/logfile.c"

CONTROLS = (
    Control(
        "a torn line is not repaired at the start", LOGFILE,
        """	if (repair_tail(f, repaired, err) == -1)
		return -1;
""",
        """	*repaired = 0;
""",
        ("test_kill_under_load.py::test_killed_in_large_writes",)),
    Control(
        "a torn line is cut, but not kept", "collector/output/repair.c",
        "if (copy_tail(f->fd, t->fd, tail, f->size) == -1)",
        "if (tail > f->size && copy_tail(f->fd, t->fd, tail, f->size) == -1)",
        (KILLED + "[torn]",)),
    Control(
        "a torn line is cut though it could not be kept",
        "collector/output/repair.c",
        """	if (fill_torn(f, &t, tail, err) == -1)
		goto fail;
""",
        """	(void)fill_torn(f, &t, tail, err);
""",
        (FAILED + "test_the_nth_call_of_a_start_fails[out.log]",)),
    Control(
        "a short write is not finished", LOGFILE,
        "		slice_skip(s, (size_t)n);\n",
        "		slice_skip(s, s->n);\n",
        (FAILED + "test_short_and_interrupted_writes[short-fixed]",)),
    Control(
        "a write that was interrupted is a failed one", "collector/base/os.c",
        "while (done == -1 && errno == EINTR);", "while (0);",
        (FAILED + "test_short_and_interrupted_writes[interrupted-fixed]",)),
    Control(
        "a rotation replaces instead of exchanging", "collector/base/os.c",
        "return renameat2(dirfd, a, dirfd, b, RENAME_EXCHANGE);",
        "return renameat(dirfd, a, dirfd, b);",
        (KILLED + "[size]",)),
    Control(
        "the number of a rotated file is not looked up", LOGFILE,
        "	if (f->rotation <= last.number)\n",
        "	if (f->rotation == 0)\n",
        (KILLED + "[signal]",
         "test_kill_under_load.py::test_thousands_of_rotations[never]")),
    Control(
        "what a killed rotation reserved stays", "collector/output/newest.c",
        "		gone = unlinkat(dirfd, name, 0) == 0;",
        "		gone = false;",
        (KILLED + "[always]",)),
    Control(
        "what cannot be written is let go", "collector/output/output_write.c",
        """		if (rc == -1) {
			fail(o, text, error, &err);
			return false;
		}
		if (o->home.failures == 0)""",
        """		if (rc == -1) {
			fail(o, text, error, &err);
			o->passed += text.n - o->done;
			o->done = text.n;
			continue;
		}
		if (o->home.failures == 0)""",
        (FAILED + "test_full_after_k_bytes[fixed]",)),
    Control(
        "what was written in part is written again",
        "collector/output/output_write.c",
        """		if (rc == -1) {
			fail(o, text, error, &err);
			return false;
		}
		if (o->home.failures == 0)""",
        """		if (rc == -1) {
			fail(o, text, error, &err);
			o->passed -= o->done;
			o->done = 0;
			return false;
		}
		if (o->home.failures == 0)""",
        (FAILED + "test_full_after_k_bytes[fields]",)),
    Control(
        "half of a line stays at the end", LOGFILE,
        "	if (!f->torn) {\n		*cut = 0;",
        "	if (f->fd != -1) {\n		*cut = 0;",
        (FAILED + "test_stopped_while_full[fixed]",)),
    Control(
        "a failed write is not counted", "collector/output/stall.c",
        "	counter_add(set->count, metric_of(error), 1);\n",
        "	(void)metric_of(error);\n",
        (FAILED + "test_the_nth_call_fails[fixed]",)),
    Control(
        "memory for a block is taken for granted", "collector/base/pool.c",
        "		if (b == NULL)\n			return NULL;\n", "",
        ("test_no_memory.py::test_the_nth_allocation_of_a_round[True]",)),
    Control(
        "the plain file goes before the compressed one is whole",
        "collector/output/pack.c",
        """	if (os_rename_new(p->dirfd, p->temp, p->new) == -1)
""",
        """	if (os_unlink(p->dirfd, p->name) == -1 ||
	    os_rename_new(p->dirfd, p->temp, p->new) == -1)
""",
        (KEEP + "test_kill_at_each_call_of_a_compression[zstd-.zst]",)),
    Control(
        "what a killed compression left stays",
        "collector/output/sweep.c",
        """		if (os_unlink(dirfd, base) == 0)
""",
        """		if (fd == -1 && os_unlink(dirfd, base) == 0)
""",
        (KEEP + "test_kill_at_each_call_of_a_compression[zstd-.zst]",)),
    Control(
        "both forms of a file stay",
        "collector/output/keeper_work.c",
        """	    os_unlink(dirfd, w->name) == -1) {
""",
        """	    os_unlink(dirfd, "") == 0) {
""",
        (KEEP + "test_kill_at_each_call_of_a_compression[gzip-.gz]",)),
    Control(
        "a compression that failed is not tried again",
        "collector/output/keeper.c",
        """	keep_plan_free(k->plan);
	k->plan = next;
""",
        """	if (k->plan != NULL)
		for (size_t i = 0; i < next->n; i++)
			next->output[i].failed = k->plan->output[i].failed,
			next->output[i].retry_at =
			    k->plan->output[i].retry_at;
	k->plan = next;
""",
        (KEEP + "test_each_call_of_a_compression_fails",)),
    Control(
        "nothing is done about a disk that fills",
        "collector/output/sweep.c",
        """	if (o->free == 0 || fstatvfs(s->folder, &v) == -1)
""",
        """	if (o->free > 0 || fstatvfs(s->folder, &v) == -1)
""",
        (KEEP + "test_a_disk_is_kept_free[none]",)),
    Control(
        "any name that looks like a rotated one is deleted",
        "collector/output/census.c",
        """		return slice_eq(live, slice_str(t->o->name));
""",
        """		return slice_eq(live, slice_str(t->o->name)) ||
		    live.n == strlen(t->o->name) + 1;
""",
        (KEEP + "test_ten_thousand_old_files",)),
    Control(
        "a thread that cannot be started is given up",
        "collector/output/keeper.c",
        """	k->try_at = now + TRY_MS;
""",
        """	k->try_at = INT64_MAX;
""",
        (KEEP + "test_no_thread_can_be_started",)),
    Control(
        "a stop waits for a compression that hangs",
        "collector/engine.c",
        """	if (is_all_written(e))
		_exit(""",
        """	if (is_all_written(e) && e->status > 1)
		_exit(""",
        (KEEP + "test_a_compression_that_hangs_does_not_hold_a_stop",)),
    Control(
        "the plan of an earlier reload is not freed",
        "collector/output/keeper.c",
        """	keep_plan_free(k->plan);
	k->plan = next;
""",
        """	k->plan = next;
""",
        (KEEP + "test_many_reloads_leak_nothing",)),
)
