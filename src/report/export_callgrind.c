/*
 * export_callgrind.c - a session as a callgrind file: KCachegrind and callgrind_annotate open it.
 *
 * Job: what each line of each function cost, and what was spent under each call.
 * Not here: paths (export_paths.c).
 *
 *   ob= fl= fn=        a function: path of its module, file of its declaration, name
 *   fi= / fe=          lines that follow are of another file / of the function's own again
 *   12 300             line 12 itself cost 300
 *   cob= cfi= cfn=     it calls this function,
 *   calls=7 40         … which is declared in line 40; 7 samples hit below it
 *   12 900             … from line 12, and all below that call cost 900
 *
 * A function may be on a stack several times. Only its innermost call counts: then what a function
 * costs itself and what its calls cost are never more than what there is, and no sample is counted
 * twice for a function.
 *
 *   main ─► walk ─► walk ─► leaf      main ─► walk, (inner) walk ─► leaf; not walk ─► walk
 *
 * Functions that were inlined are functions that are called like others. Loses: threads, time,
 * addresses, which functions were inlined; calls are not counted, so they are numbers of samples.
 */
#include "report/export_callgrind.h"

#include <inttypes.h>
#include <string.h>

#include "report/export.h"
#include "report/text.h"

/* ---- what is told apart ---- */

static bool same_function(const struct callgrind_function *a, const struct callgrind_function *b)
{
	return a->name == b->name && a->module == b->module && a->file == b->file;
}

static uint32_t find_function(struct callgrind *callgrind, uint32_t index)
{
	const struct export_data *data = callgrind->data;
	const struct stacks_function *row = &data->stacks.functions.items[index];
	const uint32_t module = data->function_modules[index];
	const struct callgrind_function key = {
		.name = row->function, .file = row->file, .line = row->line,
		.module = module == STACKS_NONE ? row->module : data->modules.items[module].path,
	};
	const uint64_t hash = pmc_hash_2(pmc_hash_2(key.name, key.module), key.file);
	uint32_t step = 0, function;

	while ((function = pmc_index_next(&callgrind->function_index, hash, &step)) != UINT32_MAX)
		if (same_function(&callgrind->functions.items[function], &key))
			return function;
	function = (uint32_t)callgrind->functions.count;
	*pmc_array_add(&callgrind->functions) = key;
	pmc_index_add(&callgrind->function_index, hash, function);
	return function;
}

/* A line of a function: what paths are told apart by. */
static uint32_t find_line(struct callgrind *callgrind, uint32_t function,
			  const struct export_line *at)
{
	const uint64_t hash = pmc_hash_2(pmc_hash_2(function, at->file), (uint64_t)at->line);
	uint32_t step = 0, line;

	while ((line = pmc_index_next(&callgrind->line_index, hash, &step)) != UINT32_MAX) {
		const struct callgrind_line *row = &callgrind->lines.items[line];

		if (row->function == function && row->file == at->file && row->line == at->line)
			return line;
	}
	line = (uint32_t)callgrind->lines.count;
	*pmc_array_add(&callgrind->lines) = (struct callgrind_line){
		.function = function, .file = at->file, .line = at->line,
	};
	pmc_index_add(&callgrind->line_index, hash, line);
	return line;
}

static uint32_t *make_keys(struct callgrind *callgrind)
{
	const struct export_data *data = callgrind->data;
	const size_t count = data->stacks.frames.count;
	uint32_t *keys = pmc_calloc(count + 1, sizeof(*keys));
	PMC_FREE uint32_t *functions =
		pmc_calloc(data->stacks.functions.count + 1, sizeof(*functions));

	for (uint32_t i = 0; i < data->stacks.functions.count; i++)
		functions[i] = find_function(callgrind, i);
	for (size_t i = 0; i < count; i++) {
		const uint32_t function = functions[data->stacks.frames.items[i]];
		struct export_line at = data->lines[i];

		/* Where a line is not known, neither is that its file is another one. */
		if (!*export_text(data, at.file) || at.line <= 0)
			at = (struct export_line){
				.file = callgrind->functions.items[function].file };
		keys[i] = find_line(callgrind, function, &at);
	}
	return keys;
}

static uint32_t find_call(struct callgrind *callgrind, uint32_t line, uint32_t callee)
{
	const uint64_t hash = pmc_hash_2(line, callee);
	uint32_t step = 0, call;

	while ((call = pmc_index_next(&callgrind->call_index, hash, &step)) != UINT32_MAX) {
		if (callgrind->calls.items[call].line == line &&
		    callgrind->calls.items[call].callee == callee)
			return call;
	}
	call = (uint32_t)callgrind->calls.count;
	*pmc_array_add(&callgrind->calls) = (struct callgrind_call){ .line = line,
								     .callee = callee };
	pmc_index_add(&callgrind->call_index, hash, call);
	return call;
}

/* ---- sums ---- */

static uint32_t function_of(const struct callgrind *callgrind, uint32_t path)
{
	return callgrind->lines.items[callgrind->paths.items.items[path].key].function;
}

static void add(int64_t *sums, const int64_t *values, size_t events)
{
	for (size_t e = 0; e < events; e++)
		sums[e] = export_add(sums[e], values[e]);
}

/* One path's own costs: to its line, and to the innermost call of each function above. */
static void spread(struct callgrind *callgrind, uint32_t path, const int64_t *values,
		   int64_t samples, uint32_t round)
{
	const struct export_path *paths = callgrind->paths.items.items;
	const size_t events = callgrind->data->head.events_count;
	uint32_t below = path;

	add(&callgrind->line_costs[paths[path].key * events], values, events);
	callgrind->lines.items[paths[path].key].has_cost = true;
	callgrind->seen[function_of(callgrind, path)] = round;
	while (paths[below].parent != PATH_NONE) {
		const uint32_t above = paths[below].parent;
		const uint32_t function = function_of(callgrind, above);

		if (callgrind->seen[function] != round) {
			const uint32_t call = callgrind->call_of[below];

			callgrind->seen[function] = round;
			add(&callgrind->call_costs[call * events], values, events);
			callgrind->calls.items[call].samples =
				export_add(callgrind->calls.items[call].samples, samples);
		}
		below = above;
	}
}

/* Raw costs of each path, then all at once upwards: a path is walked once for all events. */
static void add_up(struct callgrind *callgrind)
{
	const struct export_data *data = callgrind->data;
	const struct export_paths *paths = &callgrind->paths;
	const size_t events = data->head.events_count, count = paths->items.count;
	PMC_FREE int64_t *values = pmc_calloc(count * events + 1, sizeof(*values));
	PMC_FREE int64_t *samples = pmc_calloc(count + 1, sizeof(*samples));

	for (size_t i = 0; i < data->stacks.costs.count; i++) {
		const struct stacks_cost *cost = &data->stacks.costs.items[i];
		const uint32_t path = paths->of_cost[i];
		int64_t *value;

		if (path == PATH_NONE)
			continue;
		value = &values[path * events + cost->event];
		*value = export_add(*value, cost->value);
		samples[path] = export_add(samples[path], cost->samples);
	}
	callgrind->call_of = pmc_calloc(count + 1, sizeof(*callgrind->call_of));
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t parent = paths->items.items[i].parent;

		if (parent != PATH_NONE)
			callgrind->call_of[i] = find_call(callgrind,
							  paths->items.items[parent].key,
							  function_of(callgrind, i));
	}
	callgrind->line_costs = pmc_calloc(callgrind->lines.count * events + 1,
					   sizeof(*callgrind->line_costs));
	callgrind->call_costs = pmc_calloc(callgrind->calls.count * events + 1,
					   sizeof(*callgrind->call_costs));
	callgrind->seen = pmc_calloc(callgrind->functions.count + 1, sizeof(*callgrind->seen));
	for (uint32_t i = 0; i < count; i++) {
		if (samples[i])
			spread(callgrind, i, &values[i * events], samples[i], i + 1);
	}
}

void callgrind_build(struct callgrind *callgrind, const struct export_data *data)
{
	PMC_FREE uint32_t *keys = NULL;

	memset(callgrind, 0, sizeof(*callgrind));
	callgrind->data = data;
	keys = make_keys(callgrind);
	export_paths_build(&callgrind->paths, data, keys);
	add_up(callgrind);
}

void callgrind_fini(struct callgrind *callgrind)
{
	pmc_array_free(&callgrind->functions);
	pmc_array_free(&callgrind->lines);
	pmc_array_free(&callgrind->calls);
	pmc_index_fini(&callgrind->function_index);
	pmc_index_fini(&callgrind->line_index);
	pmc_index_fini(&callgrind->call_index);
	export_paths_fini(&callgrind->paths);
	free(callgrind->line_costs);
	free(callgrind->call_costs);
	free(callgrind->call_of);
	free(callgrind->seen);
}

int export_callgrind(struct pmc_store *store, const struct pmc_export_opts *opts, FILE *out,
		     struct pmc_err *err)
{
	struct export_data data;
	int status = export_data_load(&data, store, opts, false, "callgrind", err);

	if (!status) {
		struct callgrind callgrind;

		callgrind_build(&callgrind, &data);
		callgrind_write(&callgrind, out);
		callgrind_fini(&callgrind);
	}
	export_data_fini(&data);
	return status;
}
