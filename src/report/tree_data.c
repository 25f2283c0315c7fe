/*
 * tree_data.c - a tree for programs: CSV and JSON.
 *
 * Job: a row an event and node, in preorder, with the columns of the view call_tree and shares. Ids
 * number the nodes of this output; parents come before their children.
 */
#include <inttypes.h>
#include <string.h>

#include "report/encode.h"
#include "report/report_print.h"
#include "report/tree_print.h"

enum { ID, PARENT, DEPTH, MODULE, FUNCTION, INLINED, SAMPLES, SELF, TOTAL, SELF_SHARE, TOTAL_SHARE,
       FIELDS };

static const char *const names[FIELDS] = {
	[ID] = "id", [PARENT] = "parent_id", [DEPTH] = "depth", [MODULE] = "module",
	[FUNCTION] = "function", [INLINED] = "inlined", [SAMPLES] = "samples", [SELF] = "self",
	[TOTAL] = "total", [SELF_SHARE] = "self_share", [TOTAL_SHARE] = "total_share",
};

static struct pmc_cell text_cell(const struct tree *tree, uint32_t id)
{
	const char *text = tree_text(tree, id);

	return (struct pmc_cell){ .type = id ? PMC_CELL_TEXT : PMC_CELL_NULL, .text = text,
				  .len = strlen(text) };
}

static struct pmc_cell int_cell(int64_t value)
{
	return (struct pmc_cell){ .type = PMC_CELL_INT, .integer = value };
}

static struct pmc_cell share_cell(int64_t value, int64_t sum)
{
	return (struct pmc_cell){ .type = PMC_CELL_REAL,
				  .real = sum > 0 ? (double)value / (double)sum : 0 };
}

static struct pmc_cell field_cell(const struct tree *tree, uint32_t index, size_t e, int field)
{
	const struct tree_node *node = &tree->nodes.items[index];
	const struct tree_function *function = &tree->functions.items[node->function];
	const struct tree_cell *cell = tree_cell(tree, index, e);

	switch (field) {
	case ID:
		return int_cell(index + (int64_t)1);
	case PARENT:
		return node->parent == TREE_NONE ? (struct pmc_cell){ 0 } :
						   int_cell(node->parent + (int64_t)1);
	case DEPTH:
		return int_cell(node->depth);
	case MODULE:
		return text_cell(tree, function->module);
	case FUNCTION:
		return text_cell(tree, function->function);
	case INLINED:
		return int_cell(node->inlined);
	case SAMPLES:
		return int_cell(cell->samples);
	case SELF:
		return int_cell(cell->self);
	case TOTAL:
		return int_cell(cell->total);
	case SELF_SHARE:
		return share_cell(cell->self, tree->sums[e].total);
	default:
		return share_cell(cell->total, tree->sums[e].total);
	}
}

static size_t nodes_shown(const struct tree *tree, const struct pmc_report_opts *opts)
{
	return opts->limit && opts->limit < tree->nodes.count ? opts->limit : tree->nodes.count;
}

void tree_csv_print(const struct tree *tree, const struct pmc_report_opts *opts, FILE *out)
{
	const size_t shown = nodes_shown(tree, opts);

	fputs("session_id,event", out);
	for (int field = 0; field < FIELDS; field++)
		fprintf(out, ",%s", names[field]);
	fputs("\r\n", out);
	for (uint32_t i = 0; i < shown && !ferror(out); i++) {
		for (size_t e = 0; e < tree->head.events_count; e++) {
			struct pmc_cell cell = text_cell(tree, tree->head.events[e].name);

			if (!tree_cell(tree, i, e)->total_samples)
				continue;
			fprintf(out, "%" PRId64 ",", tree->head.session.id);
			encode_cell_csv(out, &cell);
			for (int field = 0; field < FIELDS; field++) {
				cell = field_cell(tree, i, e, field);
				fputc(',', out);
				encode_cell_csv(out, &cell);
			}
			fputs("\r\n", out);
		}
	}
}

void tree_json_print(const struct tree *tree, const struct pmc_report_opts *opts, FILE *out)
{
	const size_t shown = nodes_shown(tree, opts);
	bool first = true;

	fputs("{\n", out);
	report_json_head(&tree->head, out);
	fputs(",\n  \"rows\": [", out);
	for (uint32_t i = 0; i < shown && !ferror(out); i++) {
		for (size_t e = 0; e < tree->head.events_count; e++) {
			if (!tree_cell(tree, i, e)->total_samples)
				continue;
			fputs(first ? "\n    {\"event\": " : ",\n    {\"event\": ", out);
			encode_json(out, tree_text(tree, tree->head.events[e].name));
			for (int field = 0; field < FIELDS; field++) {
				const struct pmc_cell cell = field_cell(tree, i, e, field);

				fprintf(out, ", \"%s\": ", names[field]);
				encode_cell_json(out, &cell);
			}
			fputc('}', out);
			first = false;
		}
	}
	fputs("\n  ]\n}\n", out);
}
