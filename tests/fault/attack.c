/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attack.c - a local user who owns a log folder, as fast as he can
 *
 *   attack FOLDER OUT NAME KINDS
 *
 * Until it is ended: puts something else in the place of FOLDER, of NAME in
 * it, of NAME.torn, and of the next names of a rotation, then puts back what
 * was there. KINDS has a letter for each: l a link to OUT/secret, d one to
 * OUT, h a hard link to OUT/hard, f a named pipe, c a device, m a folder; D
 * puts a link to OUT in the place of FOLDER itself.
 *
 * What the collector made is only renamed, to a name that is new, and never
 * replaced or deleted: so each line that it stored can be found.
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct place {
	const char *folder, *out, *name;
	unsigned long turn;
};

static bool
rename_new(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;
}

static bool
make(const struct place *p, char kind, const char *path)
{
	char target[PATH_MAX];

	(void)snprintf(target, sizeof(target), "%s/%s", p->out,
	    kind == 'h' ? "hard" : "secret");
	switch (kind) {
	case 'l':
		return symlink(target, path) == 0;
	case 'D':
	case 'd':
		return symlink(p->out, path) == 0;
	case 'h':
		return link(target, path) == 0;
	case 'f':
		return mkfifo(path, 0666) == 0;
	case 'c':
		return mknod(path, S_IFCHR | 0666, makedev(1, 3)) == 0;
	default:
		return mkdir(path, 0777) == 0;
	}
}

/* The collector may have renamed what we made, and have a file there. */
static void
unmake(struct place *p, const char *path)
{
	char ours[PATH_MAX];
	struct stat st;

	(void)snprintf(ours, sizeof(ours), "%s.ours%lu", path, p->turn);
	if (!rename_new(path, ours))
		return;
	if (lstat(ours, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
		(void)rename_new(ours, path);
	else if (unlink(ours) == -1)
		(void)rmdir(ours);
}

/* What is at path gives way, for a moment or two. */
static void
put(struct place *p, char kind, const char *path)
{
	char away[PATH_MAX];
	bool moved;

	(void)snprintf(away, sizeof(away), "%s.away%lu", path, p->turn);
	moved = rename_new(path, away);
	if (!moved && errno != ENOENT)
		return;
	if (make(p, kind, path)) {
		if (p->turn % 3 == 0)
			(void)usleep(300);
		unmake(p, path);
	}
	if (moved)
		(void)rename_new(away, path);
}

/* The name that the next rotation of FOLDER/NAME gives, by what is there. */
static void
put_next(struct place *p, char kind)
{
	unsigned long most = 0, n;
	char path[PATH_MAX], stamp[32];
	time_t now = time(NULL);
	DIR *dir = opendir(p->folder);
	struct dirent *e;
	struct tm tm;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		const char *dash = strrchr(e->d_name, '-');

		n = dash == NULL ? 0 : strtoul(dash + 1, NULL, 10);
		if (n > most && n < 1000000)
			most = n;
	}
	if (dir != NULL)
		closedir(dir);
	gmtime_r(&now, &tm);
	(void)strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	for (n = most + 1; n < most + 4; n++) {
		(void)snprintf(path, sizeof(path), "%s/%s-%s-%06lu", p->folder,
		    p->name, stamp, n);
		if (make(p, kind, path)) {
			(void)usleep(100);
			unmake(p, path);
		}
	}
}

int
main(int argc, char **argv)
{
	char live[PATH_MAX], torn[PATH_MAX];
	struct place p = { NULL, NULL, NULL, 0 };

	if (argc != 5)
		return 99;
	p.folder = argv[1];
	p.out = argv[2];
	p.name = argv[3];
	(void)snprintf(live, sizeof(live), "%s/%s", p.folder, p.name);
	(void)snprintf(torn, sizeof(torn), "%s/%s.torn", p.folder, p.name);
	for (;; p.turn++) {
		char kind = argv[4][p.turn % strlen(argv[4])];

		if (kind == 'D') {
			put(&p, kind, p.folder);
			continue;
		}
		put(&p, kind, live);
		put(&p, kind, torn);
		put_next(&p, kind);
	}
}
