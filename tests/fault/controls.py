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
    tests/fault) must fail. also: more of such pairs in the same file. holds:
    something else has to hold them up, so they must not fail."""

    name: str
    source: str
    old: str
    new: str
    tests: tuple
    also: tuple = ()
    holds: bool = False

    def pairs(self):
        return ((self.old, self.new), *self.also)


KILLED = "test_kill_every_call.py::test_killed_before_each_call"
FAILED = "test_failing_calls.py::"
KEEP = "test_keep_faults.py::"
LOGFILE = "collector/output/logfile.c"
TLS = "../system/test_tls.py::"
SESSION = "sender/tls_session.c"
SENDER = "../system/test_sender.py::"
SENDER_FAULTS = "../system/test_sender_faults.py::"
SENDER_TLS = "../system/test_sender_tls.py::"
LINE = "sender/tls_line.c"

# Who may not send is stopped twice: OpenSSL breaks the handshake off when our
# judge refuses the certificate, and when it is over it is decided once more.
UNBROKEN = ("	return s->approved;", "	return 1;")
UNASKED = ("return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;",
           "return SSL_VERIFY_PEER;")
UNDECIDED = ("		s->open = decide(s);", "		s->open = decide(s) || rc == 1;")
ONLY_RIGHT = (TLS + "test_only_who_may_send_does[TLS 1.2-whole]",
              TLS + "test_only_who_may_send_does[TLS 1.3-whole]",
              TLS + "test_data_in_the_segment_of_the_finished")

# The sender stops twice, too, when a server is not the one.
LINE_GOES_ON = ("	set_why(l, text);\n	return 0;\n",
                "	set_why(l, text);\n	return 1;\n")
LINE_UNDECIDED = ("	if (!is_approved(l)) {", "	if (l->ssl == NULL) {")
NOT_THE_ONE = (SENDER_TLS + "test_a_server_that_is_not_the_one_gets_nothing"
               "[TLSv1.3-self-signed-]",)

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
        "a torn line is cut, but not kept",
        "collector/output/repair.c",
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
        "a write that was interrupted is a failed one",
        "collector/base/os.c",
        "while (done == -1 && errno == EINTR);", "while (0);",
        (FAILED + "test_short_and_interrupted_writes[interrupted-fixed]",)),
    Control(
        "a rotation replaces instead of exchanging",
        "collector/base/os.c",
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
        "what a killed rotation reserved stays",
        "collector/output/newest.c",
        "		gone = unlinkat(dirfd, name, 0) == 0;",
        "		gone = false;",
        (KILLED + "[always]",)),
    Control(
        "what cannot be written is let go",
        "collector/output/output_write.c",
        """		if (rc == -1) {
			fail(o, text, error, &err);
			return false;
		}
		o->home.told_away = false;""",
        """		if (rc == -1) {
			fail(o, text, error, &err);
			o->passed += text.n - o->done;
			o->done = text.n;
			continue;
		}
		o->home.told_away = false;""",
        (FAILED + "test_full_after_k_bytes[fixed]",)),
    Control(
        "what was written in part is written again",
        "collector/output/output_write.c",
        """		if (rc == -1) {
			fail(o, text, error, &err);
			return false;
		}
		o->home.told_away = false;""",
        """		if (rc == -1) {
			fail(o, text, error, &err);
			o->passed -= o->done;
			o->done = 0;
			return false;
		}
		o->home.told_away = false;""",
        (FAILED + "test_full_after_k_bytes[fields]",)),
    Control(
        "half of a line stays at the end", LOGFILE,
        "	if (!f->torn) {\n		*cut = 0;",
        "	if (f->fd != -1) {\n		*cut = 0;",
        (FAILED + "test_stopped_while_full[fixed]",)),
    Control(
        "a failed write is not counted",
        "collector/output/stall.c",
        "	counter_add(set->count, metric_of(error), 1);\n",
        "	(void)metric_of(error);\n",
        (FAILED + "test_the_nth_call_fails[fixed]",)),
    Control(
        "memory for a block is taken for granted",
        "collector/base/pool.c",
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
    Control(
        "a locked file is written to",
        "collector/output/logfile.c",
        """		status = flock(fd, LOCK_EX | LOCK_NB);""",
        """		status = 0 * flock(fd, LOCK_UN);""",
        ("test_two_collectors.py::test_the_second_one_refuses_a_file",)),
    Control(
        "what was written before an error is written again",
        "collector/output/output_write.c",
        """		o->done += n;
		o->passed += n;
		counter""",
        """		o->done += rc == -1 ? 0 : n;
		o->passed += n;
		counter""",
        ("test_full_disk.py::test_tcp_waits_five_times",)),
    Control(
        "some of what is dropped is not counted",
        "collector/route/intake.c",
        """		counter_add(src->count, L_DROPPED_MEMORY, 1);""",
        """		counter_add(src->count, L_DROPPED_MEMORY, in->taken % 100 != 0);""",
        ("test_full_disk.py::test_datagrams_are_counted",)),
    Control(
        "a value may hold a slash",
        "collector/route/pathname.c",
        """c == '.' || c == '_' || c == '-';""",
        """c == '.' || c == '_' || c == '-' || c == '/';""",
        ("test_hostile_names.py::test_every_name_stays_in_its_folder",)),
    Control(
        "a name may begin with a dot",
        "collector/route/pathname.c",
        """		if (!is_safe(b) || (b == '.' && c->n == 0)) {""",
        """		if (!is_safe(b)) {""",
        ("test_hostile_names.py::test_every_name_stays_in_its_folder",)),
    Control(
        "values that become the same share a file",
        "collector/route/pathname.c",
        """			put_hash(c, hash_values(c));""",
        """			put_hash(c, 0);""",
        ("test_hostile_names.py::test_values_that_become_the_same_have_their_own_files",)),
    Control(
        "links are followed below the folder",
        "collector/base/os.c",
        """		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };""",
        """		.resolve = 0 };""",
        ("test_hostile_users.py::test_a_link_on_the_way",)),
    Control(
        "links are followed where openat2 is refused",
        "collector/output/beneath.c",
        """	STEP = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,""",
        """	STEP = O_PATH | O_DIRECTORY | O_CLOEXEC,""",
        ("test_hostile_users.py::test_the_owner_of_a_folder_of_many_files",)),
    Control(
        "the file of torn lines may have two names",
        "collector/output/repair.c",
        """	new.alone = true;""",
        """	new.alone = f->new.alone;""",
        ("test_hostile_users.py::test_the_torn_file",)),
    Control(
        "a deleted file is not made again",
        "collector/output/output_write.c",
        """	*good = file_restore(&o->file, &made, &err) == 0;""",
        """	made = false;
	*good = true;""",
        ("test_lost_folder.py::test_deleted",)),
    Control(
        "what waited for its folder goes to the others",
        "collector/output/files.c",
        """		g->other = was_other;""",
        """		g->other |= was_other;""",
        ("test_lost_folder.py::test_replaced_by_a_file",)),
    Control(
        "a broken file system is not let go",
        "collector/output/output_write.c",
        """	if (error == EROFS)
		output_let_go(o);""",
        """	(void)output_let_go;""",
        ("test_readonly_disk.py::test_a_file_system_with_an_error",)),
    Control(
        "a mode is what the umask leaves",
        "collector/output/folder.c",
        """	    fchmod(fd, new->mode &MODE_BITS) == -1)""",
        """	    fchmod(fd, st->st_mode & MODE_BITS) == -1)""",
        ("test_modes.py::test_modes",)),
    Control(
        "a failed sync is not seen",
        "collector/output/replace.c",
        """	if (atomic_load(&f->verdict->failed) >= f->since)
		f->failed = true;""",
        "",
        ("test_failed_sync.py::test_syncs_that_go_on_failing[10ms-out.log]",)),
    Control(
        "nothing is held until it is synced",
        "collector/output/hold.c",
        """	if (o->standard || !file_home_holds(&o->home))
		block_return(b);""",
        """	if (b != NULL)
		block_return(b);""",
        ("test_failed_sync.py::test_always_keeps_all_that_is_not_safe[out.log]",)),
    Control(
        "each try leaves a file that is suspect",
        "collector/output/replace.c",
        """	rc = f->fresh ? leave_thrown(f, err) : leave_kept(f, err);""",
        """	(void)leave_thrown;
	rc = leave_kept(f, err);""",
        ("test_failed_sync.py::test_syncs_that_go_on_failing[always-out.log]",)),
    Control(
        "what is in clear text is parsed though TLS is due",
        "collector/input/conn.c",
        """	return c->secure == NULL || secure_is_authorised(c->secure);""",
        """	return c != NULL;""",
        (TLS + "test_clear_text_behind_a_proxy_header",)),
    Control(
        "a peer may send before its handshake is over", SESSION,
        """tls_session_is_authorised(const struct tls_session *s)
{
	return s->open;""",
        """tls_session_is_authorised(const struct tls_session *s)
{
	return s->open || s->begun;""",
        (TLS + "test_data_in_the_segment_of_the_finished",)),
    Control(
        "a refused certificate does not break off the handshake",
        SESSION, *UNBROKEN, ONLY_RIGHT, (UNASKED,), holds=True),
    Control(
        "nobody decides when the handshake is over",
        SESSION, *UNDECIDED, ONLY_RIGHT, holds=True),
    Control(
        "a refused certificate changes nothing",
        SESSION, *UNDECIDED, ONLY_RIGHT, (UNBROKEN, UNASKED)),
    Control(
        "who has no certificate may send",
        SESSION, *UNDECIDED, ONLY_RIGHT[:2], (UNASKED,)),
    Control(
        "a stamp may be earlier than the one before", LOGFILE,
        "			.stamp = now > f->stamp ? now : f->stamp };",
        "			.stamp = now };",
        ("test_clock.py::test_steps",)),
    Control(
        "what the peer had not acknowledged is not sent again",
        "sender/engine_send.c",
        """	handle_count(e->s, COUNT_RESENT, flight_rewind(&e->flight));
""",
        """	struct slice gone;

	for (size_t n = flight_rewind(&e->flight); n > 0; n--)
		(void)flight_take(&e->flight, &gone);
""",
        (SENDER_FAULTS + "test_a_receiver_that_hangs_and_dies",)),
    Control(
        "what TCP cannot know is not counted",
        "sender/engine_send.c",
        "		handle_count(e->s, COUNT_UNCERTAIN, recently(e));\n",
        "		(void)recently(e);\n",
        (SENDER_FAULTS + "test_a_receiver_that_hangs_and_dies",)),
    Control(
        "a sequenceId is left out",
        "sender/engine_fill.c",
        "(e->dropped - e->dropped_in_sequence) + 1;",
        "(e->dropped - e->dropped_in_sequence) + 1 + (e->sequence == 7);",
        (SENDER + "test_a_fork_sends_nothing_twice[tcp]",)),
    Control(
        "what was dropped leaves no gap in the sequenceIds",
        "sender/engine_fill.c",
        "e->sequence + (e->dropped - e->dropped_in_sequence) + 1;",
        "e->sequence + 1;",
        (SENDER_FAULTS +
         "test_a_collector_that_hangs_holds_up_nobody[tcp]",)),
    Control(
        "the child of a fork sends what its parent had on the way",
        "sender/engine.c",
        "	flight_reset(&e->flight);\n	e->flight_is_spooled = e->was_up",
        "	(void)flight_rewind(&e->flight);\n"
        "	e->flight_is_spooled = e->was_up",
        ("test_sender_fork.py::test_children_of_one_that_waits[tcp]",)),
    Control(
        "the child of a fork counts on from its parent's sequenceId",
        "sender/engine.c",
        "	e->sequence = 0;\n", "",
        (SENDER + "test_a_fork_sends_nothing_twice[tcp]",)),
    Control(
        "the CRC of a record in the spool is not looked at",
        "sender/spool_file.c",
        """	if (r.crc != spool_crc(nonce, r.n, r.number, bytes.p + sizeof(r)))
		return 0;
""",
        "",
        ("test_sender_spool.py::test_a_damaged_record_is_counted",)),
    Control(
        "all severities are dropped alike",
        "sender/ring.c",
        "		if (lowest && i >= 6)", "		if (lowest && i > 7)",
        (SENDER_FAULTS +
         "test_a_collector_that_hangs_holds_up_nobody[tcp]",),
        (("		else if (lowest && i >= 4)",
          "		else if (lowest && i > 7)"),)),
    Control(
        "nobody is told what was dropped",
        "sender/engine_losses.c",
        "	if (!engine_say(e, PRI_LOSS, slice_of(text, n)))\n",
        "	if (n == 0)\n",
        (SENDER_FAULTS +
         "test_a_collector_that_hangs_holds_up_nobody[tcp]",)),
    Control(
        "nobody decides when the sender's handshake is over",
        LINE, *LINE_UNDECIDED, NOT_THE_ONE, holds=True),
    Control(
        "a server that is refused gets the messages",
        LINE, *LINE_GOES_ON, NOT_THE_ONE, (LINE_UNDECIDED,)),
    Control(
        "messages go before the server has accepted our certificate",
        LINE,
        "	if (!l->asked || SSL_version(l->ssl) != TLS1_3_VERSION)",
        "	if (l->shaken)",
        (SENDER_TLS +
         "test_a_server_that_refuses_us_eats_nothing[TLSv1.3-expired-"
         "our certificate has expired (alert 45)]",)),
)
