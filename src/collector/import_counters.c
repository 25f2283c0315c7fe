/*
 * import_counters.c - see import_counters.h.
 */
#include "collector/import_counters.h"

#include <string.h>

#include "collector/abi.h"
#include "collector/event.h"
#include "collector/import_order.h"

/* What must stand at the same place in all records for their ids to be found. */
static const uint64_t BEFORE_ID = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
				  PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR | PERF_SAMPLE_ID;
static const uint64_t IN_TRAILER = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID |
				   PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU |
				   PERF_SAMPLE_IDENTIFIER;

static bool is_dummy(const struct perf_event_attr *attr)
{
	return attr->type == PERF_TYPE_SOFTWARE && attr->config == PERF_COUNT_SW_DUMMY;
}

static bool is_clock(const struct perf_event_attr *attr)
{
	return attr->type == PERF_TYPE_SOFTWARE && (attr->config == PERF_COUNT_SW_CPU_CLOCK ||
						    attr->config == PERF_COUNT_SW_TASK_CLOCK);
}

static size_t count_dummies(const struct perf_events *events)
{
	size_t count = 0;

	for (size_t i = 0; i < events->items.count; i++)
		count += is_dummy(&events->items.items[i].attr);
	return count;
}

static enum pmc_event_source source_of(const struct perf_event_attr *attr)
{
	switch (attr->type) {
	case PERF_TYPE_HARDWARE:
	case PERF_TYPE_SOFTWARE:
	case PERF_TYPE_HW_CACHE:
		return PMC_SOURCE_KERNEL;
	case PERF_TYPE_RAW:
		return PMC_SOURCE_RAW;
	case PERF_TYPE_TRACEPOINT:
		return PMC_SOURCE_TRACEPOINT;
	case PERF_TYPE_BREAKPOINT:
		return PMC_SOURCE_BREAKPOINT;
	default:
		return PMC_SOURCE_SYSFS;
	}
}

/* Members of a {…}:S group have no samples of their own: the leader's read them. */
static bool is_read(const struct perf_file *file, const struct perf_event *event, int group)
{
	const uint32_t leader = group < 0 ? UINT32_MAX :
					    file->facts.groups.items[group].leader;
	const struct perf_event_attr *attr;

	if (event->attr.sample_period || leader >= file->events.items.count)
		return false;
	attr = &file->events.items.items[leader].attr;
	return attr->sample_type & PERF_SAMPLE_READ && attr->read_format & PERF_FORMAT_GROUP;
}

/* Index of the group that the event at `index` of the file was counted in; -1: none. */
static int group_of(const struct perf_facts *facts, size_t index)
{
	for (size_t i = 0; i < facts->groups.count; i++) {
		const struct perf_group *group = &facts->groups.items[i];

		if (index >= group->leader && index - group->leader < group->count)
			return (int)i;
	}
	return -1;
}

static void fill_event(struct pmc_event *event, const struct perf_event *from,
		       const struct perf_pmus *pmus)
{
	const struct perf_event_attr *attr = &from->attr;

	event->name = perf_event_name(from, pmus);
	event->requested = pmc_strdup("");
	event->source = source_of(attr);
	event->unit = is_clock(attr) ? PMC_UNIT_NS : PMC_UNIT_COUNT;
	event->sampling.mode = attr->freq ? PMC_MODE_FREQUENCY : PMC_MODE_PERIOD;
	event->sampling.period_or_hz = bounds_limit(attr->sample_period);
	event->group = -1;
	event->attr = pmc_calloc(1, sizeof(*event->attr));
	*event->attr = *attr;
}

/* An id that is there twice belongs to the first. */
static void add_ids(struct counters *counters, const struct perf_event *from, uint32_t event)
{
	for (size_t i = 0; i < from->ids.count; i++) {
		const uint64_t id = from->ids.items[i];

		if (counters_find(counters, id) != UINT32_MAX)
			continue;
		*pmc_array_add(&counters->open) =
			(struct counter){ .fd = -1, .event = event, .id = id, .cpu = -1 };
		pmc_index_add(&counters->ids, pmc_hash_u64(id),
			      (uint32_t)counters->open.count - 1);
	}
}

static enum pmc_callgraph callgraph_of(const struct perf_events *events)
{
	static const uint64_t DWARF = PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
	enum pmc_callgraph how = PMC_CALLGRAPH_NONE;

	for (size_t i = 0; i < events->items.count; i++) {
		const struct perf_event_attr *attr = &events->items.items[i].attr;

		if ((attr->sample_type & DWARF) == DWARF)
			return PMC_CALLGRAPH_DWARF;
		if (attr->sample_type & PERF_SAMPLE_BRANCH_STACK &&
		    attr->branch_sample_type & PERF_SAMPLE_BRANCH_CALL_STACK)
			how = PMC_CALLGRAPH_LBR;
		else if (attr->sample_type & PERF_SAMPLE_CALLCHAIN && how == PMC_CALLGRAPH_NONE)
			how = PMC_CALLGRAPH_FP;
	}
	return how;
}

uint32_t import_chain_max(const struct perf_events *events)
{
	uint32_t max = 0;

	for (size_t i = 0; i < events->items.count; i++)
		if (events->items.items[i].attr.sample_max_stack > max)
			max = events->items.items[i].attr.sample_max_stack;
	return max;
}

static int fail_apart(const struct perf_event *event, struct pmc_err *err)
{
	pmc_err_set(err, PMC_ERR_DATA,
		    "records of several events cannot be told apart: the event at offset %llu has "
		    "sample_type 0x%llx, others have their ids elsewhere, or none",
		    (unsigned long long)event->offset,
		    (unsigned long long)event->attr.sample_type);
	return pmc_err_hint(err, "perf gives all events of a recording an id at one place: the "
				 "file is damaged");
}

/* How a record is found to belong to an event. */
static int choose_ids(struct counters *counters, const struct perf_events *events, size_t samplers,
		      struct pmc_err *err)
{
	const uint64_t first = events->items.items[0].attr.sample_type;

	counters->sole_event = samplers == 1 && events->items.count == 1;
	counters->ids_by_layout = !(first & PERF_SAMPLE_IDENTIFIER);
	for (size_t i = 0; i < events->items.count; i++) {
		const struct perf_event *event = &events->items.items[i];
		const uint64_t type = event->attr.sample_type;
		const bool other_trailer =
			(type & IN_TRAILER) != (first & IN_TRAILER) ||
			event->attr.sample_id_all != events->items.items[0].attr.sample_id_all;

		if (counters->sole_event)
			break;
		if ((first ^ type) & PERF_SAMPLE_IDENTIFIER ||
		    (counters->ids_by_layout &&
		     ((type & BEFORE_ID) != (first & BEFORE_ID) || other_trailer ||
		      !(type & PERF_SAMPLE_ID))))
			return fail_apart(event, err);
		counters->mixed_trailers |= other_trailer;
	}
	return 0;
}

int import_counters_init(struct counters *counters, struct pmc_event_list *list,
			 const struct perf_file *file, struct pmc_err *err)
{
	const struct perf_events *events = &file->events;
	const size_t dummies = count_dummies(events);
	const bool keep_dummies = dummies == events->items.count;
	const size_t count = events->items.count - (keep_dummies ? 0 : dummies);
	uint32_t event = 0;
	bool has_base = false;

	memset(counters, 0, sizeof(*counters));
	list->events = pmc_calloc(count, sizeof(*list->events));
	counters->events = list;
	counters->layouts = pmc_calloc(count + 1, sizeof(*counters->layouts));
	counters->periods = pmc_calloc(count, sizeof(*counters->periods));
	counters->rings = pmc_calloc(ORDER_RINGS, sizeof(*counters->rings));
	counters->rings_count = ORDER_RINGS;
	for (size_t i = 0; i < ORDER_RINGS; i++)
		counters->rings[i].fd = -1;
	counters->callgraph = callgraph_of(events);
	counters->branches = counters->callgraph != PMC_CALLGRAPH_LBR;
	counters->chain_max = IMPORT_CHAIN_MAX;
	/* perf opens a task's events on each CPU that is online. */
	counters->cpus = file->facts.cpus ? file->facts.cpus : 1;
	for (size_t i = 0; i < events->items.count; i++) {
		const struct perf_event *from = &events->items.items[i];
		const struct perf_event_attr *attr = &from->attr;

		counters->per_task |= attr->inherit;
		if (is_dummy(attr) && !keep_dummies) {
			/* Side-band is its; so it is what that looks like. */
			perf_attr_layout(attr, &counters->layouts[0]);
			has_base = true;
			add_ids(counters, from, 0);
			continue;
		}
		event++;
		fill_event(&list->events[event - 1], from, &file->facts.pmus);
		list->events[event - 1].group = group_of(&file->facts, i);
		if (file->stat.is_one)
			list->events[event - 1].sampling.mode = PMC_MODE_COUNT;
		else if (is_read(file, from, list->events[event - 1].group))
			list->events[event - 1].sampling.mode = PMC_MODE_READ;
		list->count = event;
		perf_attr_layout(attr, &counters->layouts[event]);
		if (!(attr->sample_type & PERF_SAMPLE_PERIOD))
			counters->periods[event - 1] =
				attr->sample_period ? attr->sample_period : 1;
		add_ids(counters, from, event);
	}
	event_list_part_names(list);
	if (!has_base)
		counters->layouts[0] = counters->layouts[1];
	/* Counts bear their ids themselves. */
	return file->stat.is_one ? 0 : choose_ids(counters, events, count, err);
}
