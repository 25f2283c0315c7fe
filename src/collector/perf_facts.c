/*
 * perf_facts.c - see perf_facts.h.
 */
#include "collector/perf_facts.h"

#include <stddef.h>
#include <string.h>

#include "collector/command.h"
#include "collector/perf_abi.h"
#include "collector/perf_swap.h"

/* Arguments of a command, and PMUs of a machine: more is damage. */
enum { WORDS_MAX = 4096, PMUS_MAX = 4096, BUILD_ID_BYTES = 36 };

static void take_one(struct perf_reader *r, char **text)
{
	char *fresh = perf_read_text(r);

	if (!fresh)
		return;
	free(*text);
	*text = fresh;
}

/* A command line, quoted as a shell reads it. */
static void take_command(struct perf_reader *r, struct perf_facts *facts)
{
	static const char other[] = "simpleperf"; /* simpleperf64, simpleperf.exe */
	const uint32_t count = perf_read_u32(r);
	char **words;

	if (r->bad || !count || count > WORDS_MAX) {
		r->bad |= count > WORDS_MAX;
		return;
	}
	words = pmc_calloc(count + 1, sizeof(*words));
	for (uint32_t i = 0; i < count && !r->bad; i++)
		words[i] = perf_read_text(r);
	if (!r->bad) {
		const char *slash = strrchr(words[0], '/');

		free(facts->command);
		facts->command = command_quote(words);
		facts->is_simpleperf = !strncmp(slash ? slash + 1 : words[0], other,
						sizeof(other) - 1);
	}
	for (uint32_t i = 0; i < count; i++)
		free(words[i]);
	free(words);
}

static void take_pmus(struct perf_reader *r, struct perf_pmus *pmus)
{
	const uint32_t count = perf_read_u32(r);

	if (count > PMUS_MAX)
		r->bad = true;
	for (uint32_t i = 0; i < count && !r->bad; i++) {
		const uint32_t type = perf_read_u32(r);
		char *name = perf_read_text(r);

		if (name)
			*pmc_array_add(pmus) = (struct perf_pmu){ type, name };
	}
}

static void take_desc(struct perf_reader *r, struct perf_facts *facts, uint32_t attr_bytes)
{
	const uint8_t *attr = perf_read_bytes(r, attr_bytes);
	const uint32_t ids = perf_read_u32(r);
	char *name = perf_read_text(r);
	struct perf_desc *desc;
	const uint8_t *list;

	if (ids > PERF_IDS_MAX - facts->ids)
		r->bad = true;
	list = perf_read_bytes(r, 8ULL * ids);
	if (r->bad) {
		free(name);
		return;
	}
	desc = pmc_array_add(&facts->descs);
	desc->type = perf_u32(attr + offsetof(struct perf_event_attr, type), r->swap);
	desc->config = perf_u64(attr + offsetof(struct perf_event_attr, config), r->swap);
	desc->name = name;
	facts->ids += ids;
	for (uint32_t i = 0; i < ids; i++)
		*pmc_array_add(&desc->ids) = perf_u64(list + 8ULL * i, r->swap);
}

static void take_descs(struct perf_reader *r, struct perf_facts *facts)
{
	const uint32_t count = perf_read_u32(r), attr_bytes = perf_read_u32(r);

	if (count > PERF_EVENTS_MAX || attr_bytes < PERF_ATTR_BYTES_MIN)
		r->bad = true;
	for (uint32_t i = 0; i < count && !r->bad; i++)
		take_desc(r, facts, attr_bytes);
}

static void take_groups(struct perf_reader *r, struct perf_facts *facts)
{
	const uint32_t count = perf_read_u32(r);

	if (count > PERF_EVENTS_MAX)
		r->bad = true;
	for (uint32_t i = 0; i < count && !r->bad; i++) {
		char *name = perf_read_text(r);
		const uint32_t leader = perf_read_u32(r), members = perf_read_u32(r);

		if (r->bad)
			free(name);
		else
			*pmc_array_add(&facts->groups) =
				(struct perf_group){ name, leader, members };
	}
}

static void take_clock(struct perf_reader *r, struct perf_facts *facts)
{
	const uint32_t version = perf_read_u32(r);

	perf_read_u32(r); /* which clock the records have */
	facts->wall_ns = perf_read_u64(r);
	facts->clock_ns = perf_read_u64(r);
	/* perf stat has the feature, and zeros in it. */
	facts->has_clock = !r->bad && version == 1 && facts->wall_ns;
}

/* header, pid in 32 bits, 20 bytes of id, its length and 3 bytes, path */
bool perf_facts_take_build_id(struct perf_facts *facts, const uint8_t *record, size_t size,
			      bool swap)
{
	const uint16_t misc = perf_u16(record + offsetof(struct perf_event_header, misc), swap);
	const size_t room = size - BUILD_ID_BYTES;
	PMC_FREE char *path = NULL;
	size_t len = PMC_BUILD_ID_MAX;

	if (size <= BUILD_ID_BYTES)
		return false;
	path = pmc_strndup((const char *)record + BUILD_ID_BYTES, room);
	if (misc & PERF_MISC_BUILD_ID_SIZE)
		len = record[32];
	if (len > PMC_BUILD_ID_MAX)
		return false;
	build_ids_add(&facts->build_ids, path, record + 12, len);
	return true;
}

static void take_build_ids(struct perf_reader *r, struct perf_facts *facts)
{
	while (r->at < r->end && !r->bad) {
		const uint8_t *header = r->at;
		uint16_t size = 0;

		if (r->end - r->at >= 8)
			size = perf_u16(header + offsetof(struct perf_event_header, size), r->swap);
		if (size < 8 || !perf_read_bytes(r, size) ||
		    !perf_facts_take_build_id(facts, header, size, r->swap))
			r->bad = true;
	}
}

void perf_facts_take(struct perf_facts *facts, unsigned feature, const uint8_t *bytes, size_t size,
		     bool swap)
{
	struct perf_reader r = { .at = bytes, .end = bytes + size, .swap = swap }, row = r;

	/* Some of it is both: needed here, and told. */
	perf_machine_take(&facts->machine, feature, &row);
	switch (feature) {
	case PERF_FEAT_HOSTNAME:
		take_one(&r, &facts->hostname);
		break;
	case PERF_FEAT_OSRELEASE:
		take_one(&r, &facts->release);
		break;
	case PERF_FEAT_VERSION:
		take_one(&r, &facts->version);
		break;
	case PERF_FEAT_ARCH:
		take_one(&r, &facts->arch);
		break;
	case PERF_FEAT_CPUDESC:
		take_one(&r, &facts->cpu);
		break;
	case PERF_FEAT_NRCPUS:
		perf_read_u32(&r); /* those that the machine could have */
		facts->cpus = perf_read_u32(&r);
		break;
	case PERF_FEAT_CMDLINE:
		take_command(&r, facts);
		break;
	case PERF_FEAT_EVENT_DESC:
		if (!facts->descs.count)
			take_descs(&r, facts);
		break;
	case PERF_FEAT_DIR_FORMAT:
		facts->in_folder = perf_read_u64(&r) > 0; /* 0: of perf record --kcore */
		break;
	case PERF_FEAT_GROUP_DESC:
		if (!facts->groups.count)
			take_groups(&r, facts);
		break;
	case PERF_FEAT_PMU_MAPPINGS:
		if (!facts->pmus.count)
			take_pmus(&r, &facts->pmus);
		break;
	case PERF_FEAT_SAMPLE_TIME:
		facts->first_ns = perf_read_u64(&r);
		facts->last_ns = perf_read_u64(&r);
		break;
	case PERF_FEAT_CLOCK_DATA:
		take_clock(&r, facts);
		break;
	case PERF_FEAT_BUILD_ID:
		take_build_ids(&r, facts);
		break;
	default:
		break;
	}
	facts->damaged += r.bad || row.bad;
}

/* Descriptions have the order of the events; where they are others, ids tell. */
static const struct perf_desc *desc_of(const struct perf_facts *facts,
				       const struct perf_events *events, size_t index)
{
	const struct perf_event *event = &events->items.items[index];
	const struct perf_desc *desc;

	if (facts->descs.count == events->items.count) {
		desc = &facts->descs.items[index];
		if (desc->type == event->attr.type && desc->config == event->attr.config)
			return desc;
	}
	for (size_t i = 0; i < facts->descs.count && event->ids.count; i++) {
		desc = &facts->descs.items[i];
		if (desc->ids.count && desc->ids.items[0] == event->ids.items[0])
			return desc;
	}
	return NULL;
}

int perf_facts_describe(const struct perf_facts *facts, struct perf_events *events,
			struct pmc_err *err)
{
	for (size_t i = 0; i < events->items.count; i++) {
		struct perf_event *event = &events->items.items[i];
		const struct perf_desc *desc = desc_of(facts, events, i);

		if (!desc)
			continue;
		if (desc->name && desc->name[0]) {
			free(event->name);
			event->name = pmc_strdup(desc->name);
		}
		if (!event->ids.count && desc->ids.count &&
		    perf_events_add_ids(events, event, (const uint8_t *)desc->ids.items,
					desc->ids.count, false, err))
			return -1;
	}
	return 0;
}

void perf_facts_fini(struct perf_facts *facts)
{
	char **const texts[] = { &facts->hostname, &facts->release, &facts->version,
				 &facts->arch,	   &facts->cpu,	    &facts->command };

	for (size_t i = 0; i < PMC_COUNT(texts); i++)
		free(*texts[i]);
	for (size_t i = 0; i < facts->descs.count; i++) {
		free(facts->descs.items[i].name);
		pmc_array_free(&facts->descs.items[i].ids);
	}
	pmc_array_free(&facts->descs);
	for (size_t i = 0; i < facts->groups.count; i++)
		free(facts->groups.items[i].name);
	pmc_array_free(&facts->groups);
	perf_machine_fini(&facts->machine);
	for (size_t i = 0; i < facts->pmus.count; i++)
		free(facts->pmus.items[i].name);
	pmc_array_free(&facts->pmus);
	build_ids_fini(&facts->build_ids);
	memset(facts, 0, sizeof(*facts));
}
