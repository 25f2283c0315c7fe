/*
 * export_gzip.c - compresses what is written, as one gzip member (RFC 1952).
 *
 * The header has no name and no time, so equal data give equal files.
 */
#ifdef HAVE_PPROF

#include "report/export_gzip.h"

#define ZLIB_CONST
#include <zlib.h>

#include "base/mem.h"

enum { CHUNK = 65536, MAX_WINDOW = 15, AS_GZIP = 16, MEMORY_DEFAULT = 8, LEVEL = 4 };

struct gzip {
	z_stream stream;
	FILE *out;
	unsigned char chunk[CHUNK];
};

static void *allocate(void *opaque, unsigned count, unsigned size)
{
	(void)opaque;
	return pmc_calloc(count, size);
}

static void release(void *opaque, void *memory)
{
	(void)opaque;
	free(memory);
}

struct gzip *gzip_new(FILE *out)
{
	struct gzip *gzip = pmc_calloc(1, sizeof(*gzip));

	gzip->out = out;
	gzip->stream.zalloc = allocate;
	gzip->stream.zfree = release;
	/* Fails for wrong parameters and without memory only. */
	deflateInit2(&gzip->stream, LEVEL, Z_DEFLATED, MAX_WINDOW + AS_GZIP, MEMORY_DEFAULT,
		     Z_DEFAULT_STRATEGY);
	return gzip;
}

static void deflate_all(struct gzip *gzip, int flush)
{
	do {
		gzip->stream.next_out = gzip->chunk;
		gzip->stream.avail_out = CHUNK;
		deflate(&gzip->stream, flush);
		fwrite(gzip->chunk, 1, CHUNK - gzip->stream.avail_out, gzip->out);
	} while (!gzip->stream.avail_out);
}

void gzip_write(struct gzip *gzip, const void *data, size_t size)
{
	gzip->stream.next_in = data;
	gzip->stream.avail_in = (unsigned)size;
	deflate_all(gzip, Z_NO_FLUSH);
}

void gzip_end(struct gzip *gzip)
{
	deflate_all(gzip, Z_FINISH);
	deflateEnd(&gzip->stream);
	free(gzip);
}

#else

/* Without zlib and protobuf-c there is no format that is compressed. */
typedef int gzip_is_not_built;

#endif
