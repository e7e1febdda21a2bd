/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "config/config.h"
#include "config/template.h"
#include "output/output.h"
#include "output/owner.h"

struct output_settings *
output_settings(const struct output_conf *conf, struct counters *count,
    struct counters *sync_count, struct err *err)
{
	struct output_settings *s = malloc(sizeof(*s));

	if (s == NULL)
		goto fail;
	*s = (struct output_settings){ .path = strdup(conf->path),
		.rotate_size = conf->rotate_size,
		.rotate_every = conf->rotate_every / 1000,
		.sync = conf->sync,
		.max_open_files = conf->max_open_files,
		.max_files = conf->max_files,
		.max_new_files = conf->max_new_files,
		.new = { .mode = (mode_t)conf->mode,
		    .dir_mode = (mode_t)conf->dir_mode },
		.count = count,
		.sync_count = sync_count };
	if (conf->file != NULL)
		s->base = strdup(template_base(conf->file).p);
	if (owner_find(&s->new, conf, err) == -1)
		goto refused;
	if (s->path == NULL || (conf->file != NULL && s->base == NULL))
		goto fail;
	/* one of its own: that of the configuration goes with a reload */
	if (s->rotate_every > 0)
		s->zone = zone_of_machine(err);
	if (s->rotate_every == 0 || s->zone != NULL)
		return s;
fail:
	(void)err_sys(err, "output %s", conf->path);
refused:
	output_settings_free(s);
	return NULL;
}

void
output_settings_free(struct output_settings *s)
{
	if (s == NULL)
		return;
	free(s->path);
	free(s->base);
	zone_free(s->zone);
	free(s);
}
