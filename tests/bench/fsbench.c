/*
 * fsbench - speed of the read path of any mounted directory.
 *
 *   cc -O2 -Wall -Wextra -D_GNU_SOURCE -pthread -o fsbench fsbench.c
 *   fsbench --make DIR               writes the standard content
 *   fsbench [options] MOUNT          measures; prints one JSON line a phase
 *
 * Everything is opened read-only. Each phase makes one untimed pass over its
 * files (so "warm" means: read once before, by this process), then repeats its
 * work for --seconds and reports work done / time taken. With --cold there is no
 * untimed pass and only one timed one: on a fresh mount that is the first access.
 * Compare only figures of runs that alternate on the same machine: compare.sh.
 *
 * Phases
 *   stat            fstatat() of known files, random order
 *   open_read       open, fstat, read to end of file, close of small files
 *   open_read_mt    the same from --threads threads at once
 *   open_read_drop  the same, each file's pages dropped before (needs no root):
 *                   what one trip to the file system's own process costs
 *   readdir         opendir, readdir to the end, closedir of one directory
 *   readdir_stat    the same with an fstatat() of each entry (ls -l, find -size)
 *   readdir_xattr   the same with fstatat() and lgetxattr() (what GNU ls -l does)
 *   seq_read        one large file, 128 KiB reads
 *   seq_read_drop   the same, pages dropped before each pass
 *   rand_read       4 KiB pread()s at random offsets of the large file
 *   mmap_read       map the large file, touch each cache line, unmap
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { SEQ_BLOCK = 128 * 1024, RAND_BLOCK = 4096, SMALL_MAX = 64 * 1024 };

static struct {
	const char *label, *small, *large, *dir, *phases;
	double seconds;
	int threads, max_files;
	bool cold;
	int entries, mib;              /* --make only */
} opt = {
	.small = "small", .large = "large.csv", .dir = "big",
	.seconds = 1.0, .threads = 4, .max_files = 2000,
	.entries = 20000, .mib = 100,
};

/* What a phase did; value = work / seconds. */
struct result {
	const char *unit;
	double work;                   /* operations, entries or MB (10^6) */
	double seconds;
	long bad;                      /* reads whose length was not st_size */
};

static char **files;                   /* the small files, shuffled */
static size_t nfiles, files_cap;
static volatile uint64_t sink;         /* keeps reads from being optimised away */

static void die(const char *what)
{
	fprintf(stderr, "fsbench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *xalloc(void *p)
{
	if (!p)
		die("memory");
	return p;
}

static double now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* xorshift64*: the same sequence in every run. */
static uint64_t rnd(uint64_t *state)
{
	uint64_t x = *state;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545F4914F6CDD1DULL;
}

/* ---- the small files ---------------------------------------------------- */

static int collect(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (ftw->level > 0 && path[ftw->base] == '.')
		return type == FTW_D ? FTW_SKIP_SUBTREE : FTW_CONTINUE;
	if (type != FTW_F || !S_ISREG(st->st_mode) || st->st_size > SMALL_MAX)
		return FTW_CONTINUE;
	if (nfiles == files_cap) {
		files_cap = files_cap ? files_cap * 2 : 1024;
		files = xalloc(realloc(files, files_cap * sizeof *files));
	}
	files[nfiles++] = xalloc(strdup(path));
	return nfiles < (size_t)opt.max_files ? FTW_CONTINUE : FTW_STOP;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Finds the small files once; the order is the same for the same names. */
static void need_files(const char *root)
{
	if (files)
		return;
	if (nftw(root, collect, 16, FTW_PHYS | FTW_ACTIONRETVAL) < 0)
		die(root);
	if (!nfiles) {
		errno = ENOENT;
		die("no small file found");
	}
	qsort(files, nfiles, sizeof *files, by_name);
	uint64_t seed = 42;
	for (size_t i = nfiles - 1; i > 0; i--) {
		size_t j = rnd(&seed) % (i + 1);
		char *t = files[i];
		files[i] = files[j];
		files[j] = t;
	}
}

/* Reads one file as cat does. Returns false where the length is not st_size. */
static bool read_whole(const char *path, char *buf, bool drop)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	if (drop)
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (fstat(fd, &st) < 0)
		die(path);
	off_t total = 0;
	ssize_t n;
	while ((n = read(fd, buf, SMALL_MAX)) > 0)
		total += n;
	if (n < 0)
		die(path);
	close(fd);
	return total == st.st_size;
}

/* ---- phases ------------------------------------------------------------- */

/* Repeats one pass (which returns the work it did) until the time is over. */
static struct result repeat(const char *unit, double (*pass)(long *bad))
{
	struct result r = { .unit = unit };
	double start = now();
	do {
		r.work += pass(&r.bad);
		r.seconds = now() - start;
	} while (r.seconds < opt.seconds && !opt.cold);
	return r;
}

static double pass_stat(long *bad)
{
	struct stat st;
	(void)bad;
	for (size_t i = 0; i < nfiles; i++)
		if (fstatat(AT_FDCWD, files[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			die(files[i]);
	return (double)nfiles;
}

static double read_all(long *bad, bool drop)
{
	char buf[SMALL_MAX];
	for (size_t i = 0; i < nfiles; i++)
		*bad += !read_whole(files[i], buf, drop);
	return (double)nfiles;
}

static double pass_open_read(long *bad) { return read_all(bad, false); }
static double pass_open_read_drop(long *bad) { return read_all(bad, true); }

struct worker {
	pthread_t thread;
	pthread_barrier_t *start;
	size_t first;
	double work;
	long bad;
};

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	char buf[SMALL_MAX];
	size_t i = w->first;

	pthread_barrier_wait(w->start);
	double end = now() + opt.seconds;
	do {
		for (int k = 0; k < 16; k++, i = (i + 1) % nfiles)
			w->bad += !read_whole(files[i], buf, false);
		w->work += 16;
	} while (now() < end);
	return NULL;
}

static struct result run_open_read_mt(void)
{
	struct result r = { .unit = "ops/s" };
	struct worker *w = xalloc(calloc((size_t)opt.threads, sizeof *w));
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, (unsigned)opt.threads + 1);
	for (int t = 0; t < opt.threads; t++) {
		w[t].start = &start;
		w[t].first = nfiles * (size_t)t / (size_t)opt.threads;
		if ((errno = pthread_create(&w[t].thread, NULL, worker_main, &w[t])))
			die("pthread_create");
	}
	pthread_barrier_wait(&start);
	double begin = now();
	for (int t = 0; t < opt.threads; t++) {
		pthread_join(w[t].thread, NULL);
		r.work += w[t].work;
		r.bad += w[t].bad;
	}
	r.seconds = now() - begin;
	pthread_barrier_destroy(&start);
	free(w);
	return r;
}

static double list(bool with_stat, bool with_xattr)
{
	char path[4096], value[64];
	struct stat st;
	double n = 0;
	DIR *d = opendir(opt.dir);
	if (!d)
		die(opt.dir);
	for (struct dirent *e; (e = readdir(d)); n++) {
		if (with_stat && fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			die(e->d_name);
		if (with_xattr) {
			snprintf(path, sizeof path, "%s/%s", opt.dir, e->d_name);
			sink += (uint64_t)lgetxattr(path, "system.posix_acl_access", value, sizeof value);
		}
	}
	closedir(d);
	return n;
}

static double pass_readdir(long *bad) { (void)bad; return list(false, false); }
static double pass_readdir_stat(long *bad) { (void)bad; return list(true, false); }
static double pass_readdir_xattr(long *bad) { (void)bad; return list(true, true); }

static double read_large(long *bad, bool drop)
{
	static char buf[SEQ_BLOCK];
	struct stat st;
	double total = 0;
	ssize_t n;
	int fd = open(opt.large, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		die(opt.large);
	if (drop)
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	while ((n = read(fd, buf, sizeof buf)) > 0)
		total += (double)n;
	if (n < 0)
		die(opt.large);
	close(fd);
	*bad += total != (double)st.st_size;
	return total / 1e6;
}

static double pass_seq_read(long *bad) { return read_large(bad, false); }
static double pass_seq_read_drop(long *bad) { return read_large(bad, true); }

static double pass_rand_read(long *bad)
{
	static uint64_t seed = 7;
	char buf[RAND_BLOCK];
	struct stat st;
	(void)bad;
	int fd = open(opt.large, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		die(opt.large);
	uint64_t blocks = (uint64_t)st.st_size / RAND_BLOCK;
	for (int i = 0; i < 10000 && blocks; i++)
		if (pread(fd, buf, sizeof buf, (off_t)(rnd(&seed) % blocks * RAND_BLOCK)) < 0)
			die(opt.large);
	close(fd);
	return 10000;
}

static double pass_mmap_read(long *bad)
{
	struct stat st;
	uint64_t sum = 0;
	(void)bad;
	int fd = open(opt.large, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		die(opt.large);
	size_t len = (size_t)st.st_size;
	char *p = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < len; i += 64)
		sum += (unsigned char)p[i];
	sink += sum;
	munmap(p, len);
	close(fd);
	return (double)len / 1e6;
}

static const struct phase {
	const char *name;
	const char *unit;
	enum { SMALL, LARGE, DIRECTORY } needs;
	double (*pass)(long *bad);
	double (*warm)(long *bad);     /* untimed pass; NULL: none */
} phases[] = {
	{ "stat",           "ops/s",     SMALL,     pass_stat,           pass_stat },
	{ "open_read",      "ops/s",     SMALL,     pass_open_read,      pass_open_read },
	{ "open_read_mt",   "ops/s",     SMALL,     NULL,                pass_open_read },
	{ "open_read_drop", "ops/s",     SMALL,     pass_open_read_drop, pass_open_read },
	{ "readdir",        "entries/s", DIRECTORY, pass_readdir,        pass_readdir },
	{ "readdir_stat",   "entries/s", DIRECTORY, pass_readdir_stat,   pass_readdir_stat },
	{ "readdir_xattr",  "entries/s", DIRECTORY, pass_readdir_xattr,  pass_readdir_xattr },
	{ "seq_read",       "MB/s",      LARGE,     pass_seq_read,       pass_seq_read },
	{ "seq_read_drop",  "MB/s",      LARGE,     pass_seq_read_drop,  pass_seq_read },
	{ "rand_read",      "ops/s",     LARGE,     pass_rand_read,      pass_seq_read },
	{ "mmap_read",      "MB/s",      LARGE,     pass_mmap_read,      pass_mmap_read },
};

/* Is the word `name` in the comma-separated `list`? A NULL list has all. */
static bool listed(const char *list, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = list; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncmp(p, name, len) && (p[len] == ',' || !p[len]))
			return true;
	}
	return !list;
}

static int measure(const char *mount)
{
	long bad = 0;

	/* Relative paths, so that the walk to the mount point is not measured. */
	if (chdir(mount) < 0)
		die(mount);
	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
		const struct phase *p = &phases[i];
		long ignored = 0;
		if (!listed(opt.phases, p->name))
			continue;
		if (p->needs == SMALL)
			need_files(opt.small);
		if (!opt.cold)
			p->warm(&ignored);
		struct result r = p->pass ? repeat(p->unit, p->pass) : run_open_read_mt();
		printf("{\"label\":\"%s\",\"phase\":\"%s\",\"unit\":\"%s\",\"value\":%.1f,"
		       "\"work\":%.0f,\"seconds\":%.4f,\"threads\":%d,\"bad\":%ld}\n",
		       opt.label ? opt.label : mount, p->name, r.unit, r.work / r.seconds,
		       r.work, r.seconds, p->pass ? 1 : opt.threads, r.bad);
		fflush(stdout);
		bad += r.bad;
	}
	return bad != 0;
}

/* ---- the standard content ------------------------------------------------ */

static FILE *create(const char *path)
{
	FILE *f = fopen(path, "w");
	if (!f)
		die(path);
	return f;
}

static void make_dir(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die(path);
}

/* One row with the columns of the API's leads export. */
static int csv_row(FILE *f, long i, uint64_t *seed)
{
	static const char *const status[] = { "STARTED", "INPROGRESS", "COMPLETED", "PAUSED", "BLOCKED" };
	unsigned r = (unsigned)(rnd(seed) >> 33);
	return fprintf(f,
		"%ld,%ld,%s,2024-%02u-%02uT%02u:%02u:00.000Z,First%u,\"O'Last%u\",user%ld@company%u.example,"
		"+1%010u,\"Company %u, Inc.\",https://company%u.example,\"City %u, USA\","
		"\"{\"\"job_title\"\":\"\"VP of Sales\"\",\"\"industry\"\":\"\"SaaS\"\",\"\"icebreaker\"\":\"\"Saw your post number %u about growth\"\"}\","
		"https://linkedin.com/in/user%ld,https://company%u.example,false,%u,,%u,%u,%u\n",
		100000000 + i, 200000000 + i, status[r % 5], r % 12 + 1, r % 28 + 1, r % 24, r % 60, r % 997, r % 4999, i, r % 9973,
		r, r % 9973, r % 9973, r % 311, r % 65536, i, r % 9973, r % 5, r % 7, r % 3, r % 2);
}

static int make(const char *root)
{
	char path[4096];
	uint64_t seed = 1;

	make_dir(root);
	snprintf(path, sizeof path, "%s/small", root);
	make_dir(path);
	for (int d = 0; d < 200; d++) {
		snprintf(path, sizeof path, "%s/small/%05d-campaign", root, 10000 + d);
		make_dir(path);
		for (int k = 0; k < 10; k++) {
			snprintf(path, sizeof path, "%s/small/%05d-campaign/%d-A.html", root, 10000 + d, k);
			FILE *f = create(path);
			long size = 1024 + (long)(rnd(&seed) % 2048);
			while (ftell(f) < size)
				fprintf(f, "<p>Hi {{first_name}}, line %u of the e-mail.</p>\n", (unsigned)(rnd(&seed) >> 40));
			fclose(f);
		}
	}
	snprintf(path, sizeof path, "%s/big", root);
	make_dir(path);
	for (int i = 0; i < opt.entries; i++) {
		snprintf(path, sizeof path, "%s/big/user%06d@company%d.example", root, i, i % 997);
		FILE *f = create(path);
		fprintf(f, "%d\n", i);
		fclose(f);
	}
	snprintf(path, sizeof path, "%s/large.csv", root);
	FILE *f = create(path);
	fputs("id,campaign_lead_map_id,status,created_at,first_name,last_name,email,phone_number,company_name,"
	      "website,location,custom_fields,linkedin_profile,company_url,is_unsubscribed,"
	      "last_email_sequence_sent,is_interested,open_count,click_count,reply_count\n", f);
	long rows = 0;
	for (long size = 0; size < (long)opt.mib << 20; rows++)
		size += csv_row(f, rows, &seed);
	fclose(f);
	printf("%s: 2000 small files in 200 directories, big/ with %d entries, large.csv with %ld rows\n",
	       root, opt.entries, rows);
	return 0;
}

/* ---- command line --------------------------------------------------------- */

static void usage(int status)
{
	fputs("usage: fsbench [options] MOUNT\n"
	      "       fsbench --make DIR [--entries N] [--mib N]\n"
	      "  --small DIR     directory searched for small files   (small)\n"
	      "  --large FILE    one large file                       (large.csv)\n"
	      "  --dir DIR       a directory with many entries        (big)\n"
	      "  --seconds S     time for each phase                  (1)\n"
	      "  --threads T     threads of open_read_mt              (4)\n"
	      "  --max-files N   small files at most                  (2000)\n"
	      "  --phases A,B    only these phases                    (all)\n"
	      "  --label NAME    the label in the output              (MOUNT)\n"
	      "  --cold          one timed pass, no untimed one before it\n"
	      "Paths are relative to MOUNT unless absolute. Phases:", status ? stderr : stdout);
	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
		fprintf(status ? stderr : stdout, " %s", phases[i].name);
	fputc('\n', status ? stderr : stdout);
	exit(status);
}

int main(int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "small", 1, NULL, 's' },     { "large", 1, NULL, 'l' },
		{ "dir", 1, NULL, 'd' },       { "seconds", 1, NULL, 't' },
		{ "threads", 1, NULL, 'T' },   { "max-files", 1, NULL, 'n' },
		{ "phases", 1, NULL, 'p' },    { "label", 1, NULL, 'L' },
		{ "make", 0, NULL, 'm' },      { "entries", 1, NULL, 'e' },
		{ "mib", 1, NULL, 'M' },       { "cold", 0, NULL, 'c' },
		{ "help", 0, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool making = false;
	for (int c; (c = getopt_long(argc, argv, "h", longopts, NULL)) != -1;) {
		switch (c) {
		case 's': opt.small = optarg; break;
		case 'l': opt.large = optarg; break;
		case 'd': opt.dir = optarg; break;
		case 't': opt.seconds = atof(optarg); break;
		case 'T': opt.threads = atoi(optarg); break;
		case 'n': opt.max_files = atoi(optarg); break;
		case 'p': opt.phases = optarg; break;
		case 'L': opt.label = optarg; break;
		case 'm': making = true; break;
		case 'c': opt.cold = true; break;
		case 'e': opt.entries = atoi(optarg); break;
		case 'M': opt.mib = atoi(optarg); break;
		case 'h': usage(0); break;
		default: usage(2);
		}
	}
	if (optind + 1 != argc || opt.threads < 1 || opt.max_files < 1 || opt.seconds <= 0)
		usage(2);
	return making ? make(argv[optind]) : measure(argv[optind]);
}
