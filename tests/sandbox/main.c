/* Options, start and stop. */
#include "sandbox.h"

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

struct sandbox sb = {.lock = PTHREAD_MUTEX_INITIALIZER, .credits = -1, .stopped_final = true};

static const char usage[] =
	"usage: smartlead-sandbox [options]\n"
	"  --port=N --control-port=N   0 = any free one (default); both listen on 127.0.0.1 alone\n"
	"  --state=DIR                 keep the account in DIR/sandbox.db (default: in memory)\n"
	"  --journal=FILE              append one JSON line for each request\n"
	"  --dialect=reference|live    default reference\n"
	"  --size=CAMPAIGNS,LEADS,ACCOUNTS   a large account (leads per campaign) in place of the demo account\n"
	"  --scale=F                   factor on slow operations (default 0: none is slow)\n"
	"  --rate=N/S                  requests in a window of S seconds (default 10/2; 0 = no limit)\n"
	"  --no-retry-after --no-rate-headers --ban-outlives   how a refusal looks, and how long it lasts\n"
	"  --parent                    exit when stdin ends\n"
	"The accepted API key is taken from SMARTLEAD_SANDBOX_KEY (default sandbox-key).\n";

struct options {
	unsigned port, control_port;
	const char *state, *size;
	bool parent;
};

enum { PORT = 1, CONTROL, STATE, JOURNAL, DIALECT, SIZE, SCALE, RATE, NO_RETRY, NO_HEADERS, BAN, PARENT, HELP };

/* clang-format off */
static const struct option names[] = {
	{"port", required_argument, NULL, PORT}, {"control-port", required_argument, NULL, CONTROL},
	{"state", required_argument, NULL, STATE}, {"journal", required_argument, NULL, JOURNAL},
	{"dialect", required_argument, NULL, DIALECT}, {"size", required_argument, NULL, SIZE},
	{"scale", required_argument, NULL, SCALE}, {"rate", required_argument, NULL, RATE},
	{"no-retry-after", no_argument, NULL, NO_RETRY}, {"no-rate-headers", no_argument, NULL, NO_HEADERS},
	{"ban-outlives", no_argument, NULL, BAN}, {"parent", no_argument, NULL, PARENT},
	{"help", no_argument, NULL, HELP}, {NULL, 0, NULL, 0},
};
/* clang-format on */

static void wrong(const char *what)
{
	fprintf(stderr, "smartlead-sandbox: %s\n%s", what, usage);
	exit(2);
}

static void option(struct options *o, int c)
{
	switch (c) {
	case PORT:
		o->port = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case CONTROL:
		o->control_port = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case STATE:
		o->state = optarg;
		break;
	case JOURNAL:
		journal_open(optarg);
		break;
	case DIALECT:
		if (!word_in("reference|live", optarg))
			wrong("--dialect is reference or live");
		sb.live = sb.export_live = strcmp(optarg, "live") == 0;
		break;
	case SIZE:
		o->size = optarg;
		break;
	case SCALE:
		sb.scale = strtod(optarg, NULL);
		break;
	case RATE:
		if (!limit_parse(optarg))
			wrong("--rate is N/S");
		break;
	case NO_RETRY:
		limit_set.retry_after = false;
		break;
	case NO_HEADERS:
		limit_set.headers = false;
		break;
	case BAN:
		limit_set.ban_outlives = true;
		break;
	case PARENT:
		o->parent = true;
		break;
	case HELP:
		fputs(usage, stdout);
		exit(0);
	default:
		wrong("unknown option");
	}
}

static void seed(const char *size)
{
	int64_t n[3] = {0, 0, 0};

	if (db_int("SELECT count(*) FROM counters", "") > 0)
		return; /* an account kept by --state */
	if (size && sscanf(size, "%ld,%ld,%ld", &n[0], &n[1], &n[2]) != 3)
		wrong("--size is CAMPAIGNS,LEADS,ACCOUNTS");
	db_run("BEGIN", "");
	seed_common();
	if (size)
		seed_bulk(n[0], n[1], n[2]);
	else
		seed_demo();
	db_run("COMMIT", "");
}

/* Signals come by a descriptor, so that one poll sees them and the parent's end of stdin. */
static int signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void wait_for_the_end(int sig, bool parent)
{
	struct pollfd p[2] = {{.fd = sig, .events = POLLIN}, {.fd = parent ? STDIN_FILENO : -1, .events = POLLIN}};
	char junk[256];

	while (poll(p, 2, -1) >= 0 && !p[0].revents) {
		if (p[1].revents && read(STDIN_FILENO, junk, sizeof(junk)) <= 0)
			break;
	}
}

int main(int argc, char **argv)
{
	struct options o = {0};
	const char *key = getenv("SMARTLEAD_SANDBOX_KEY");

	mono_ms();
	sb.key = need(strdup(key && *key ? key : "sandbox-key"));
	for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;)
		option(&o, c);
	if (optind < argc)
		wrong("no arguments are taken");
	if (o.state)
		mkdir(o.state, 0700);
	int sig = signals();
	db_open(o.state);
	seed(o.size);
	unsigned port = api_start(o.port), control = port ? control_start(o.control_port) : 0;
	if (!port || !control) {
		fputs("smartlead-sandbox: the port is taken\n", stderr);
		return 1;
	}
	printf("ready http://127.0.0.1:%u/api/v1 control http://127.0.0.1:%u\n", port, control);
	fflush(stdout);
	wait_for_the_end(sig, o.parent);
	sb.stopping = true;
	api_stop();
	control_stop();
	fault_clear();
	journal_close();
	db_close();
	free(sb.key);
	close(sig);
	return 0;
}
