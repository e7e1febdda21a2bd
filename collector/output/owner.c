/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/owner.h"

#include <sys/syscall.h>

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "config/people.h"
#include "output/folder.h"

enum { TEXT_MAX = 1 << 20, TEXT_FIRST = 1 << 12 }; /* of an entry */

/* An errno; ENOENT: there is no such name. */
static int
look_up(const char *name, bool group, char *text, size_t n, uint32_t *id)
{
	struct passwd pw, *user = NULL;
	struct group gr, *found = NULL;
	int error = group ? getgrnam_r(name, &gr, text, n, &found)
			  : getpwnam_r(name, &pw, text, n, &user);

	if (found != NULL)
		*id = gr.gr_gid;
	else if (user != NULL)
		*id = pw.pw_uid;
	else
		return error == ERANGE ? error : ENOENT;
	return 0;
}

/* Other threads may run: the buffer is ours. */
static int
find(const char *name, bool group, uint32_t *id)
{
	int error = ERANGE;

	if (people_read_number(name, id))
		return 0;
	for (size_t n = TEXT_FIRST; error == ERANGE && n <= TEXT_MAX; n *= 4) {
		char *text = malloc(n);

		if (text == NULL)
			return ENOMEM;
		error = look_up(name, group, text, n, id);
		free(text);
	}
	return error;
}

/* Root in a container need not be able to. */
static bool
may_give(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = { { 0 } };

	return syscall(SYS_capget, &head, data) == 0 &&
	    (data[0].effective & 1U << CAP_CHOWN) != 0;
}

static bool
is_member(gid_t group)
{
	gid_t *list;
	bool is = group == getegid();
	int n = getgroups(0, NULL);

	if (is || n <= 0)
		return is;
	list = calloc((size_t)n, sizeof(*list));
	if (list == NULL)
		return false;
	n = getgroups(n, list);
	for (int i = 0; i < n; i++)
		is |= list[i] == group;
	free(list);
	return is;
}

static int
find_user(
    struct folder_new *new, const struct output_conf *conf, struct err *err)
{
	if (find(conf->owner, false, &new->user) != 0)
		return err_set(err,
		    "output %s: owner: there is no user \"%s\"; make it, or "
		    "give another name or number",
		    conf->path, conf->owner);
	if (!may_give() && new->user != geteuid())
		return err_set(err,
		    "output %s: owner: only root may give files to \"%s\"; "
		    "leave owner out, or start as root (with CAP_CHOWN) "
		    "and without user",
		    conf->path, conf->owner);
	new->has_user = true;
	return 0;
}

static int
find_group(
    struct folder_new *new, const struct output_conf *conf, struct err *err)
{
	if (find(conf->group, true, &new->group) != 0)
		return err_set(err,
		    "output %s: group: there is no group \"%s\"; make it, or "
		    "give another name or number",
		    conf->path, conf->group);
	if (!may_give() && !is_member(new->group))
		return err_set(err,
		    "output %s: group: we are not in \"%s\" and may not give "
		    "files to it; add our user to that group, or leave group "
		    "out",
		    conf->path, conf->group);
	new->has_group = true;
	return 0;
}

int
owner_find(
    struct folder_new *new, const struct output_conf *conf, struct err *err)
{
	if (conf->owner != NULL && conf->owner[0] != '\0' &&
	    find_user(new, conf, err) == -1)
		return -1;
	if (conf->group != NULL && conf->group[0] != '\0' &&
	    find_group(new, conf, err) == -1)
		return -1;
	return 0;
}
