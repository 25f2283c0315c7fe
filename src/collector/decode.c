/*
 * decode.c - see decode.h. The order of sample fields is the kernel's perf_output_sample(); the
 * order of the trailer its __perf_event__output_id_sample() (Linux 6.18,
 * include/uapi/linux/perf_event.h).
 */
#include "collector/decode.h"

#include <stdio.h>
#include <string.h>

#include "collector/abi.h"

/* A cursor that only ever moves forward inside [at, end); `bad` sticks once a read went past it. */
struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

static const uint8_t *take(struct cursor *c, uint64_t bytes)
{
	const uint8_t *here = c->at;

	if (bytes > (uint64_t)(c->end - c->at)) {
		c->bad = true;
		return NULL;
	}
	c->at += bytes;
	return here;
}

static uint64_t take_u64(struct cursor *c)
{
	const uint8_t *here = take(c, 8);
	uint64_t value = 0;

	if (here)
		memcpy(&value, here, 8);
	return value;
}

static void take_u32_pair(struct cursor *c, uint32_t *first, uint32_t *second)
{
	const uint8_t *here = take(c, 8);

	if (!here)
		return;
	memcpy(first, here, 4);
	memcpy(second, here + 4, 4);
}

/* `count` items of `size` bytes; a count that cannot fit is bad before it is multiplied. */
static const uint8_t *take_items(struct cursor *c, uint64_t count, uint64_t size)
{
	if (count > (uint64_t)(c->end - c->at) / size) {
		c->bad = true;
		return NULL;
	}
	return take(c, count * size);
}

/* A string that must end inside the record; the rest of the padding is passed over. */
static const char *take_text(struct cursor *c)
{
	const uint8_t *here = c->at;

	if (c->bad || !memchr(here, 0, (size_t)(c->end - here))) {
		c->bad = true;
		return "";
	}
	c->at = c->end;
	return (const char *)here;
}

static struct perf_event_header header_of(const uint8_t *bytes)
{
	struct perf_event_header header;

	memcpy(&header, bytes, sizeof(header));
	return header;
}

size_t record_size(const uint8_t *bytes, size_t left)
{
	struct perf_event_header header;

	if (left < sizeof(header))
		return 0;
	header = header_of(bytes);
	return header.size < sizeof(header) || header.size % 8 || header.size > left ? 0
										     : header.size;
}

uint32_t record_type(const uint8_t *bytes)
{
	return header_of(bytes).type;
}

/* ---- the trailer ---- */

static const uint64_t TRAILER_BITS[] = {
	PERF_SAMPLE_TID,       PERF_SAMPLE_TIME, PERF_SAMPLE_ID,
	PERF_SAMPLE_STREAM_ID, PERF_SAMPLE_CPU,	 PERF_SAMPLE_IDENTIFIER,
};

size_t record_trailer_size(const struct layout *layout)
{
	size_t size = 0;

	if (!layout->sample_id_all)
		return 0;
	for (size_t i = 0; i < sizeof(TRAILER_BITS) / sizeof(TRAILER_BITS[0]); i++)
		size += layout->sample_type & TRAILER_BITS[i] ? 8 : 0;
	return size;
}

static void decode_trailer(struct cursor c, const struct layout *layout, struct record *out)
{
	uint32_t reserved;

	if (layout->sample_type & PERF_SAMPLE_TID)
		take_u32_pair(&c, &out->ident.pid, &out->ident.tid);
	if (layout->sample_type & PERF_SAMPLE_TIME)
		out->ident.time = take_u64(&c);
	if (layout->sample_type & PERF_SAMPLE_ID)
		out->ident.id = take_u64(&c);
	if (layout->sample_type & PERF_SAMPLE_STREAM_ID)
		out->ident.stream_id = take_u64(&c);
	if (layout->sample_type & PERF_SAMPLE_CPU)
		take_u32_pair(&c, &out->ident.cpu, &reserved);
	if (layout->sample_type & PERF_SAMPLE_IDENTIFIER)
		out->ident.id = take_u64(&c);
}

uint64_t record_id(const uint8_t *bytes)
{
	const struct perf_event_header header = header_of(bytes);
	uint64_t id = 0;

	if (header.size < sizeof(header) + 8)
		return 0;
	memcpy(&id, bytes + (header.type == ABI_RECORD_SAMPLE ? sizeof(header) : header.size - 8u),
	       8);
	return id;
}

/* Where a sample has its ID: behind what stands before it. */
static size_t id_in_sample(uint64_t type)
{
	static const uint64_t BEFORE = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
				       PERF_SAMPLE_ADDR;

	return sizeof(struct perf_event_header) +
	       8 * (size_t)__builtin_popcountll(type & BEFORE);
}

/* How far from its end a trailer has its ID. */
static size_t id_from_end(uint64_t type)
{
	static const uint64_t FROM_ID = PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU;

	return 8 * (size_t)__builtin_popcountll(type & FROM_ID);
}

uint64_t record_find_id(const uint8_t *bytes, const struct layout *layout)
{
	const struct perf_event_header header = header_of(bytes);
	const uint64_t type = layout->sample_type;
	size_t at;
	uint64_t id;

	if (header.type != ABI_RECORD_SAMPLE && !layout->sample_id_all)
		return 0;
	if (type & PERF_SAMPLE_IDENTIFIER)
		return record_id(bytes);
	if (!(type & PERF_SAMPLE_ID))
		return 0;
	at = header.type == ABI_RECORD_SAMPLE ? id_in_sample(type) :
						(size_t)header.size - id_from_end(type);
	if (at > header.size || header.size - at < 8)
		return 0;
	memcpy(&id, bytes + at, 8);
	return id;
}

uint64_t record_time(const uint8_t *bytes, const struct layout *layout)
{
	const struct perf_event_header header = header_of(bytes);
	const uint64_t type = layout->sample_type;
	size_t at = sizeof(header), end = header.size;
	uint64_t time;

	if (!(type & PERF_SAMPLE_TIME))
		return 0;
	if (header.type == ABI_RECORD_SAMPLE) {
		at += type & PERF_SAMPLE_IDENTIFIER ? 8 : 0;
		at += type & PERF_SAMPLE_IP ? 8 : 0;
	} else {
		const size_t trailer = record_trailer_size(layout);

		if (!trailer || end < sizeof(header) + trailer)
			return 0;
		at = end - trailer;
	}
	at += type & PERF_SAMPLE_TID ? 8 : 0;
	if (at + 8 > end)
		return 0;
	memcpy(&time, bytes + at, 8);
	return time;
}

/* ---- samples ---- */

static unsigned count_bits(uint64_t bits)
{
	return (unsigned)__builtin_popcountll(bits);
}

/* READ: { value [enabled] [running] [id] [lost] } or { nr [enabled] [running] nr × { value [id]
 * [lost] } } */
static const uint8_t *decode_read(struct cursor *c, uint64_t format, uint64_t *nr)
{
	const uint8_t *const read = c->at;
	const uint64_t times = (format & PERF_FORMAT_TOTAL_TIME_ENABLED ? 1 : 0) +
			       (format & PERF_FORMAT_TOTAL_TIME_RUNNING ? 1 : 0);
	const uint64_t each =
		1 + (format & PERF_FORMAT_ID ? 1 : 0) + (format & ABI_FORMAT_LOST ? 1 : 0);

	*nr = 1;
	if (format & PERF_FORMAT_GROUP)
		*nr = take_u64(c);
	take_items(c, times, 8);
	take_items(c, *nr, each * 8);
	return read;
}

/* A group has its times before its values, a single counter its value before the times. */
struct read_value record_read_value(const struct layout *layout, const uint8_t *read,
				    uint64_t index)
{
	const uint64_t format = layout->read_format;
	const uint64_t *word = (const uint64_t *)(const void *)read;
	const bool group = format & PERF_FORMAT_GROUP;
	const size_t each =
		1 + (format & PERF_FORMAT_ID ? 1 : 0) + (format & ABI_FORMAT_LOST ? 1 : 0);
	struct read_value out = { 0 };

	if (group)
		word++;
	else
		out.value = *word++;
	if (format & PERF_FORMAT_TOTAL_TIME_ENABLED)
		out.enabled_ns = *word++;
	if (format & PERF_FORMAT_TOTAL_TIME_RUNNING)
		out.running_ns = *word++;
	word += group ? index * each : 0;
	if (group)
		out.value = *word++;
	if (format & PERF_FORMAT_ID)
		out.id = *word++;
	if (format & ABI_FORMAT_LOST)
		out.lost = *word++;
	return out;
}

static void decode_branches(struct cursor *c, uint64_t branch_type, struct sample *s)
{
	s->branch_nr = take_u64(c);
	if (branch_type & PERF_SAMPLE_BRANCH_HW_INDEX)
		take_u64(c);
	s->branches = take_items(c, s->branch_nr, sizeof(struct perf_branch_entry));
	if (branch_type & (1ULL << 19)) /* PERF_SAMPLE_BRANCH_COUNTERS, Linux 6.8 */
		take_items(c, s->branch_nr, 8);
}

static void decode_regs(struct cursor *c, uint64_t mask, uint64_t *abi, const uint64_t **regs)
{
	*abi = take_u64(c);
	if (*abi != PERF_SAMPLE_REGS_ABI_NONE)
		*regs = (const uint64_t *)(const void *)take_items(c, count_bits(mask), 8);
}

static void decode_stack(struct cursor *c, struct sample *s)
{
	const uint64_t room = take_u64(c);

	s->stack = take(c, room);
	if (!room)
		return;
	s->stack_size = take_u64(c);
	/* The room is a multiple of 8, or the registers behind it would not be aligned. */
	if (s->stack_size > room || room % 8)
		c->bad = true;
}

static void decode_raw(struct cursor *c, struct sample *s)
{
	const uint8_t *size = take(c, 4);

	if (!size)
		return;
	memcpy(&s->raw_size, size, 4);
	s->raw = take(c, s->raw_size);
	/* The kernel pads so that size + 4 is a multiple of 8; files of old kernels may not. */
	if ((s->raw_size + 4ULL) % 8)
		take(c, 8 - (s->raw_size + 4ULL) % 8);
}

static bool decode_sample(struct cursor c, const struct layout *layout, struct sample *s)
{
	const uint64_t type = layout->sample_type;
	uint32_t reserved;

	if (type & PERF_SAMPLE_IDENTIFIER)
		s->id = take_u64(&c);
	if (type & PERF_SAMPLE_IP)
		s->ip = take_u64(&c);
	if (type & PERF_SAMPLE_TID)
		take_u32_pair(&c, &s->pid, &s->tid);
	if (type & PERF_SAMPLE_TIME)
		s->time = take_u64(&c);
	if (type & PERF_SAMPLE_ADDR)
		s->addr = take_u64(&c);
	if (type & PERF_SAMPLE_ID)
		s->id = take_u64(&c);
	if (type & PERF_SAMPLE_STREAM_ID)
		s->stream_id = take_u64(&c);
	if (type & PERF_SAMPLE_CPU)
		take_u32_pair(&c, &s->cpu, &reserved);
	if (type & PERF_SAMPLE_PERIOD)
		s->period = take_u64(&c);
	if (type & PERF_SAMPLE_READ)
		s->read = decode_read(&c, layout->read_format, &s->read_nr);
	if (type & PERF_SAMPLE_CALLCHAIN) {
		s->chain_nr = take_u64(&c);
		s->chain = (const uint64_t *)(const void *)take_items(&c, s->chain_nr, 8);
	}
	if (type & PERF_SAMPLE_RAW)
		decode_raw(&c, s);
	if (type & PERF_SAMPLE_BRANCH_STACK)
		decode_branches(&c, layout->branch_sample_type, s);
	if (type & PERF_SAMPLE_REGS_USER)
		decode_regs(&c, layout->sample_regs_user, &s->regs_user_abi, &s->regs_user);
	if (type & PERF_SAMPLE_STACK_USER)
		decode_stack(&c, s);
	if (type & (PERF_SAMPLE_WEIGHT | ABI_SAMPLE_WEIGHT_STRUCT))
		s->weight = take_u64(&c);
	if (type & PERF_SAMPLE_DATA_SRC)
		s->data_src = take_u64(&c);
	if (type & PERF_SAMPLE_TRANSACTION)
		s->transaction = take_u64(&c);
	if (type & PERF_SAMPLE_REGS_INTR)
		decode_regs(&c, layout->sample_regs_intr, &s->regs_intr_abi, &s->regs_intr);
	if (type & PERF_SAMPLE_PHYS_ADDR)
		s->phys_addr = take_u64(&c);
	if (type & PERF_SAMPLE_CGROUP)
		s->cgroup = take_u64(&c);
	if (type & PERF_SAMPLE_DATA_PAGE_SIZE)
		s->data_page_size = take_u64(&c);
	if (type & PERF_SAMPLE_CODE_PAGE_SIZE)
		s->code_page_size = take_u64(&c);
	if (type & PERF_SAMPLE_AUX) {
		s->aux_size = take_u64(&c);
		s->aux = take(&c, s->aux_size);
	}
	return !c.bad;
}

/* ---- the others ---- */

static void decode_mmap(struct cursor *c, bool is_mmap2, bool has_build_id, struct record_mmap *m)
{
	take_u32_pair(c, &m->pid, &m->tid);
	m->start = take_u64(c);
	m->len = take_u64(c);
	m->pgoff = take_u64(c);
	if (is_mmap2 && has_build_id) {
		const uint8_t *id = take(c, 24); /* size, 3 reserved bytes, 20 bytes of build-id */

		if (id) {
			m->build_id_len = id[0];
			m->build_id = id + 4;
			if (m->build_id_len > 20)
				c->bad = true;
		}
	} else if (is_mmap2) {
		take_u32_pair(c, &m->maj, &m->min);
		m->ino = take_u64(c);
		m->ino_generation = take_u64(c);
	}
	if (is_mmap2)
		take_u32_pair(c, &m->prot, &m->flags);
	m->path = take_text(c);
	if (m->len > UINT64_MAX - m->start)
		c->bad = true;
}

static void decode_ksymbol(struct cursor *c, struct record_ksymbol *k)
{
	const uint8_t *body = NULL;
	uint16_t type, flags;

	k->addr = take_u64(c);
	body = take(c, 8);
	if (body) {
		memcpy(&k->len, body, 4);
		memcpy(&type, body + 4, 2);
		memcpy(&flags, body + 6, 2);
		k->bpf = type == 1; /* PERF_RECORD_KSYMBOL_TYPE_BPF */
		k->unregister = flags & ABI_KSYMBOL_UNREGISTER;
	}
	k->name = take_text(c);
	if (k->len > UINT64_MAX - k->addr)
		c->bad = true;
}

enum decode_result record_decode(const uint8_t *bytes, const struct layout *layout,
				 struct record *out)
{
	const struct perf_event_header header = header_of(bytes);
	const size_t trailer = header.type == ABI_RECORD_SAMPLE ? 0 : record_trailer_size(layout);
	struct cursor c = { .at = bytes + sizeof(header), .end = bytes + header.size };

	memset(out, 0,
	       header.type == ABI_RECORD_SAMPLE
		       ? sizeof(*out)
		       : offsetof(struct record, sample) + sizeof(struct record_mmap));
	out->type = header.type;
	out->misc = header.misc;
	out->size = header.size;
	if (header.type == ABI_RECORD_SAMPLE)
		return decode_sample(c, layout, &out->sample) ? DECODE_OK : DECODE_BAD;

	if (trailer > (size_t)(c.end - c.at))
		return DECODE_BAD;
	c.end -= trailer;
	if (trailer)
		decode_trailer((struct cursor){ .at = c.end, .end = bytes + header.size }, layout,
			       out);

	switch (header.type) {
	case ABI_RECORD_MMAP:
	case ABI_RECORD_MMAP2:
		decode_mmap(&c, header.type == ABI_RECORD_MMAP2,
			    header.misc & ABI_MISC_MMAP_BUILD_ID, &out->mmap);
		break;
	case ABI_RECORD_COMM:
		take_u32_pair(&c, &out->comm.pid, &out->comm.tid);
		out->comm.comm = take_text(&c);
		out->comm.exec = header.misc & ABI_MISC_COMM_EXEC;
		break;
	case ABI_RECORD_FORK:
	case ABI_RECORD_EXIT:
		take_u32_pair(&c, &out->task.pid, &out->task.ppid);
		take_u32_pair(&c, &out->task.tid, &out->task.ptid);
		out->task.time = take_u64(&c);
		break;
	case ABI_RECORD_LOST:
		out->lost.id = take_u64(&c);
		out->lost.lost = take_u64(&c);
		break;
	case ABI_RECORD_LOST_SAMPLES:
		out->lost.lost = take_u64(&c);
		break;
	case ABI_RECORD_THROTTLE:
	case ABI_RECORD_UNTHROTTLE:
		out->throttle.time = take_u64(&c);
		out->throttle.id = take_u64(&c);
		out->throttle.stream_id = take_u64(&c);
		break;
	case ABI_RECORD_READ:
		take_u32_pair(&c, &out->read.pid, &out->read.tid);
		out->read.read = decode_read(&c, layout->read_format, &out->read.read_nr);
		break;
	case ABI_RECORD_KSYMBOL:
		decode_ksymbol(&c, &out->ksymbol);
		break;
	case ABI_RECORD_CALLCHAIN_DEFERRED:
		out->deferred.cookie = take_u64(&c);
		out->deferred.chain_nr = take_u64(&c);
		out->deferred.chain = (const uint64_t *)(const void *)take_items(
			&c, out->deferred.chain_nr, 8);
		break;
	default:
		return DECODE_UNKNOWN;
	}
	return c.bad ? DECODE_BAD : DECODE_OK;
}

const char *record_type_name(uint32_t type, char buf[16])
{
	static const char *const NAMES[ABI_RECORD_MAX] = {
		[ABI_RECORD_MMAP] = "MMAP",
		[ABI_RECORD_LOST] = "LOST",
		[ABI_RECORD_COMM] = "COMM",
		[ABI_RECORD_EXIT] = "EXIT",
		[ABI_RECORD_THROTTLE] = "THROTTLE",
		[ABI_RECORD_UNTHROTTLE] = "UNTHROTTLE",
		[ABI_RECORD_FORK] = "FORK",
		[ABI_RECORD_READ] = "READ",
		[ABI_RECORD_SAMPLE] = "SAMPLE",
		[ABI_RECORD_MMAP2] = "MMAP2",
		[ABI_RECORD_AUX] = "AUX",
		[ABI_RECORD_ITRACE_START] = "ITRACE_START",
		[ABI_RECORD_LOST_SAMPLES] = "LOST_SAMPLES",
		[ABI_RECORD_SWITCH] = "SWITCH",
		[ABI_RECORD_SWITCH_CPU_WIDE] = "SWITCH_CPU_WIDE",
		[ABI_RECORD_NAMESPACES] = "NAMESPACES",
		[ABI_RECORD_KSYMBOL] = "KSYMBOL",
		[ABI_RECORD_BPF_EVENT] = "BPF_EVENT",
		[ABI_RECORD_CGROUP] = "CGROUP",
		[ABI_RECORD_TEXT_POKE] = "TEXT_POKE",
		[ABI_RECORD_AUX_OUTPUT_HW_ID] = "AUX_OUTPUT_HW_ID",
		[ABI_RECORD_CALLCHAIN_DEFERRED] = "CALLCHAIN_DEFERRED",
	};

	if (type < ABI_RECORD_MAX && NAMES[type])
		return NAMES[type];
	snprintf(buf, 16, "type %u", type);
	return buf;
}
