/*
 * perf_attr.c - see perf_attr.h.
 */
#include "collector/perf_attr.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "collector/event.h"
#include "collector/perf_abi.h"
#include "collector/perf_swap.h"

/* Bits of sample_type that decode.c knows: up to PERF_SAMPLE_WEIGHT_STRUCT. */
enum { SAMPLE_TYPE_BITS = 25 };

static int check_attr(const struct perf_event_attr *attr, uint64_t offset, struct pmc_err *err)
{
	if (attr->sample_type >> SAMPLE_TYPE_BITS) {
		pmc_err_set(err, PMC_ERR_DATA,
			    "the event at offset %llu has samples with parts that this pmc does "
			    "not know: sample_type is 0x%llx",
			    (unsigned long long)offset, (unsigned long long)attr->sample_type);
		return pmc_err_hint(err, "a newer pmc may read it, or the file is damaged");
	}
	return 0;
}

struct perf_event *perf_events_add(struct perf_events *events, const uint8_t *bytes, size_t size,
				   bool swap, uint64_t offset, struct pmc_err *err)
{
	struct perf_event_attr attr = { 0 };
	struct perf_event *event;
	uint32_t told;

	if (size < PERF_ATTR_BYTES_MIN) {
		pmc_err_set(err, PMC_ERR_DATA,
			    "the event at offset %llu has an attribute of %zu bytes; the shortest "
			    "have %d",
			    (unsigned long long)offset, size, PERF_ATTR_BYTES_MIN);
		return NULL;
	}
	told = perf_u32(bytes + offsetof(struct perf_event_attr, size), swap);
	/* The first perf did not tell it. */
	if (!told)
		told = PERF_ATTR_BYTES_MIN;
	if (told < PERF_ATTR_BYTES_MIN || told > size || told % 8) {
		pmc_err_set(err, PMC_ERR_DATA,
			    "the event at offset %llu says that its attribute has %u bytes, of "
			    "%zu that are there",
			    (unsigned long long)offset, told, size);
		return NULL;
	}
	memcpy(&attr, bytes, told < sizeof(attr) ? told : sizeof(attr));
	if (swap)
		perf_swap_attr(&attr);
	attr.size = told;
	if (check_attr(&attr, offset, err))
		return NULL;
	if (events->items.count >= PERF_EVENTS_MAX) {
		pmc_err_set(err, PMC_ERR_DATA,
			    "there are more than %d events, the next one at offset %llu",
			    PERF_EVENTS_MAX, (unsigned long long)offset);
		pmc_err_hint(err, "record fewer events at once");
		return NULL;
	}
	event = pmc_array_add(&events->items);
	event->attr = attr;
	event->offset = offset;
	return event;
}

int perf_events_add_ids(struct perf_events *events, struct perf_event *event, const uint8_t *bytes,
			size_t count, bool swap, struct pmc_err *err)
{
	if (count > PERF_IDS_MAX - events->ids.count) {
		pmc_err_set(err, PMC_ERR_DATA,
			    "the event at offset %llu has %zu ids, and all events may have %d",
			    (unsigned long long)event->offset, count, PERF_IDS_MAX);
		return pmc_err_hint(err, "record fewer events or CPUs at once, if the file is not "
					 "damaged");
	}
	for (size_t i = 0; i < count; i++) {
		const uint64_t id = perf_u64(bytes + 8 * i, swap);
		const bool is_known = perf_events_find(events, id) != NULL;

		*pmc_array_add(&event->ids) = id;
		*pmc_array_add(&events->ids) =
			(struct perf_id){ id, (uint32_t)(event - events->items.items) };
		if (!is_known)
			pmc_index_add(&events->index, pmc_hash_u64(id),
				      (uint32_t)events->ids.count - 1);
	}
	return 0;
}

struct perf_event *perf_events_find(const struct perf_events *events, uint64_t id)
{
	uint32_t found, step = 0;

	while ((found = pmc_index_next(&events->index, pmc_hash_u64(id), &step)) != UINT32_MAX)
		if (events->ids.items[found].id == id)
			return &events->items.items[events->ids.items[found].event];
	return NULL;
}

void perf_events_update(struct perf_events *events, const uint8_t *record, size_t size, bool swap)
{
	enum { KIND = 8, ID = 16, BODY = 24 };
	const char *text = (const char *)record + BODY;
	struct perf_event *event;
	uint64_t bits;

	if (size <= BODY)
		return;
	event = perf_events_find(events, perf_u64(record + ID, swap));
	if (!event)
		return;
	switch (perf_u64(record + KIND, swap)) {
	case PERF_EVENT_UPDATE_NAME:
		if (!event->name)
			event->name = pmc_strndup(text, strnlen(text, size - BODY));
		break;
	case PERF_EVENT_UPDATE_UNIT:
		free(event->unit);
		event->unit = pmc_strndup(text, strnlen(text, size - BODY));
		break;
	case PERF_EVENT_UPDATE_SCALE:
		if (size < BODY + sizeof(bits))
			break;
		bits = perf_u64(record + BODY, swap);
		memcpy(&event->scale, &bits, sizeof(event->scale));
		break;
	default:
		break;
	}
}

void perf_events_fini(struct perf_events *events)
{
	for (size_t i = 0; i < events->items.count; i++) {
		free(events->items.items[i].name);
		free(events->items.items[i].unit);
		pmc_array_free(&events->items.items[i].ids);
	}
	pmc_array_free(&events->items);
	pmc_array_free(&events->ids);
	pmc_index_fini(&events->index);
}

void perf_attr_layout(const struct perf_event_attr *attr, struct layout *layout)
{
	*layout = (struct layout){ .sample_type = attr->sample_type,
				   .read_format = attr->read_format,
				   .branch_sample_type = attr->branch_sample_type,
				   .sample_regs_user = attr->sample_regs_user,
				   .sample_regs_intr = attr->sample_regs_intr,
				   .sample_id_all = attr->sample_id_all };
}

/* ---- names ---- */

static const char *pmu_name(const struct perf_pmus *pmus, uint32_t type)
{
	for (size_t i = 0; i < pmus->count; i++)
		if (pmus->items[i].type == type)
			return pmus->items[i].name;
	return NULL;
}

static char *breakpoint_name(const struct perf_event_attr *attr)
{
	return pmc_sprintf("mem:0x%llx:%s%s%s", (unsigned long long)attr->bp_addr,
			   attr->bp_type & 1 ? "r" : "", attr->bp_type & 2 ? "w" : "",
			   attr->bp_type & 4 ? "x" : "");
}

static char *plain_name(const struct perf_event_attr *attr, const struct perf_pmus *pmus)
{
	const unsigned long long config = attr->config;
	char buf[EVENT_KERNEL_NAME_SIZE];
	struct event_kernel known;
	const char *pmu;

	if (event_kernel_describe(attr->type, attr->config, &known, buf))
		return pmc_strdup(known.name);
	switch (attr->type) {
	case PERF_TYPE_RAW:
		return pmc_sprintf("r%llx", config);
	case PERF_TYPE_TRACEPOINT:
		return pmc_sprintf("tracepoint:%llu", config);
	case PERF_TYPE_BREAKPOINT:
		return breakpoint_name(attr);
	default:
		break;
	}
	pmu = pmu_name(pmus, attr->type);
	if (pmu)
		return pmc_sprintf("%s/config=0x%llx/", pmu, config);
	return pmc_sprintf("type%u/config=0x%llx/", attr->type, config);
}

char *perf_event_name(const struct perf_event *event, const struct perf_pmus *pmus)
{
	const struct perf_event_attr *attr = &event->attr;
	struct event_modifiers mods = { .precise = attr->precise_ip };
	char text[16], *plain, *name;

	if (event->name && event->name[0])
		return pmc_strndup(event->name, PERF_NAME_MAX);
	if (attr->exclude_user || attr->exclude_kernel) {
		mods.set |= attr->exclude_user ? 0 : (unsigned)EVENT_MOD_USER;
		mods.set |= attr->exclude_kernel ? 0 : (unsigned)EVENT_MOD_KERNEL;
		mods.set |= attr->exclude_hv ? 0 : (unsigned)EVENT_MOD_HV;
	}
	event_format_modifiers(text, &mods);
	plain = plain_name(attr, pmus);
	name = pmc_sprintf("%s%s", plain,
			   plain[strlen(plain) - 1] == '/' && text[0] ? text + 1 : text);
	free(plain);
	return name;
}
