#include "fs/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/secret.h"

#define KEY_VARIABLE "SMARTLEAD_API_KEY"

static int set_key(const char *key, const char *where, struct refusal *why)
{
	if (secret_set(key) < 0)
		return refuse(why, EINVAL, "%s does not hold an API key (one line of printable characters)", where);
	return 0;
}

int key_from_file(const char *path, struct refusal *why)
{
	char text[SECRET_MAX + 64];
	struct stat st;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return refuse(why, errno, "key file %s: %s", path, strerror(errno));
	if (st.st_mode & 077)
		return refuse(why, EACCES, "key file %s: others may read it (mode %04o); chmod 600 it", path,
			(unsigned)st.st_mode & 07777);
	ssize_t n = read(fd, text, sizeof text - 1);
	if (n < 0)
		return refuse(why, errno, "key file %s: %s", path, strerror(errno));
	text[n] = '\0';
	char *start = text + strspn(text, " \t");
	start[strcspn(start, " \t\r\n")] = '\0';
	int rc = set_key(start, path, why);
	explicit_bzero(text, sizeof text);
	return rc;
}

/* The environment stays readable in /proc/<pid>/environ, so the bytes themselves are wiped. */
static int from_environment(char *value, struct refusal *why)
{
	int rc = set_key(value, KEY_VARIABLE, why);
	explicit_bzero(value, strlen(value));
	unsetenv(KEY_VARIABLE);
	return rc;
}

int key_load(struct options *o, struct refusal *why)
{
	if (o->key_file && !o->key_file_by_config)
		return key_from_file(o->key_file, why);
	char *value = getenv(KEY_VARIABLE);
	if (value && *value)
		return from_environment(value, why);
	if (o->config_key) {
		int rc = set_key(o->config_key, "the config file", why);
		explicit_bzero(o->config_key, strlen(o->config_key));
		return rc;
	}
	if (o->key_file)
		return key_from_file(o->key_file, why);
	return refuse(why, EACCES, "no API key: run `smartleadfs init`, or set " KEY_VARIABLE
		", or give -o key_file=PATH (or try --sandbox)");
}
