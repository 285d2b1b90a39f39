#include "fs/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "fs/base/secret.h"

static atomic_bool use_syslog;
static atomic_int least_level = LOG_LEVEL_WARNING;

void log_configure(bool to_syslog, enum log_level least)
{
	atomic_store(&use_syslog, to_syslog);
	atomic_store(&least_level, (int)least);
	if (to_syslog)
		openlog("smartleadfs", LOG_PID, LOG_DAEMON);
}

void log_line(enum log_level level, const char *format, ...)
{
	static const int priorities[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR};
	if ((int)level < atomic_load(&least_level))
		return;
	char line[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	secret_scrub(line, strlen(line));
	if (atomic_load(&use_syslog))
		syslog(priorities[level], "%s", line);
	else
		fprintf(stderr, "smartleadfs: %s\n", line);
}
