/*
 * export_callgrind_text.c - writes a callgrind file; see export_callgrind.c for what is in it.
 *
 * Functions are sorted by module, file and name, lines by file and number, calls by callee. A name
 * is written once, as "(7) name", and "(7)" from then on. Line ends, other control characters and
 * bytes that are not UTF-8 become question marks.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "report/export_callgrind.h"
#include "report/text.h"

/* Names are numbered by kind: those of modules, files and functions have nothing to do with each
 * other. */
enum { MODULES, FILES, FUNCTIONS, KINDS };

struct writer {
	const struct callgrind *callgrind;
	FILE *out;
	uint32_t *ids[KINDS];		/* by string: number, 0: not written yet */
	uint32_t next[KINDS];
	uint32_t *line_order, *call_order;
};

static int compare_texts(const struct export_data *data, uint32_t a, uint32_t b)
{
	return a == b ? 0 : strcmp(export_text(data, a), export_text(data, b));
}

static int compare_functions(const struct callgrind *callgrind, uint32_t left, uint32_t right)
{
	const struct callgrind_function *a = &callgrind->functions.items[left];
	const struct callgrind_function *b = &callgrind->functions.items[right];
	int order;

	if (left == right)
		return 0;
	order = compare_texts(callgrind->data, a->module, b->module);
	if (!order)
		order = compare_texts(callgrind->data, a->file, b->file);
	if (!order)
		order = compare_texts(callgrind->data, a->name, b->name);
	return order ? order : (left > right) - (left < right);
}

static int compare_lines(const struct callgrind *callgrind, uint32_t left, uint32_t right)
{
	const struct callgrind_line *a = &callgrind->lines.items[left];
	const struct callgrind_line *b = &callgrind->lines.items[right];
	uint32_t own;
	int order;

	if (left == right)
		return 0;
	order = compare_functions(callgrind, a->function, b->function);
	if (order)
		return order;
	own = callgrind->functions.items[a->function].file;
	if ((a->file == own) != (b->file == own))
		return a->file == own ? -1 : 1;
	order = compare_texts(callgrind->data, a->file, b->file);
	return order ? order : (a->line > b->line) - (a->line < b->line);
}

static int sort_lines(const void *left, const void *right, void *callgrind)
{
	return compare_lines(callgrind, *(const uint32_t *)left, *(const uint32_t *)right);
}

static int sort_calls(const void *left, const void *right, void *arg)
{
	const struct callgrind *callgrind = arg;
	const struct callgrind_call *a = &callgrind->calls.items[*(const uint32_t *)left];
	const struct callgrind_call *b = &callgrind->calls.items[*(const uint32_t *)right];
	const int order = compare_lines(callgrind, a->line, b->line);

	return order ? order : compare_functions(callgrind, a->callee, b->callee);
}

static uint32_t *sorted(const struct callgrind *callgrind, size_t count,
			int (*compare)(const void *, const void *, void *))
{
	uint32_t *order = pmc_calloc(count + 1, sizeof(*order));

	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	if (count)
		qsort_r(order, count, sizeof(*order), compare, (void *)(uintptr_t)callgrind);
	return order;
}

/* ---- lines of the file ---- */

static void put_name(struct writer *writer, const char *key, int kind, uint32_t string)
{
	uint32_t *id = &writer->ids[kind][string];
	PMC_FREE char *name = NULL;

	if (*id) {
		fprintf(writer->out, "%s=(%" PRIu32 ")\n", key, *id);
		return;
	}
	*id = ++writer->next[kind];
	name = text_clean(export_text(writer->callgrind->data, string), 0);
	fprintf(writer->out, "%s=(%" PRIu32 ") %s\n", key, *id, *name ? name : "???");
}

static void put_costs(struct writer *writer, int64_t line, const int64_t *costs)
{
	const struct export_data *data = writer->callgrind->data;

	fprintf(writer->out, "%" PRId64, line);
	for (size_t e = 0; e < data->head.events_count; e++)
		fprintf(writer->out, " %" PRId64, export_value(data, e, costs[e]));
	fputc('\n', writer->out);
}

static void put_call(struct writer *writer, uint32_t index)
{
	const struct callgrind *callgrind = writer->callgrind;
	const struct callgrind_call *call = &callgrind->calls.items[index];
	const struct callgrind_function *callee = &callgrind->functions.items[call->callee];

	put_name(writer, "cob", MODULES, callee->module);
	put_name(writer, "cfi", FILES, callee->file);
	put_name(writer, "cfn", FUNCTIONS, callee->name);
	fprintf(writer->out, "calls=%" PRId64 " %" PRId64 "\n", call->samples,
		callee->line > 0 ? callee->line : 0);
	put_costs(writer, callgrind->lines.items[call->line].line,
		  &callgrind->call_costs[index * callgrind->data->head.events_count]);
}

/* Where the lines that follow are; `function` and `file` are those of the lines before. */
static void put_place(struct writer *writer, const struct callgrind_line *line,
		      uint32_t *function, uint32_t *file)
{
	const struct callgrind_function *of =
		&writer->callgrind->functions.items[line->function];

	if (line->function != *function) {
		fputc('\n', writer->out);
		put_name(writer, "ob", MODULES, of->module);
		put_name(writer, "fl", FILES, of->file);
		put_name(writer, "fn", FUNCTIONS, of->name);
		*function = line->function;
		*file = of->file;
	}
	if (line->file != *file)
		put_name(writer, line->file == of->file ? "fe" : "fi", FILES, line->file);
	*file = line->file;
}

/*
 * Lines and calls are sorted alike, so one pass over the lines meets functions and calls in their
 * order. Lines that cost nothing and call nothing that counts are left out.
 */
static void write_functions(struct writer *writer)
{
	const struct callgrind *callgrind = writer->callgrind;
	const struct callgrind_call *calls = callgrind->calls.items;
	const size_t events = callgrind->data->head.events_count;
	uint32_t function = UINT32_MAX, file = 0;
	size_t next = 0;

	for (size_t i = 0; i < callgrind->lines.count && !ferror(writer->out); i++) {
		const uint32_t index = writer->line_order[i];
		const struct callgrind_line *line = &callgrind->lines.items[index];

		if (line->has_cost) {
			put_place(writer, line, &function, &file);
			put_costs(writer, line->line, &callgrind->line_costs[index * events]);
		}
		for (; next < callgrind->calls.count; next++) {
			const uint32_t call = writer->call_order[next];

			if (calls[call].line != index)
				break;
			if (calls[call].samples <= 0)
				continue;
			put_place(writer, line, &function, &file);
			put_call(writer, call);
		}
	}
}

/* ---- head and totals ---- */

/* Names of events are letters, digits and _ there. */
static void put_event(FILE *out, const char *name)
{
	fputs(isalpha((unsigned char)*name) ? "" : "e", out);
	for (; *name; name++)
		fputc(isalnum((unsigned char)*name) ? *name : '_', out);
}

static void put_head_line(struct writer *writer, const char *key, uint32_t string)
{
	PMC_FREE char *text = text_clean(export_text(writer->callgrind->data, string), 0);

	if (*text)
		fprintf(writer->out, "%s%s\n", key, text);
}

static void write_head(struct writer *writer)
{
	const struct profile *head = &writer->callgrind->data->head;

	fputs("# callgrind format\nversion: 1\ncreator: pmc-" PMC_VERSION "\n", writer->out);
	put_head_line(writer, "cmd: ", head->session.command);
	fprintf(writer->out, "desc: Session: %" PRId64 "\n", head->session.id);
	put_head_line(writer, "desc: Label: ", head->session.label);
	put_head_line(writer, "desc: Machine: ", head->session.hostname);
	put_head_line(writer, "desc: CPU: ", head->session.cpu);
	fputs("positions: line\n", writer->out);
	for (size_t e = 0; e < head->events_count; e++) {
		PMC_FREE char *name = text_clean(profile_text(head, head->events[e].name), 0);

		fputs("event: ", writer->out);
		put_event(writer->out, name);
		fprintf(writer->out, " : %s%s\n", name, head->events[e].is_time ? " (ns)" : "");
	}
	fputs("events:", writer->out);
	for (size_t e = 0; e < head->events_count; e++) {
		fputc(' ', writer->out);
		put_event(writer->out, profile_text(head, head->events[e].name));
	}
	fputc('\n', writer->out);
}

static void write_totals(struct writer *writer, const char *key)
{
	const struct callgrind *callgrind = writer->callgrind;
	const size_t events = callgrind->data->head.events_count;

	fputs(key, writer->out);
	for (size_t e = 0; e < events; e++) {
		int64_t sum = 0;

		for (size_t i = 0; i < callgrind->lines.count; i++)
			sum = export_add(sum, export_value(callgrind->data, e,
						callgrind->line_costs[i * events + e]));
		fprintf(writer->out, " %" PRId64, sum);
	}
	fputc('\n', writer->out);
}

void callgrind_write(const struct callgrind *callgrind, FILE *out)
{
	const size_t strings = pmc_strings_count(callgrind->data->head.pool);
	struct writer writer = { .callgrind = callgrind, .out = out };

	for (int kind = 0; kind < KINDS; kind++)
		writer.ids[kind] = pmc_calloc(strings + 1, sizeof(*writer.ids[kind]));
	writer.line_order = sorted(callgrind, callgrind->lines.count, sort_lines);
	writer.call_order = sorted(callgrind, callgrind->calls.count, sort_calls);
	write_head(&writer);
	write_totals(&writer, "summary:");
	write_functions(&writer);
	fputc('\n', out);
	write_totals(&writer, "totals:");
	for (int kind = 0; kind < KINDS; kind++)
		free(writer.ids[kind]);
	free(writer.line_order);
	free(writer.call_order);
}
