/*
 * perf_abi.h - the numbers of the perf.data format, version 2. What the kernel writes is in abi.h.
 *
 *   file form   header ─► attrs ─► data (records) ─► one section for each feature's bit
 *   pipe form   short header ─► records: attrs and features are records, too
 *
 * Source: Linux, tools/perf/Documentation/perf.data-file-format.txt, and for what is not told there
 * files that perf has written (3.4 to 6.16). Nothing but numbers belongs here.
 */
#ifndef PMC_COLLECTOR_PERF_ABI_H
#define PMC_COLLECTOR_PERF_ABI_H

/* Records that perf itself writes, beside those of the kernel. */
enum {
	PERF_REC_HEADER_ATTR = 64,
	PERF_REC_EVENT_TYPE = 65,
	PERF_REC_TRACING_DATA = 66,
	PERF_REC_BUILD_ID = 67,
	PERF_REC_FINISHED_ROUND = 68,
	PERF_REC_ID_INDEX = 69,
	PERF_REC_AUXTRACE_INFO = 70,
	PERF_REC_AUXTRACE = 71,
	PERF_REC_AUXTRACE_ERROR = 72,
	PERF_REC_THREAD_MAP = 73,
	PERF_REC_CPU_MAP = 74,
	PERF_REC_STAT_CONFIG = 75,
	PERF_REC_STAT = 76,
	PERF_REC_STAT_ROUND = 77,
	PERF_REC_EVENT_UPDATE = 78,
	PERF_REC_TIME_CONV = 79,
	PERF_REC_FEATURE = 80,
	PERF_REC_COMPRESSED = 81,
	PERF_REC_FINISHED_INIT = 82,
	PERF_REC_COMPRESSED2 = 83,
	PERF_REC_MAX,
};

/* Bits of the header: what is told of the recording beside its records. */
enum {
	PERF_FEAT_TRACING_DATA = 1,
	PERF_FEAT_BUILD_ID = 2,
	PERF_FEAT_HOSTNAME = 3,
	PERF_FEAT_OSRELEASE = 4,
	PERF_FEAT_VERSION = 5,
	PERF_FEAT_ARCH = 6,
	PERF_FEAT_NRCPUS = 7,
	PERF_FEAT_CPUDESC = 8,
	PERF_FEAT_CPUID = 9,
	PERF_FEAT_TOTAL_MEM = 10,
	PERF_FEAT_CMDLINE = 11,
	PERF_FEAT_EVENT_DESC = 12,
	PERF_FEAT_CPU_TOPOLOGY = 13,
	PERF_FEAT_NUMA_TOPOLOGY = 14,
	PERF_FEAT_PMU_MAPPINGS = 16,
	PERF_FEAT_GROUP_DESC = 17,
	PERF_FEAT_STAT = 19,
	PERF_FEAT_CACHE = 20,
	PERF_FEAT_SAMPLE_TIME = 21,
	PERF_FEAT_MEM_TOPOLOGY = 22,
	PERF_FEAT_CLOCKID = 23,
	PERF_FEAT_DIR_FORMAT = 24,
	PERF_FEAT_COMPRESSED = 27,
	PERF_FEAT_CPU_PMU_CAPS = 28,
	PERF_FEAT_CLOCK_DATA = 29,
	PERF_FEAT_HYBRID_TOPOLOGY = 30,
	PERF_FEAT_PMU_CAPS = 31,
	PERF_FEAT_SIMPLEPERF_META = 129,
	PERF_FEAT_BITS = 256,
};

enum {
	PERF_HEADER_BYTES = 104,     /* magic, size, attr_size, 3 sections, 256 bits */
	PERF_HEADER_OLD_BYTES = 72,  /* the same without the bits (until Linux 2.6.33) */
	PERF_PIPE_HEADER_BYTES = 16, /* magic, size */
	PERF_ATTR_BYTES_MIN = 64,    /* PERF_ATTR_SIZE_VER0 */
	PERF_MISC_BUILD_ID_SIZE = 1 << 15, /* a build-id's length is told; else it is 20 */
};

/* What an EVENT_UPDATE record tells of an event. */
enum {
	PERF_EVENT_UPDATE_UNIT = 0,  /* text */
	PERF_EVENT_UPDATE_SCALE = 1, /* a double: what a count has to be multiplied by */
	PERF_EVENT_UPDATE_NAME = 2,  /* text */
};

/* The first eight bytes, as a number of the machine that wrote them. */
#define PERF_MAGIC 0x32454c4946524550ULL  /* "PERFILE2" on a little-endian machine */
#define PERF_MAGIC_1 "PERFFILE"

#endif
