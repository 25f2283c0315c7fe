/*
 * perf_swap.c - see perf_swap.h. Orders of fields: decode.c, and its sources.
 */
#include "collector/perf_swap.h"

#include <stddef.h>

#include "base/mem.h"
#include "collector/abi.h"

/* Moves forward inside [at, end); `bad` sticks once something would not have fit. */
struct turner {
	uint8_t *at, *end;
	bool bad;
};

static uint8_t *pass(struct turner *t, uint64_t bytes)
{
	uint8_t *here = t->at;

	if (t->bad || bytes > (uint64_t)(t->end - t->at)) {
		t->bad = true;
		return NULL;
	}
	t->at += bytes;
	return here;
}

static uint16_t turn_u16(struct turner *t)
{
	uint8_t *here = pass(t, 2);
	uint16_t value = 0;

	if (here) {
		value = perf_u16(here, true);
		memcpy(here, &value, sizeof(value));
	}
	return value;
}

static uint32_t turn_u32(struct turner *t)
{
	uint8_t *here = pass(t, 4);
	uint32_t value = 0;

	if (here) {
		value = perf_u32(here, true);
		memcpy(here, &value, sizeof(value));
	}
	return value;
}

static uint64_t turn_u64(struct turner *t)
{
	uint8_t *here = pass(t, 8);
	uint64_t value = 0;

	if (here) {
		value = perf_u64(here, true);
		memcpy(here, &value, sizeof(value));
	}
	return value;
}

static void turn_pair(struct turner *t)
{
	turn_u32(t);
	turn_u32(t);
}

static void turn_words(struct turner *t, uint64_t count)
{
	if (count > (uint64_t)(t->end - t->at) / 8)
		t->bad = true;
	for (uint64_t i = 0; i < count && !t->bad; i++)
		turn_u64(t);
}

/* Bits of each byte in the other order. */
static void turn_bits(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned byte = bytes[i];

		byte = (byte & 0xf0) >> 4 | (byte & 0x0f) << 4;
		byte = (byte & 0xcc) >> 2 | (byte & 0x33) << 2;
		bytes[i] = (uint8_t)((byte & 0xaa) >> 1 | (byte & 0x55) << 1);
	}
}

static unsigned count_bits(uint64_t bits)
{
	return (unsigned)__builtin_popcountll(bits);
}

void perf_swap_header(uint8_t *record)
{
	struct perf_event_header header;

	memcpy(&header, record, sizeof(header));
	header.type = __builtin_bswap32(header.type);
	header.misc = __builtin_bswap16(header.misc);
	header.size = __builtin_bswap16(header.size);
	memcpy(record, &header, sizeof(header));
}

/* ---- samples ---- */

static void turn_read(struct turner *t, uint64_t format)
{
	const uint64_t times = (format & PERF_FORMAT_TOTAL_TIME_ENABLED ? 1 : 0) +
			       (format & PERF_FORMAT_TOTAL_TIME_RUNNING ? 1 : 0);
	const uint64_t each =
		1 + (format & PERF_FORMAT_ID ? 1 : 0) + (format & ABI_FORMAT_LOST ? 1 : 0);
	uint64_t nr = format & PERF_FORMAT_GROUP ? turn_u64(t) : 1;

	turn_words(t, times);
	if (nr > (uint64_t)(t->end - t->at) / 8)
		t->bad = true;
	else
		turn_words(t, nr * each);
}

/*
 * An entry's flags are a bit field. Turned bit by bit, each field is where it belongs, with its own
 * bits the other way round.
 */
static void turn_branch_flags(struct turner *t)
{
	static const unsigned fields[] = {
		ABI_BRANCH_MISPREDICTED, ABI_BRANCH_PREDICTED, ABI_BRANCH_IN_TRANSACTION,
		ABI_BRANCH_ABORT, ABI_BRANCH_CYCLES, ABI_BRANCH_TYPE, ABI_BRANCH_SPECULATION,
		ABI_BRANCH_NEW_TYPE, ABI_BRANCH_PRIVILEGE, ABI_BRANCH_RESERVED,
	};
	uint8_t *here = pass(t, 8);
	uint64_t flags, turned = 0;

	if (!here)
		return;
	turn_bits(here, 8);
	memcpy(&flags, here, sizeof(flags));
	for (size_t i = 0; i + 1 < PMC_COUNT(fields); i++) {
		const unsigned first = fields[i], last = fields[i + 1] - 1;

		for (unsigned bit = first; bit <= last; bit++)
			turned |= (flags >> bit & 1) << (first + last - bit);
	}
	memcpy(here, &turned, sizeof(turned));
}

static void turn_branches(struct turner *t, uint64_t branch_type)
{
	const uint64_t nr = turn_u64(t);

	if (branch_type & PERF_SAMPLE_BRANCH_HW_INDEX)
		turn_u64(t);
	if (nr > (uint64_t)(t->end - t->at) / sizeof(struct perf_branch_entry))
		t->bad = true;
	for (uint64_t i = 0; i < nr && !t->bad; i++) {
		turn_words(t, 2);
		turn_branch_flags(t);
	}
	if (branch_type & (1ULL << 19)) /* PERF_SAMPLE_BRANCH_COUNTERS */
		turn_words(t, nr);
}

static void turn_regs(struct turner *t, uint64_t mask)
{
	if (turn_u64(t) != PERF_SAMPLE_REGS_ABI_NONE)
		turn_words(t, count_bits(mask));
}

static void turn_sample(struct turner *t, const struct layout *layout)
{
	const uint64_t type = layout->sample_type;
	uint64_t size;

	if (type & PERF_SAMPLE_IDENTIFIER)
		turn_u64(t);
	if (type & PERF_SAMPLE_IP)
		turn_u64(t);
	if (type & PERF_SAMPLE_TID)
		turn_pair(t);
	if (type & PERF_SAMPLE_TIME)
		turn_u64(t);
	if (type & PERF_SAMPLE_ADDR)
		turn_u64(t);
	if (type & PERF_SAMPLE_ID)
		turn_u64(t);
	if (type & PERF_SAMPLE_STREAM_ID)
		turn_u64(t);
	if (type & PERF_SAMPLE_CPU)
		turn_pair(t);
	if (type & PERF_SAMPLE_PERIOD)
		turn_u64(t);
	if (type & PERF_SAMPLE_READ)
		turn_read(t, layout->read_format);
	if (type & PERF_SAMPLE_CALLCHAIN)
		turn_words(t, turn_u64(t));
	if (type & PERF_SAMPLE_RAW) {
		size = turn_u32(t);
		pass(t, size);
		if ((size + 4) % 8)
			pass(t, 8 - (size + 4) % 8);
	}
	if (type & PERF_SAMPLE_BRANCH_STACK)
		turn_branches(t, layout->branch_sample_type);
	if (type & PERF_SAMPLE_REGS_USER)
		turn_regs(t, layout->sample_regs_user);
	if (type & PERF_SAMPLE_STACK_USER) {
		size = turn_u64(t);
		pass(t, size);
		if (size)
			turn_u64(t);
	}
	if (type & (PERF_SAMPLE_WEIGHT | ABI_SAMPLE_WEIGHT_STRUCT))
		turn_u64(t);
	if (type & PERF_SAMPLE_DATA_SRC)
		turn_u64(t);
	if (type & PERF_SAMPLE_TRANSACTION)
		turn_u64(t);
	if (type & PERF_SAMPLE_REGS_INTR)
		turn_regs(t, layout->sample_regs_intr);
	if (type & PERF_SAMPLE_PHYS_ADDR)
		turn_u64(t);
	if (type & PERF_SAMPLE_CGROUP)
		turn_u64(t);
	if (type & PERF_SAMPLE_DATA_PAGE_SIZE)
		turn_u64(t);
	if (type & PERF_SAMPLE_CODE_PAGE_SIZE)
		turn_u64(t);
	if (type & PERF_SAMPLE_AUX)
		turn_u64(t);
}

/* ---- the others ---- */

static void turn_trailer(struct turner *t, const struct layout *layout)
{
	const uint64_t type = layout->sample_type;

	if (type & PERF_SAMPLE_TID)
		turn_pair(t);
	if (type & PERF_SAMPLE_TIME)
		turn_u64(t);
	if (type & PERF_SAMPLE_ID)
		turn_u64(t);
	if (type & PERF_SAMPLE_STREAM_ID)
		turn_u64(t);
	if (type & PERF_SAMPLE_CPU)
		turn_pair(t);
	if (type & PERF_SAMPLE_IDENTIFIER)
		turn_u64(t);
}

static void turn_body(struct turner *t, uint32_t type, uint16_t misc, const struct layout *layout)
{
	switch (type) {
	case ABI_RECORD_MMAP:
	case ABI_RECORD_MMAP2:
		turn_pair(t);
		turn_words(t, 3);
		if (type == ABI_RECORD_MMAP)
			break;
		if (misc & ABI_MISC_MMAP_BUILD_ID) {
			pass(t, 24);
		} else {
			turn_pair(t);
			turn_words(t, 2);
		}
		turn_pair(t);
		break;
	case ABI_RECORD_COMM:
		turn_pair(t);
		break;
	case ABI_RECORD_FORK:
	case ABI_RECORD_EXIT:
		turn_pair(t);
		turn_pair(t);
		turn_u64(t);
		break;
	case ABI_RECORD_LOST:
		turn_words(t, 2);
		break;
	case ABI_RECORD_LOST_SAMPLES:
		turn_u64(t);
		break;
	case ABI_RECORD_THROTTLE:
	case ABI_RECORD_UNTHROTTLE:
		turn_words(t, 3);
		break;
	case ABI_RECORD_READ:
		turn_pair(t);
		turn_read(t, layout->read_format);
		break;
	case ABI_RECORD_CALLCHAIN_DEFERRED:
		turn_u64(t);
		turn_words(t, turn_u64(t));
		break;
	case ABI_RECORD_KSYMBOL:
		turn_u64(t);
		turn_u32(t);
		turn_u16(t);
		turn_u16(t);
		break;
	default:
		break;
	}
}

void perf_swap_record(uint8_t *record, const struct layout *layout)
{
	const uint32_t type = record_type(record);
	const struct turner whole = {
		.at = record + sizeof(struct perf_event_header),
		.end = record + perf_u16(record + offsetof(struct perf_event_header, size), false),
	};
	struct turner body = whole, trailer = whole;
	size_t size = 0;

	if (type == ABI_RECORD_SAMPLE) {
		turn_sample(&body, layout);
		return;
	}
	size = record_trailer_size(layout);
	if (size > (size_t)(whole.end - whole.at))
		return;
	body.end = trailer.at = whole.end - size;
	turn_body(&body, type,
		  perf_u16(record + offsetof(struct perf_event_header, misc), false), layout);
	if (size)
		turn_trailer(&trailer, layout);
}

/* ---- attributes ---- */

static void turn_u32s(uint32_t *first, uint32_t *second)
{
	*first = __builtin_bswap32(*first);
	*second = __builtin_bswap32(*second);
}

static uint64_t turned(uint64_t value)
{
	return __builtin_bswap64(value);
}

void perf_swap_attr(struct perf_event_attr *attr)
{
	/* The bit fields lie between read_format and wakeup_events. */
	uint8_t *flags = (uint8_t *)attr + offsetof(struct perf_event_attr, read_format) + 8;

	turn_u32s(&attr->type, &attr->size);
	attr->config = turned(attr->config);
	attr->sample_period = turned(attr->sample_period);
	attr->sample_type = turned(attr->sample_type);
	attr->read_format = turned(attr->read_format);
	turn_bits(flags, 8);
	/* precise_ip has two bits, the 15th and 16th. */
	if (!(flags[1] >> 7) != !(flags[2] & 1)) {
		flags[1] ^= 0x80;
		flags[2] ^= 0x01;
	}
	turn_u32s(&attr->wakeup_events, &attr->bp_type);
	attr->config1 = turned(attr->config1);
	attr->config2 = turned(attr->config2);
	attr->branch_sample_type = turned(attr->branch_sample_type);
	attr->sample_regs_user = turned(attr->sample_regs_user);
	attr->sample_stack_user = __builtin_bswap32(attr->sample_stack_user);
	attr->clockid = (int32_t)__builtin_bswap32((uint32_t)attr->clockid);
	attr->sample_regs_intr = turned(attr->sample_regs_intr);
	attr->aux_watermark = __builtin_bswap32(attr->aux_watermark);
	attr->sample_max_stack = __builtin_bswap16(attr->sample_max_stack);
}
