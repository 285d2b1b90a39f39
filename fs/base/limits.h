/*
 * limits.h - every bound on what the account, the server and the kernel may hand us, with its reason.
 */
#pragma once

enum {
	JSON_DEPTH_MAX = 64,              /* the API nests six deep; a stack must not be spent on a hostile answer */
	NAME_BYTES_MAX = 120,             /* of a name taken from the account, without the id (contract, section 2) */
	SPILL_BYTES = 1 << 20,            /* bodies above this go to an unlinked temporary file (contract, cache_size) */
	ANSWER_BYTES_MAX = 64 << 20,      /* a JSON answer; the largest seen is some MB */
	WORKERS_MAX = 512,                /* FUSE threads; one is taken up by each waiting request */
	WORKERS_RESERVED = 16,            /* kept free for what does not wait, so that cached files stay quick */
	SCRATCH_BYTES_MAX = 64 << 20,     /* all scratch files together (contract, section 6) */
	CACHE_ENTRIES_MAX = 50000,        /* answers and memories of missing ones; a spilled answer is a mapping, of which Linux allows 65530 */
	DOCUMENT_BYTES_MAX = 8 << 20,     /* one editable document other than leads.csv */
};

#define CACHE_SPILLED_BYTES_MAX ((size_t)8 << 30) /* of answers in temporary files: two of the largest */
#define EXPORT_BYTES_MAX ((size_t)4 << 30) /* a leads export; 100,000 leads with custom fields are about 440 MB */
