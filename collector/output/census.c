/* SPDX-License-Identifier: BSD-2-Clause */
/* census.c - the rotated files of an output, as they are in its folder */
#include "output/census.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/run.h"
#include "output/beneath.h"

enum { TEXT_MAX = 64 << 20, FIRST = 64, NAME_ROOM = RUN_NAME_MAX + NAME_MAX };

/* What is being taken. */
struct taker {
	struct census *c;
	const struct keep_plan *plan;
	const struct keep_output *o;
	int base;           /* the folder of the output */
	int dirfd;          /* the one being read */
	const char *folder; /* its name below base; "": base itself */
	size_t depth;       /* folders in that */
};

/* Room for one more of that size. -1: errno. */
static int
grow(void **list, size_t n, size_t *room, size_t size)
{
	size_t more = *room > 0 ? 2 * *room : FIRST;
	void *grown;

	if (n < *room)
		return 0;
	grown = reallocarray(*list, more, size);
	if (grown == NULL)
		return -1;
	*list = grown;
	*room = more;
	return 0;
}

static int
add_number(size_t **list, size_t *n, size_t *room, size_t number)
{
	void *p = *list;

	if (grow(&p, *n, room, sizeof(**list)) == -1)
		return -1;
	*list = p;
	(*list)[(*n)++] = number;
	return 0;
}

/* Keeps a text, and a NUL behind it. -1: errno. */
static int
add_text(struct texts_of *t, const char *text, size_t n, size_t *at)
{
	size_t more = t->room > 0 ? t->room : 4096;
	char *grown;

	while (more - t->n < n + 1)
		more *= 2;
	if (more != t->room) {
		grown = realloc(t->text, more);
		if (grown == NULL)
			return -1;
		t->text = grown;
		t->room = more;
	}
	*at = t->n;
	memcpy(t->text + t->n, text, n);
	t->text[t->n + n] = '\0';
	t->n += n + 1;
	return 0;
}

/* Where the live name is in the table, or would go. */
static uint32_t *
find(const struct census *c, struct slice name)
{
	size_t mask = c->slots - 1, i = hash_text(&c->key, name) & mask;

	while (c->slot[i] != 0) {
		const char *known = census_live(c, c->slot[i] - 1);

		if (strlen(known) == name.n &&
		    memcmp(known, name.p, name.n) == 0)
			break;
		i = (i + 1) & mask;
	}
	return &c->slot[i];
}

static int
grow_table(struct census *c)
{
	size_t slots = c->slots > 0 ? 2 * c->slots : FIRST;
	uint32_t *slot;

	if (c->slots / 2 > c->lives)
		return 0;
	slot = calloc(slots, sizeof(*slot));
	if (slot == NULL)
		return -1;
	free(c->slot);
	c->slot = slot;
	c->slots = slots;
	for (size_t i = 0; i < c->lives; i++) {
		const char *name = census_live(c, (uint32_t)i);

		*find(c, slice_str(name)) = (uint32_t)i + 1;
	}
	return 0;
}

/* The number of a live name; UINT32_MAX: errno. */
static uint32_t
number_of(struct census *c, struct slice name)
{
	uint32_t *slot;
	size_t at;

	if (grow_table(c) == -1)
		return UINT32_MAX;
	slot = find(c, name);
	if (*slot != 0)
		return *slot - 1;
	if (add_text(&c->names, name.p, name.n, &at) == -1 ||
	    add_number(&c->live, &c->lives, &c->live_room, at) == -1)
		return UINT32_MAX;
	*slot = (uint32_t)c->lives;
	return *slot - 1;
}

/* folder/entry, of which n bytes count. */
static struct slice
join(const struct taker *t, const char *entry, size_t n, char to[NAME_ROOM])
{
	size_t m = strlen(t->folder);

	if (m + 1 + n >= NAME_ROOM)
		return slice_of(to, 0);
	memcpy(to, t->folder, m);
	if (m > 0)
		to[m++] = '/';
	memcpy(to + m, entry, n);
	to[m + n] = '\0';
	return slice_of(to, m + n);
}

/* Is the live file of that name, n bytes, one of the output? */
static bool
is_ours(const struct taker *t, const char *name, size_t n)
{
	const struct match *m = t->o->match;
	struct slice live = slice_of(name, n);

	if (m == NULL)
		return slice_eq(live, slice_str(t->o->name));
	if (t->depth == 0 && slice_eq(live, SLICE_LIT("_other")))
		return true;
	return t->depth == match_folders(m) && match_part(m, t->depth, live);
}

static int
add_file(const struct taker *t, const struct rotated *r, const struct stat *st,
    struct slice live)
{
	struct census *c = t->c;
	uint32_t number = number_of(c, live);
	void *list = c->file;

	if (number == UINT32_MAX ||
	    grow(&list, c->files, &c->room, sizeof(*c->file)) == -1)
		return -1;
	c->file = list;
	c->file[c->files++] = (struct kept){ .number = r->number,
		.stamp = r->stamp,
		.since = retain_since(r->stamp, st->st_mtime, c->now),
		.size = (uint64_t)st->st_size,
		.live = number,
		.forms = (uint8_t)(1U << r->packing) };
	return 0;
}

/* A left-over of a compression. */
static int
take_temp(const struct taker *t, const char *entry)
{
	char name[NAME_ROOM];
	struct rotated r;
	size_t at, n = rotate_split(entry, true, &r);
	struct slice live;

	if (n == 0 || !is_ours(t, entry + 1, n))
		return 0;
	live = join(t, entry + 1, n, name);
	if (live.n == 0 || !keep_owns(t->plan, t->o, name))
		return 0;
	live = join(t, entry, strlen(entry), name);
	if (live.n == 0)
		return 0;
	if (add_text(&t->c->names, live.p, live.n, &at) == -1)
		return -1;
	return add_number(&t->c->temp, &t->c->temps, &t->c->temp_room, at);
}

/* Another's files: the same question for each of one name is asked again,
 * which costs more, but only where outputs share a folder. */
static int
take_file(const struct taker *t, const char *entry)
{
	char name[NAME_ROOM], whole[NAME_ROOM];
	struct rotated r;
	struct stat st;
	size_t n;
	struct slice live;

	if (entry[0] == '.')
		return take_temp(t, entry);
	n = rotate_split(entry, false, &r);
	if (n == 0 || !is_ours(t, entry, n))
		return 0;
	live = join(t, entry, n, name);
	if (live.n == 0 || !keep_owns(t->plan, t->o, name) ||
	    join(t, entry, strlen(entry), whole).n == 0 ||
	    keep_is_live(t->plan, t->o, whole))
		return 0;
	if (fstatat(t->dirfd, entry, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	return S_ISREG(st.st_mode) ? add_file(t, &r, &st, live) : 0;
}

/* A folder in which others or files may be. */
static int
take_folder(const struct taker *t, const char *entry)
{
	struct census *c = t->c;
	char name[NAME_ROOM];
	struct slice folder;
	size_t at;

	if (t->o->match == NULL || t->depth == match_folders(t->o->match) ||
	    !match_part(t->o->match, t->depth, slice_str(entry)))
		return 0;
	folder = join(t, entry, strlen(entry), name);
	if (folder.n == 0)
		return 0;
	if (add_text(&c->names, folder.p, folder.n, &at) == -1)
		return -1;
	return add_number(&c->folder, &c->folders, &c->folder_room, at);
}

static bool
is_full(const struct census *c)
{
	return c->files >= CENSUS_MAX || c->folders >= CENSUS_MAX ||
	    c->temps >= CENSUS_MAX || c->names.n >= TEXT_MAX;
}

/* What a file system that does not say is will turn out. */
static int
take_entry(const struct taker *t, const struct dirent *e)
{
	struct stat st;

	if (e->d_type == DT_REG)
		return take_file(t, e->d_name);
	if (e->d_type == DT_DIR)
		return take_folder(t, e->d_name);
	if (e->d_type != DT_UNKNOWN)
		return 0;
	if (fstatat(t->dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	if (S_ISDIR(st.st_mode))
		return take_folder(t, e->d_name);
	return take_file(t, e->d_name);
}

/* Takes all that is in the folder t->dirfd, which is closed. -1: errno. */
static int
take_all(struct taker *t)
{
	DIR *dir = fdopendir(t->dirfd);
	struct dirent *e;
	int saved, status = 0;

	if (dir == NULL) {
		close(t->dirfd);
		return -1;
	}
	/* the stream is ours alone */
	/* cppcheck-suppress readdirCalled */
	while (errno = 0, (e = readdir(dir)) != NULL) {
		t->c->more |= is_full(t->c);
		if (t->c->more)
			break;
		status = take_entry(t, e);
		if (status == -1)
			break;
	}
	if (e == NULL && errno != 0)
		status = -1;
	saved = errno;
	closedir(dir);
	errno = saved;
	return status;
}

static size_t
count_slashes(const char *s)
{
	size_t n = 0;

	while ((s = strchr(s, '/')) != NULL) {
		n++;
		s++;
	}
	return n;
}

/* Folder by folder; those below are found on the way. */
static int
walk(struct taker *t)
{
	struct census *c = t->c;
	char name[NAME_ROOM], file[NAME_ROOM];
	bool made = false;
	int status = 0;

	for (size_t i = 0; status == 0 && i < c->folders && !is_full(c); i++) {
		size_t n = strlen(c->names.text + c->folder[i]);

		memcpy(name, c->names.text + c->folder[i], n + 1);
		t->folder = name;
		t->depth = count_slashes(name) + 1;
		if (join(t, "x", 1, file).n == 0)
			continue;
		t->dirfd = beneath_open(t->base, file, NULL, &made);
		/* what is gone, a link, or not ours to read holds none */
		if (t->dirfd != -1)
			status = take_all(t);
	}
	t->folder = "";
	return status;
}

int
census_take(struct census *c, const struct keep_plan *p,
    const struct keep_output *o, int folder, int64_t now, struct err *err)
{
	struct taker t = {
		.c = c, .plan = p, .o = o, .base = folder, .folder = ""
	};

	*c = (struct census){ .now = now };
	t.dirfd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t.dirfd == -1 || hash_key_make(&c->key) == -1) {
		(void)err_sys(err, "%s: list it", o->folder);
		if (t.dirfd != -1)
			close(t.dirfd);
		return -1;
	}
	if (take_all(&t) == -1 || walk(&t) == -1)
		return err_sys(err, "%s: list it", o->folder);
	c->files = retain_join(c->file, c->files);
	return 0;
}

void
census_clear(struct census *c)
{
	free(c->file);
	free(c->names.text);
	free(c->live);
	free(c->slot);
	free(c->temp);
	free(c->folder);
	*c = (struct census){ .files = 0 };
}

const char *
census_live(const struct census *c, uint32_t live)
{
	return c->names.text + c->live[live];
}

const char *
census_temp(const struct census *c, size_t i)
{
	return c->names.text + c->temp[i];
}
