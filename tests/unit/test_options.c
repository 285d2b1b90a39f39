/* The command line, the config file, the key: what they accept, what they refuse, and in which order they count. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/base/secret.h"
#include "fs/config.h"
#include "fs/key.h"
#include "fs/options.h"

static char dir[64];
static struct options o;
static struct refusal why;

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_options.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	setenv("XDG_CONFIG_HOME", dir, 1);
	unsetenv("SMARTLEAD_API_KEY");
	options_init(&o);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	char command[128];
	options_release(&o);
	secret_wipe();
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

/* Splits at blanks; "''" is an empty argument. */
static int load(const char *line)
{
	static char copy[1024];
	char *argv[20] = {(char[]){"smartleadfs"}};
	int argc = 1;
	snprintf(copy, sizeof copy, "%s", line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	options_release(&o);
	options_init(&o);
	return options_load(&o, argc, argv, OPTIONS_MOUNTPOINT, &why);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	char *slash = strrchr(path, '/');
	*slash = '\0';
	mkdir(path, 0700);
	*slash = '/';
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(path, mode);
}

static void defaults_are_those_of_the_contract(void **state)
{
	(void)state;
	assert_int_equal(load("/mnt"), 0);
	assert_string_equal(o.mountpoint, "/mnt");
	assert_int_equal(o.ttl_s, 60);
	assert_int_equal(o.timeout_s, 60);
	assert_int_equal(o.cache_size_bytes, 64 << 20);
	assert_int_equal(o.max_deletes, 10);
	assert_int_equal(o.max_updates, 200);
	assert_int_equal(o.client_id, 0);
	assert_int_equal(o.rate_windows, 1);
	assert_int_equal(o.rate[0].requests, 10);
	assert_int_equal(o.rate[0].seconds, 2);
	assert_int_equal(o.sizes, SIZES_AUTO);
	assert_int_equal(o.dialect, DIALECT_AUTO);
	assert_string_equal(o.url, "https://server.smartlead.ai/api/v1");
	assert_string_equal(o.profile, "default");
	assert_string_equal(o.fuse.data, "fsname=smartleadfs,subtype=smartleadfs");
	assert_false(o.foreground || o.debug || o.read_only || o.dry_run || o.insecure || o.sandbox);
}

static void every_option_is_understood(void **state)
{
	(void)state;
	assert_int_equal(load("-d -o ro,ttl=0,cache_size=2G,sizes=exact -ourl=https://a.example/v1//,dry_run /mnt "
		"-o client_id=7,rate=10/1,60/60,1000/3600,timeout=5,max_deletes=0,max_updates=1,"
		"dialect=live,allow_other"), 0);
	assert_true(o.foreground && o.debug && o.read_only && o.dry_run);
	assert_int_equal(o.ttl_s, 0);
	assert_int_equal(o.cache_size_bytes, (int64_t)2 << 30);
	assert_int_equal(o.sizes, SIZES_EXACT);
	assert_string_equal(o.url, "https://a.example/v1");
	assert_int_equal(o.client_id, 7);
	assert_int_equal(o.rate_windows, 3);
	assert_int_equal(o.rate[2].requests, 1000);
	assert_int_equal(o.rate[2].seconds, 3600);
	assert_int_equal(o.timeout_s, 5);
	assert_int_equal(o.max_deletes, 0);
	assert_int_equal(o.max_updates, 1);
	assert_int_equal(o.dialect, DIALECT_FIX_LIVE);
	assert_string_equal(o.fuse.data, "allow_other,fsname=smartleadfs,subtype=smartleadfs");
	assert_true(options_given(&o, "ttl"));
	assert_false(options_given(&o, "profile"));
}

static void mount_and_fstab_style(void **state)
{
	(void)state;
	assert_int_equal(load("acme /mnt -o ro,dev,suid,x-systemd.automount,_netdev,noauto,user,rw,nofail"), 0);
	assert_string_equal(o.source, "acme");
	assert_string_equal(o.mountpoint, "/mnt");
	assert_string_equal(o.fuse.data, "dev,suid,fsname=acme,subtype=smartleadfs");
	assert_int_equal(load("'' /mnt -o fsname=a\\,b"), 0);
	assert_string_equal(o.fuse.data, "fsname=a\\,b,subtype=smartleadfs");
	assert_int_equal(load("-- -odd"), 0);
	assert_true(o.mountpoint[0] == '/' && strstr(o.mountpoint, "/-odd"));
}

static void sandbox_takes_a_directory(void **state)
{
	(void)state;
	assert_int_equal(load("--sandbox /mnt"), 0);
	assert_true(o.sandbox && !o.sandbox_dir);
	assert_int_equal(load("--sandbox=/var/x /mnt"), 0);
	assert_true(o.sandbox);
	assert_string_equal(o.sandbox_dir, "/var/x");
	assert_int_equal(load("--sandbox -o url=https://a.example /mnt"), -EINVAL);
	/* The config file is of the real account. */
	write_file("smartleadfs/config", "[default]\nmax_deletes = 3\n", 0600);
	assert_int_equal(load("--sandbox /mnt"), 0);
	assert_int_equal(o.max_deletes, 10);
}

static void what_is_wrong_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *line, *want;
	} cases[] = {
		{"", "where to mount"},
		{"a b c", "\"c\" is too much"},
		{"--what /mnt", "unknown option --what"},
		{"-x /mnt", "unknown option -x"},
		{"-o", "-o needs a value"},
		{"/mnt -o bogus", "unknown option bogus"},
		{"/mnt -o api_key=geheim", "not taken from the command line"},
		{"/mnt -o ttl", "option ttl needs a value"},
		{"/mnt -o ttl=-1", "option ttl: \"-1\" is not a whole number"},
		{"/mnt -o ttl=1.5", "is not a whole number"},
		{"/mnt -o ttl=99999999999999999999", "is not a whole number"},
		{"/mnt -o client_id=0", "is not between"},
		{"/mnt -o cache_size=5T", "is not a size like 64M"},
		{"/mnt -o cache_size=1", "is not between"},
		{"/mnt -o cache_size=9999999999G", "is not that small"},
		{"/mnt -o ro=perhaps", "is not yes or no"},
		{"/mnt -o sizes=big", "is not auto, exact or cheap"},
		{"/mnt -o dialect=latin", "is not auto, reference or live"},
		{"/mnt -o rate=10", "is not N/S"},
		{"/mnt -o rate=10/0", "is not N/S"},
		{"/mnt -o rate=10/1,", NULL},
		{"/mnt -o rate=10/1,5/", "unknown option 5/"},
		{"/mnt -o rate=1/1,2/2,3/3,4/4,5/5", "at most 4 windows"},
		{"/mnt -o url=ftp://x", "does not begin with https://"},
		{"/mnt -o url=http://example.com", "in the clear"},
		{"/mnt -o url=http://127.0.0.1.example.com", "in the clear"},
		{"/mnt -o url=http://localhost.example.com:80/", "in the clear"},
		{"/mnt -o url=http://127.0.0.1@example.com", "not of the form"},
		{"/mnt -o url=https://x/?api_key=geheim", "not of the form"},
		{"/mnt -o url=https:///v1", "not of the form"},
		{"/mnt -o url=http://example.com,insecure", NULL},
		{"/mnt -o url=http://127.0.0.1:8080/api/v1", NULL},
		{"/mnt -o url=http://[::1]:8080/api/v1", NULL},
		{"/mnt -o url=http://localhost/v1", NULL},
		{"/mnt -o profile=nobody", NULL},
	};
	for (size_t i = 0; i + 1 < sizeof cases / sizeof *cases; i++) {
		why.text[0] = '\0';
		int rc = load(cases[i].line);
		if (cases[i].want ? rc != -EINVAL || !strstr(why.text, cases[i].want) : rc != 0)
			fail_msg("\"%s\": %d %s", cases[i].line, rc, why.text);
		assert_null(strstr(why.text, "geheim"));
	}
	assert_int_equal(load("/mnt -o profile=nobody"), -ENOENT);
	assert_non_null(strstr(why.text, "no section [nobody]"));
}

static void help_and_version_need_nothing(void **state)
{
	(void)state;
	assert_int_equal(load("-h"), 0);
	assert_true(o.help);
	assert_int_equal(load("--version"), 0);
	assert_true(o.version);
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	options_print_help(f);
	fclose(f);
	assert_non_null(strstr(text, "-o rate=N/S[,N/S...]"));
	assert_non_null(strstr(text, "--sandbox[=DIR]"));
	assert_null(strstr(text, "api_key"));
	free(text);
}

static void the_config_file_fills_what_is_not_given(void **state)
{
	(void)state;
	write_file("smartleadfs/config",
		"# comment\n[default]\nttl = 5\nrate = 10/1,60/60\nallow_other = yes\nro\n\n[acme]\r\n"
		"url = https://acme.example/v1 \r\n; more\nmax_deletes=3\napi_key = acme-key\n[other]\nnonsense = 1\n",
		0600);
	assert_int_equal(load("/mnt -o ttl=7"), 0);
	assert_int_equal(o.ttl_s, 7);
	assert_int_equal(o.rate_windows, 2);
	assert_true(o.read_only);
	assert_int_equal(strncmp(o.fuse.data, "allow_other,", 12), 0);
	assert_int_equal(load("/mnt -o profile=acme"), 0);
	assert_string_equal(o.url, "https://acme.example/v1");
	assert_int_equal(o.max_deletes, 3);
	assert_int_equal(o.ttl_s, 60);
	assert_int_equal(key_load(&o, &why), 0);
	assert_string_equal(secret_get(), "acme-key");
	assert_int_equal(load("/mnt -o profile=other"), -EINVAL);
	assert_non_null(strstr(why.text, "line 14: unknown option nonsense"));
}

static void a_config_file_with_a_key_must_be_private(void **state)
{
	(void)state;
	write_file("smartleadfs/config", "[default]\napi_key = geheim\n", 0644);
	assert_int_equal(load("/mnt"), -EACCES);
	assert_non_null(strstr(why.text, "chmod 600"));
	assert_null(strstr(why.text, "geheim"));
	write_file("smartleadfs/config", "[default]\nttl = 3\n", 0644);
	assert_int_equal(load("/mnt"), 0);
}

static void the_key_has_three_sources_in_order(void **state)
{
	(void)state;
	char line[256];
	write_file("smartleadfs/config", "[default]\napi_key = by-config\n", 0600);
	write_file("key", "  by-file \nsecond line\n", 0600);
	setenv("SMARTLEAD_API_KEY", "by-environment", 1);
	snprintf(line, sizeof line, "/mnt -o key_file=%s/key", dir);
	assert_int_equal(load(line), 0);
	assert_int_equal(key_load(&o, &why), 0);
	assert_string_equal(secret_get(), "by-file");
	assert_int_equal(load("/mnt"), 0);
	assert_int_equal(key_load(&o, &why), 0);
	assert_string_equal(secret_get(), "by-environment");
	assert_null(getenv("SMARTLEAD_API_KEY"));
	assert_int_equal(load("/mnt"), 0);
	assert_int_equal(key_load(&o, &why), 0);
	assert_string_equal(secret_get(), "by-config");
	snprintf(line, sizeof line, "[default]\nkey_file = %s/key\n", dir);
	write_file("smartleadfs/config", line, 0600);
	assert_int_equal(load("/mnt"), 0);
	assert_int_equal(key_load(&o, &why), 0);
	assert_string_equal(secret_get(), "by-file");
	write_file("smartleadfs/config", "", 0600);
	assert_int_equal(load("/mnt"), 0);
	assert_int_equal(key_load(&o, &why), -EACCES);
	assert_non_null(strstr(why.text, "smartleadfs init"));
}

static void a_key_file_must_be_private(void **state)
{
	(void)state;
	char path[128];
	snprintf(path, sizeof path, "%s/key", dir);
	static const mode_t loose[] = {0640, 0604, 0610, 0602};
	for (size_t i = 0; i < sizeof loose / sizeof *loose; i++) {
		write_file("key", "geheim\n", loose[i]);
		assert_int_equal(key_from_file(path, &why), -EACCES);
		assert_non_null(strstr(why.text, "chmod 600"));
	}
	write_file("key", "geheim\n", 0400);
	assert_int_equal(key_from_file(path, &why), 0);
	write_file("key", "\n", 0600);
	assert_int_equal(key_from_file(path, &why), -EINVAL);
	unlink(path);
	assert_int_equal(key_from_file(path, &why), -ENOENT);
}

static void init_keeps_what_it_does_not_change(void **state)
{
	(void)state;
	static const struct {
		const char *before, *profile, *after;
	} cases[] = {
		{"", "default", "[default]\napi_key = K\n"},
		{"# mine\n[default]\nttl = 5\napi_key = old\n[acme]\napi_key = a\n", "default",
			"# mine\n[default]\napi_key = K\nttl = 5\n[acme]\napi_key = a\n"},
		{"[default]\nttl = 5", "acme", "[default]\nttl = 5\n\n[acme]\napi_key = K\n"},
	};
	const struct config_change changes[] = {{"api_key", "K"}, {"url", NULL}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out = BUF_INIT;
		config_edit(slice_of(cases[i].before), cases[i].profile, changes, 2, &out);
		assert_string_equal(buf_text(&out), cases[i].after);
		buf_release(&out);
	}
}

static void save_writes_a_private_file_and_follows_a_link(void **state)
{
	(void)state;
	char path[128], target[128];
	struct stat st;
	const struct config_change changes[] = {{"api_key", "saved-key"}};
	snprintf(path, sizeof path, "%s/smartleadfs/config", dir);
	assert_int_equal(config_save(path, "default", changes, 1, &why), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(target, sizeof target, "%s/dotfile", dir);
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(config_save(path, "acme", changes, 1, &why), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(load("/mnt -o profile=acme"), 0);
	assert_int_equal(key_load(&o, &why), 0);
	assert_string_equal(secret_get(), "saved-key");
}

static void the_mount_point_is_looked_at(void **state)
{
	(void)state;
	assert_int_equal(load("/no/such/dir"), 0);
	assert_int_equal(options_check_mountpoint(&o, &why), -ENOENT);
	assert_int_equal(load("/dev/null"), 0);
	assert_int_equal(options_check_mountpoint(&o, &why), -ENOTDIR);
	assert_int_equal(load(dir), 0);
	assert_int_equal(options_check_mountpoint(&o, &why), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(defaults_are_those_of_the_contract),
		CASE(every_option_is_understood),
		CASE(mount_and_fstab_style),
		CASE(sandbox_takes_a_directory),
		CASE(what_is_wrong_is_named),
		CASE(help_and_version_need_nothing),
		CASE(the_config_file_fills_what_is_not_given),
		CASE(a_config_file_with_a_key_must_be_private),
		CASE(the_key_has_three_sources_in_order),
		CASE(a_key_file_must_be_private),
		CASE(init_keeps_what_it_does_not_change),
		CASE(save_writes_a_private_file_and_follows_a_link),
		CASE(the_mount_point_is_looked_at),
	};
	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
