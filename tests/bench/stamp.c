/* SPDX-License-Identifier: BSD-2-Clause */
/* stamp.c - see stamp.h */
#include "stamp.h"

#include "common.h"

#include <errno.h>
#include <time.h>

const char stamp_pairs[201] =
    "0001020304050607080910111213141516171819202122232425262728293031323334"
    "3536373839404142434445464748495051525354555657585960616263646566676869"
    "707172737475767778798081828384858687888990919293949596979899";

void
stamp_turn(struct stamp *s, int64_t us)
{
	time_t second = (time_t)(us / US_PER_S);
	struct tm tm;

	s->begin = us - us % US_PER_S;
	/* RFC 3164 has no zone: senders write what the clock on the wall
	 * says. */
	if (!(s->rfc3164 ? localtime_r(&second, &tm) : gmtime_r(&second, &tm)))
		die(errno, "the time");
	if (strftime(s->text, sizeof(s->text),
		s->rfc3164 ? "%b %e %H:%M:%S" : "%Y-%m-%dT%H:%M:%S.", &tm) == 0)
		die(0, "the time does not fit");
}
