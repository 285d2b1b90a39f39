/* main.c - puts the layers on top of each other, and is the only file that knows all of them. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/api/api.h"
#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/limits.h"
#include "fs/base/log.h"
#include "fs/base/secret.h"
#include "fs/cli.h"
#include "fs/daemon.h"
#include "fs/key.h"
#include "fs/mount/mount.h"
#include "fs/options.h"
#include "fs/sandbox.h"
#include "fs/state_dir.h"
#include "fs/tree/import.h"
#include "fs/tree/tree.h"

/* From top to bottom: mount → tree (with the cache in it) → api. */
struct stack {
	struct monitor monitor;
	struct tree *tree;
	struct api *api;
	struct mount *mount;
};

static int build_api(struct stack *s, const struct options *o, const char *url, const char *state_dir,
	struct refusal *why)
{
	struct api_conf conf = {
		.monitor = &s->monitor,
		.url = url,
		.dialect = (enum dialect_choice)o->dialect,
		.rate_windows = o->rate_windows,
		.timeout_ms = o->timeout_s * 1000,
		.state_dir = state_dir,
		.on_event = tree_on_event,
		.on_event_arg = s->tree,
	};
	memcpy(conf.rate, o->rate, sizeof conf.rate);
	s->api = api_create(&conf, why);
	if (!s->api)
		return -why->err;
	tree_use_api(s->tree, s->api);
	return api_start(s->api, why);
}

static int build_tree(struct stack *s, const struct options *o, struct refusal *why)
{
	char client[24];
	snprintf(client, sizeof client, "%lld", (long long)o->client_id);
	struct tree_conf conf = {
		.monitor = &s->monitor,
		.ttl_ms = o->ttl_s * 1000,
		.cache_bytes = (size_t)o->cache_size_bytes,
		.client_id = o->client_id ? client : NULL,
		.max_updates = (size_t)o->max_updates,
		.read_only = o->read_only,
		.dry_run = o->dry_run,
		.max_deletes = (size_t)o->max_deletes,
	};
	s->tree = tree_create(&conf, why);
	return s->tree ? 0 : -why->err;
}

static int build_mount(struct stack *s, const struct options *o, struct refusal *why)
{
	struct mount_conf conf = {
		.monitor = &s->monitor,
		.tree = s->tree,
		.mountpoint = o->mountpoint,
		.fuse_options = buf_text(&o->fuse),
		.debug = o->debug,
		.read_only = o->read_only,
		.sizes = (enum size_mode)o->sizes,
		.ttl_ms = o->ttl_s * 1000,
		.timeout_ms = o->timeout_s * 1000,
		.max_deletes = o->max_deletes,
	};
	s->mount = mount_create(&conf, why);
	if (!s->mount)
		return -why->err;
	tree_listen(s->tree, &(struct tree_listener){mount_changed, mount_stats, s->mount});
	return 0;
}

/* The first request: is the key good, is the service there? Its answer serves the first `ls` too. */
static int check_account(struct stack *s, const struct options *o, struct refusal *why)
{
	struct caller caller;
	caller_init(&caller, PRIORITY_READ, 0, clock_ms() + 2 * o->timeout_s * 1000);
	int rc = tree_check(s->tree, &caller, why);
	caller_release(&caller);
	return rc;
}

static void stop_api(void *arg)
{
	struct stack *s = arg;
	imports_stop(s->tree);
	api_stop(s->api);
}

static void take_down(struct stack *s)
{
	/* What still runs ends first: a fetch or an import tells the mount what it changed. */
	imports_stop(s->tree);
	if (s->api)
		api_stop(s->api);
	imports_join(s->tree);
	mount_destroy(s->mount);
	tree_destroy(s->tree);
	api_destroy(s->api);
	monitor_release(&s->monitor);
}

static int serve(const struct options *o, const char *url, int *pipe, struct refusal *why)
{
	struct stack s = {0};
	_cleanup_buf_ struct buf state_dir = BUF_INIT;
	/* Each thread with an arena of its own would cost memory that is never given back. */
	mallopt(M_ARENA_MAX, 2);
	monitor_init(&s.monitor, WORKERS_MAX - WORKERS_RESERVED);
	log_configure(!o->foreground, o->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING);
	int rc = o->sandbox && !o->sandbox_dir ? 0 : state_dir_make(&state_dir, why);
	if (rc == 0)
		rc = build_tree(&s, o, why);
	if (rc == 0)
		rc = build_api(&s, o, url, state_dir.len ? state_dir.data : NULL, why);
	if (rc == 0)
		rc = check_account(&s, o, why);
	if (rc == 0)
		rc = build_mount(&s, o, why);
	if (rc == 0) {
		tree_keep(s.tree, state_dir.len ? state_dir.data : NULL, url);
		imports_start(s.tree, state_dir.len ? state_dir.data : NULL, url);
		daemon_ready(pipe);
		rc = mount_run(s.mount, stop_api, &s);
	} else {
		daemon_failed(pipe, why);
	}
	take_down(&s);
	return rc;
}

static int complain(const struct refusal *why)
{
	fprintf(stderr, "smartleadfs: %s\n", why->text);
	return 1;
}

static int run_mount(struct options *o)
{
	struct refusal why = {0};
	struct sandbox sandbox = SANDBOX_INIT;
	int pipe = -1;
	if (options_check_mountpoint(o, &why) < 0 || (!o->sandbox && key_load(o, &why) < 0))
		return complain(&why);
	daemon_harden();
	if (daemon_start(o->foreground, &pipe, &why) < 0)
		return complain(&why);
	int rc = 0;
	if (o->sandbox) {
		rc = sandbox_start(&sandbox, o->sandbox_dir, o->dialect == DIALECT_FIX_LIVE, !o->foreground, &why);
		if (rc == 0)
			rc = secret_set(sandbox.key);
		if (rc < 0)
			daemon_failed(&pipe, &why);
	}
	if (rc == 0)
		rc = serve(o, o->sandbox ? sandbox.url : o->url, &pipe, &why);
	sandbox_stop(&sandbox);
	secret_wipe();
	return rc < 0;
}

/* For `smartleadfs init`: tries the key with the cheapest request. */
static int check_key(const struct options *o, struct refusal *why)
{
	struct stack s = {0};
	monitor_init(&s.monitor, 1);
	int rc = build_tree(&s, o, why);
	if (rc == 0)
		rc = build_api(&s, o, o->url, NULL, why);
	if (rc == 0)
		rc = check_account(&s, o, why);
	take_down(&s);
	return rc;
}

static int run_init(int argc, char **argv)
{
	struct refusal why = {0};
	struct options o;
	options_init(&o);
	int rc = options_load(&o, argc, argv, OPTIONS_NO_MOUNTPOINT, &why);
	int status = rc < 0 ? complain(&why) : cli_init(&o, check_key);
	options_release(&o);
	return status;
}

static int run_default(int argc, char **argv)
{
	struct refusal why = {0};
	struct options o;
	int status = 0;
	options_init(&o);
	if (options_load(&o, argc, argv, OPTIONS_MOUNTPOINT, &why) < 0)
		status = complain(&why);
	else if (o.help)
		options_print_help(stdout);
	else if (o.version)
		puts("smartleadfs " SMARTLEADFS_VERSION);
	else
		status = run_mount(&o);
	options_release(&o);
	return status;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	if (strcmp(command, "init") == 0)
		return run_init(argc - 1, argv + 1);
	if (strcmp(command, "status") == 0)
		return cli_status(argc - 1, argv + 1);
	if (strcmp(command, "why") == 0)
		return cli_why(argc - 1, argv + 1);
	if (strcmp(command, "imports") == 0)
		return cli_imports(argc - 1, argv + 1);
	return run_default(argc, argv);
}
