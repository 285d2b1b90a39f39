#include "fs/state_dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int make(const char *path, struct refusal *why)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return refuse(why, errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* Like mkdir -p, for the directories that the XDG rules ask for. */
static int make_all(struct buf *path, struct refusal *why)
{
	int rc = 0;
	for (char *slash = strchr(path->data + 1, '/'); slash && rc == 0; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		rc = make(path->data, why);
		*slash = '/';
	}
	return rc < 0 ? rc : make(path->data, why);
}

int state_dir_make(struct buf *out, struct refusal *why)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	if (xdg && *xdg == '/')
		buf_printf(out, "%s/smartleadfs", xdg);
	else if (home && *home == '/')
		buf_printf(out, "%s/.local/state/smartleadfs", home);
	else
		return refuse(why, ENOENT, "neither XDG_STATE_HOME nor HOME says where to keep state");
	if (buf_failed(out))
		return refuse_memory(why);
	return make_all(out, why);
}
