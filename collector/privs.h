/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * privs.h - becoming an ordinary user once the sockets are bound
 */
#ifndef PRIVS_H
#define PRIVS_H

#include "wire/err.h"

/*
 * Becomes user and group, names or numbers ("": the user's own group), for
 * good: of root's rights only binding to ports below 1024 is kept, for
 * reloads. Both empty: nothing changes. A process that is not root may only be
 * told to stay who it is. One thread only. -1 sets *err.
 */
int privs_drop(const char *user, const char *group, struct err *err);

#endif
