/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_map.c - see tls_map.h
 */
#include "tls_map.h"

void
tls_map_add(struct tls_map *m, uint64_t cipher, size_t n)
{
	m->last.cipher = cipher;
	m->last.clear += n;
	/* Where there is no room for one more, the youngest two count as one:
	 * it is known later then that the former has arrived. */
	if (m->count < TLS_MAP_ENDS)
		m->count++;
	m->ends[(m->first + m->count - 1) % TLS_MAP_ENDS] = m->last;
}

size_t
tls_map_unacknowledged(struct tls_map *m, uint64_t cipher)
{
	while (m->count > 0 && m->ends[m->first].cipher <= cipher) {
		m->acknowledged = m->ends[m->first].clear;
		m->first = (m->first + 1) % TLS_MAP_ENDS;
		m->count--;
	}
	return (size_t)(m->last.clear - m->acknowledged);
}
