/*
 * perf_inflate.c - see perf_inflate.h. With libzstd where it was built in (HAVE_LIBZSTD).
 */
#include "collector/perf_inflate.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#ifdef HAVE_LIBZSTD
#include <zstd.h>

/* More than two of the largest records, so that a step always finds room. */
enum { STEP_BYTES = 1 << 18 };

bool perf_inflate_available(void)
{
	return true;
}

const char *perf_inflate_version(void)
{
	return "zstd " ZSTD_VERSION_STRING;
}

int perf_inflate_put(struct perf_inflate *inflate, const void *bytes, size_t size,
		     struct pmc_err *err)
{
	if (!inflate->stream) {
		inflate->stream = ZSTD_createDStream();
		if (!inflate->stream)
			return pmc_err_set(err, PMC_ERR_SYSTEM, "libzstd gives no stream");
	}
	pmc_grow((void **)&inflate->packed, &inflate->packed_cap, size + 1, 1);
	memcpy(inflate->packed, bytes, size);
	inflate->packed_at = 0;
	inflate->packed_end = size;
	return 0;
}

int perf_inflate_step(struct perf_inflate *inflate, struct pmc_err *err)
{
	ZSTD_inBuffer in = { inflate->packed, inflate->packed_end, inflate->packed_at };
	ZSTD_outBuffer out;
	size_t result;

	if (!inflate->stream || (in.pos == in.size && !inflate->is_full))
		return 0;
	if (inflate->begin) {
		memmove(inflate->plain, inflate->plain + inflate->begin,
			inflate->end - inflate->begin);
		inflate->end -= inflate->begin;
		inflate->begin = 0;
	}
	pmc_grow((void **)&inflate->plain, &inflate->cap, inflate->end + STEP_BYTES, 1);
	out = (ZSTD_outBuffer){ inflate->plain, inflate->end + STEP_BYTES, inflate->end };
	result = ZSTD_decompressStream(inflate->stream, &out, &in);
	if (ZSTD_isError(result))
		return pmc_err_set(err, PMC_ERR_DATA, "compressed bytes are damaged: %s",
				   ZSTD_getErrorName(result));
	inflate->is_full = out.pos == out.size;
	inflate->packed_at = in.pos;
	result = out.pos - inflate->end;
	inflate->end = out.pos;
	return result || in.pos < in.size;
}

void perf_inflate_fini(struct perf_inflate *inflate)
{
	ZSTD_freeDStream(inflate->stream);
	free(inflate->packed);
	free(inflate->plain);
	memset(inflate, 0, sizeof(*inflate));
}

#else

bool perf_inflate_available(void)
{
	return false;
}

const char *perf_inflate_version(void)
{
	return "";
}

int perf_inflate_put(struct perf_inflate *inflate, const void *bytes, size_t size,
		     struct pmc_err *err)
{
	(void)inflate;
	(void)bytes;
	(void)size;
	pmc_err_set(err, PMC_ERR_SYSTEM, "the recording is compressed, and this pmc was built "
					 "without libzstd");
	return pmc_err_hint(err, "build pmc with libzstd (Debian: libzstd-dev), or record without "
				 "perf record -z");
}

int perf_inflate_step(struct perf_inflate *inflate, struct pmc_err *err)
{
	(void)inflate;
	(void)err;
	return 0;
}

void perf_inflate_fini(struct perf_inflate *inflate)
{
	memset(inflate, 0, sizeof(*inflate));
}

#endif
