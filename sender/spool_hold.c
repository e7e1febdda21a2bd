/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spool_hold.c - a part that programs close, and others take; see spool.h
 */
#include "spool_parts.h"

#include <errno.h>
#include <unistd.h>

/* Who has had the part meanwhile, and sent or added something, has left
 * another state. */
static bool
is_as_we_left_it(struct spool *s)
{
	struct spool_state now;

	spool_recall(s, &now);
	return now.acknowledged == s->noted.acknowledged &&
	    now.next == s->noted.next;
}

/*
 * Another spool of this process may have opened the same part, and got the
 * same numbers: then nothing of it is ours, though it is the same files.
 * Whose a descriptor is says its offset.
 */
static bool
is_locked(struct spool *s)
{
	if (!own_is_valid(&s->lock))
		return false;
	if (lseek(s->lock.fd, 0, SEEK_CUR) == spool_mark(s))
		return true;
	s->lock.fd = s->folder.fd = s->state.fd = s->out.fd = s->in.fd = -1;
	return false;
}

/* What we write there, nobody will find. */
bool
spool_is_gone(const struct own *o)
{
	struct stat st;

	return o->fd != -1 && fstat(o->fd, &st) == 0 && st.st_nlink == 0 &&
	    st.st_dev == o->dev && st.st_ino == o->ino;
}

static int
lose(struct spool *s)
{
	own_close(&s->lock);
	s->lost = true;
	errno = ESTALE;
	return -1;
}

int
spool_hold(struct spool *s)
{
	if (s->lost)
		return lose(s);
	if (is_locked(s)) {
		s->removed = s->linked &&
		    (spool_is_gone(&s->lock) || spool_is_gone(&s->out));
		return s->removed ? lose(s) : 0;
	}
	if (spool_lock(s) == -1)
		return errno == EWOULDBLOCK || errno == ENOENT ? lose(s) : -1;
	return is_as_we_left_it(s) ? 0 : lose(s);
}

int
spool_leave(struct spool *s, struct spool *to, struct err *err)
{
	struct spool_record record;
	struct slice text;
	bool same = s->folder.ino == to->folder.ino &&
	    s->folder.dev == to->folder.dev;
	uint64_t gone = spool_left(s) + (same ? 0 : spool_left(to));
	uint64_t limit = to->limit, segment_limit = to->segment_limit, found;
	/* where a record may begin: a write may have ended anywhere */
	size_t size, at = s->out_at == 0 ? SPOOL_HEADS : (0 - s->out_at) % 8;
	int status = 0;

	/* All goes into its buffer, which is empty, as if it were new: only the
	 * first one can fail, and what is moved is never in neither. */
	to->limit = to->segment_limit = UINT64_MAX;
	while (status == 0 && at < s->out_n) {
		size = spool_check(slice_of(s->out_buffer + at, s->out_n - at),
		    s->out_nonce, &record);
		if (size == 0 || size == SIZE_MAX) {
			at += 8; /* one that was written in part */
			continue;
		}
		text = slice_of(s->out_buffer + at + sizeof(record), record.n);
		status = spool_append(to, text, err);
		at += status == 0 ? size : 0;
	}
	to->limit = limit;
	to->segment_limit = segment_limit;
	if (status == -1)
		return -1;
	/* in the same part, what lacks is counted by who reads it */
	found = spool_left(to) + (same ? to->damaged : 0);
	if (s->removed && gone > found)
		to->damaged += gone - found;
	to->damaged += s->damaged;
	(void)err_set(err, "spool: %s %s%s; another part is used",
	    s->removed ? "somebody has removed" : "another process has taken",
	    s->path, s->removed ? "" : ", and sends what was in it");
	spool_free(s);
	return 0;
}
