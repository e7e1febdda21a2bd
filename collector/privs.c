/* SPDX-License-Identifier: BSD-2-Clause */
#include "privs.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <unistd.h>

#include "config/people.h"

struct identity {
	uid_t uid;
	gid_t gid;
	const char *name; /* of the user, borrowed; NULL: it has none */
};

static int
find_user(
    const char *user, const char *group, struct identity *to, struct err *err)
{
	const struct passwd *pw;
	uint32_t number;
	bool is_number = people_read_number(user, &number);

	if (user[0] == '\0')
		return 0;
	/* no other thread runs yet */
	/* cppcheck-suppress [getpwnamCalled, getpwuidCalled] */
	pw = is_number ? getpwuid(number) : getpwnam(user);
	if (pw != NULL) {
		to->uid = pw->pw_uid;
		to->gid = pw->pw_gid;
		to->name = pw->pw_name; /* until the next getpw*() */
		return 0;
	}
	if (!is_number)
		return err_set(err,
		    "user: \"%s\" does not exist (adduser --system %s makes "
		    "it)",
		    user, user);
	if (group[0] == '\0' && number != to->uid)
		return err_set(err,
		    "user: nobody here has the number %s, so its group is not "
		    "known; give group, too",
		    user);
	to->uid = number;
	return 0;
}

static int
find_group(const char *group, struct identity *to, struct err *err)
{
	const struct group *gr;
	uint32_t number;

	if (group[0] == '\0')
		return 0;
	if (people_read_number(group, &number)) {
		to->gid = number;
		return 0;
	}
	/* cppcheck-suppress getgrnamCalled */
	gr = getgrnam(group);
	if (gr == NULL)
		return err_set(err,
		    "group: \"%s\" does not exist (addgroup --system %s makes "
		    "it)",
		    group, group);
	to->gid = gr->gr_gid;
	return 0;
}

/* Ports below 1024 may be bound, nothing else. */
static int
keep_binding(struct err *err)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = { { 0 } };

	data[0].effective = data[0].permitted = 1U << CAP_NET_BIND_SERVICE;
	if (syscall(SYS_capset, &head, data) == -1)
		return err_sys(err, "capset");
	return 0;
}

int
privs_drop(const char *user, const char *group, struct err *err)
{
	struct identity to = { getuid(), getgid(), NULL };

	if (find_user(user, group, &to, err) == -1 ||
	    find_group(group, &to, err) == -1)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_sys(err, "prctl");
	if (to.uid == geteuid() && to.gid == getegid())
		return 0;
	if (geteuid() != 0)
		return err_set(err,
		    "user, group: only root can become somebody else; start "
		    "as root, or leave them out");
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		return err_sys(err, "prctl");
	/* members of the system's other groups are root's, not ours */
	if ((to.name != NULL ? initgroups(to.name, to.gid)
			     : setgroups(0, NULL)) == -1 ||
	    setresgid(to.gid, to.gid, to.gid) == -1 ||
	    setresuid(to.uid, to.uid, to.uid) == -1)
		return err_sys(err, "user \"%s\"", user);
	return to.uid == 0 ? 0 : keep_binding(err);
}
