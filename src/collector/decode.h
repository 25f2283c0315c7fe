/*
 * decode.h - bytes of one perf record to a view of it. Pure: no I/O, no globals, nothing allocated.
 *
 * A view borrows from the record's bytes. Records come from live rings and, later, from files, so
 * nothing in them is trusted: every length is checked against the record's size first.
 *
 *   sample record                         other record (when sample_id_all is set)
 *   ┌────────┬────┬────┬─────────┬───┐    ┌────────┬──────────┬─────────────────────────────┐
 *   │ header │ id │ ip │ tid,time│ … │    │ header │ its body │ tid time id stream cpu ident │
 *   └────────┴────┴────┴─────────┴───┘    └────────┴──────────┴─────────────────────────────┘
 *     fields as sample_type says             trailer: only those bits of sample_type, from the end
 */
#ifndef PMC_COLLECTOR_DECODE_H
#define PMC_COLLECTOR_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How an event's records are laid out: from its perf_event_attr. */
struct layout {
	uint64_t sample_type;
	uint64_t read_format;
	uint64_t branch_sample_type;
	uint64_t sample_regs_user, sample_regs_intr;
	bool sample_id_all;
};

/* Which fields of struct sample hold something. Bits as in PERF_SAMPLE_*. */
struct sample {
	uint64_t id; /* IDENTIFIER or ID */
	uint64_t ip, time, addr, stream_id, period;
	uint32_t pid, tid, cpu;
	uint64_t read_nr;    /* READ: values in `read`, one unless PERF_FORMAT_GROUP */
	const uint8_t *read; /* the whole READ part, as read_format says */
	uint64_t chain_nr;
	const uint64_t *chain; /* CALLCHAIN: addresses and context markers, innermost first */
	uint32_t raw_size;
	const uint8_t *raw;
	uint64_t branch_nr;
	const uint8_t *branches; /* BRANCH_STACK: entries of 24 bytes */
	uint64_t regs_user_abi, regs_intr_abi;
	const uint64_t *regs_user, *regs_intr;
	uint64_t stack_size; /* STACK_USER: bytes that were really copied (dyn_size) */
	const uint8_t *stack;
	uint64_t weight, data_src, transaction, phys_addr, cgroup, data_page_size, code_page_size;
	uint64_t aux_size;
	const uint8_t *aux;
};

struct record_mmap {
	uint32_t pid, tid;
	uint64_t start, len, pgoff;
	uint32_t maj, min, prot, flags;
	uint64_t ino, ino_generation;
	uint8_t build_id_len; /* 0: none */
	const uint8_t *build_id;
	const char *path; /* NUL-terminated within the record */
};
struct record_comm {
	uint32_t pid, tid;
	bool exec;
	const char *comm;
};
struct record_task {
	uint32_t pid, ppid, tid, ptid;
	uint64_t time;
}; /* FORK, EXIT */
struct record_lost {
	uint64_t id, lost;
}; /* LOST, LOST_SAMPLES */
struct record_throttle {
	uint64_t time, id, stream_id;
};
struct record_read {
	uint32_t pid, tid;
	uint64_t read_nr;    /* as in struct sample */
	const uint8_t *read;
};
struct record_deferred {
	uint64_t cookie;
	uint64_t chain_nr;
	const uint64_t *chain; /* as in struct sample */
};
struct record_ksymbol {
	uint64_t addr;
	uint32_t len;
	bool bpf, unregister;
	const char *name;
};

struct record {
	uint32_t type;
	uint16_t misc, size;
	struct { /* the trailer of non-samples, zero where the layout has none */
		uint32_t pid, tid, cpu;
		uint64_t time, id, stream_id;
	} ident;
	union {
		struct sample sample;
		struct record_mmap mmap; /* MMAP and MMAP2 */
		struct record_comm comm;
		struct record_task task;
		struct record_lost lost;
		struct record_throttle throttle;
		struct record_read read;
		struct record_ksymbol ksymbol;
		struct record_deferred deferred;
	};
};

enum decode_result {
	DECODE_OK,
	DECODE_UNKNOWN, /* a well-formed record of a type that has no view here: count and go on */
	DECODE_BAD,	/* contradicts itself: count and go on behind its size */
};

/*
 * Size of the record at `bytes`, or 0 when no whole record is there: fewer than 8 bytes left, a
 * size below 8, not a multiple of 8, or beyond `left`.
 */
size_t record_size(const uint8_t *bytes, size_t left);

/* Type of the record at `bytes`, which holds at least a header. */
uint32_t record_type(const uint8_t *bytes);

/*
 * Decodes one record of record_size() bytes, aligned to 8. `layout` must be that of the event the
 * record belongs to; layouts with the same IDENTIFIER bit can be told apart with record_id().
 */
enum decode_result record_decode(const uint8_t *bytes, const struct layout *layout,
				 struct record *out);

/* Bytes that records other than samples end with: who, when, which event. */
size_t record_trailer_size(const struct layout *layout);

/* What one counter of a READ part had; fields that read_format leaves out are 0. */
struct read_value {
	uint64_t enabled_ns, running_ns; /* of the whole group */
	uint64_t value, id, lost;
};

/*
 * Counter `index` (below read_nr) of the READ part at `read`, which record_decode() has found to be
 * whole.
 */
struct read_value record_read_value(const struct layout *layout, const uint8_t *read,
				    uint64_t index);

/* The IDENTIFIER of any record of events opened with PERF_SAMPLE_IDENTIFIER and sample_id_all; 0
 * none. */
uint64_t record_id(const uint8_t *bytes);

/*
 * The id of a sample, or of another record with a trailer, wherever the layout has it: IDENTIFIER
 * or ID. 0: none.
 */
uint64_t record_find_id(const uint8_t *bytes, const struct layout *layout);

/*
 * Time of any record without decoding the rest. Needs TIME in the layout (and sample_id_all for
 * non-samples); 0 where there is none.
 */
uint64_t record_time(const uint8_t *bytes, const struct layout *layout);

/* A short name of the type for messages: "MMAP2", or "type 99". */
const char *record_type_name(uint32_t type, char buf[16]);

#endif
