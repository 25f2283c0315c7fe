/*
 * flame_svg.c - writes a flame graph as one file that needs no other: a picture (SVG), or a page
 * with the same picture in it (HTML).
 *
 *   <svg>  <style>      flame.css
 *          still        the whole graph as it is without scripts, frames wider than half a pixel
 *          head         title, event, note, legend
 *          <metadata>   all frames, as JSON
 *          <script>     flame.js: takes the still away and draws from the data
 *
 * Texts are whatever a recorded program called its things. They get into the file in two ways, both
 * here: put_text() as escaped text of XML (no text is ever put into a tag or a script), and
 * put_json(), without any character that ends an element. The page's policy admits that one style
 * and that one script, by their hashes, and no address.
 *
 * Not here: which frames there are (flame_build.c); what clicks do (flame.js).
 */
#include "report/flame.h"

#include <inttypes.h>
#include <string.h>

#include "base/format.h"
#include "report/flame_assets.h"
#include "report/text.h"

enum { WIDTH = 1200, PAD = 10, ROW = 17, HEAD = 108, NOTE = 16 };
#define CHAR_WIDTH 7.3	/* of 12 px monospace; flame.js measures it */
#define NARROWEST 0.5	/* as in flame.js */

static const struct {
	char letter;	/* of its classes in flame.css */
	const char *name;
} kinds[FLAME_KINDS] = {
	[FLAME_ALL] = { 'a', "all" },
	[FLAME_TASK] = { 't', "thread" },
	[FLAME_KERNEL] = { 'k', "kernel" },
	[FLAME_OWN] = { 'o', "program" },
	[FLAME_LIBRARY] = { 'l', "library" },
	[FLAME_JIT] = { 'j', "generated code" },
	[FLAME_UNKNOWN] = { 'x', "unknown" },
};

static const char no_name[] = "[unknown]";

/* ---- texts ---- */

/* U+FFFE and U+FFFF may be in no XML. */
static bool is_forbidden(const char *text)
{
	return !memcmp(text, "\xef\xbf", 2) &&
	       ((unsigned char)text[2] == 0xbe || (unsigned char)text[2] == 0xbf);
}

/* A text as XML, without controls, escapes and what is no UTF-8; cut to so many columns; 0: not. */
static void put_text(FILE *out, const char *text, unsigned columns)
{
	PMC_FREE char *clean = text_clean(text, 0);
	unsigned used = 0, len, width;
	uint32_t code;

	for (const char *at = clean; *at; at += len) {
		len = pmc_format_char(at, &code, &width);
		used += width;
		if (columns && used >= columns && at[len]) {
			fputs("…", out);
			break;
		}
		if (*at == '<')
			fputs("&lt;", out);
		else if (*at == '>')
			fputs("&gt;", out);
		else if (*at == '&')
			fputs("&amp;", out);
		else if (*at == '"')
			fputs("&quot;", out);
		else if (*at == '\'')
			fputs("&#39;", out);
		else if (len == 3 && is_forbidden(at))
			fputc('?', out);
		else
			fwrite(at, 1, len, out);
	}
}

/* The same as a string of JSON, in which no character means anything to XML. */
static void put_json(FILE *out, const char *text)
{
	PMC_FREE char *clean = text_clean(text, 0);

	fputc('"', out);
	for (const char *at = clean; *at; at++) {
		if (strchr("<>&\"'\\", *at)) {
			fprintf(out, "\\u%04x", (unsigned)*at);
		} else if (is_forbidden(at)) {
			fputc('?', out);
			at += 2;
		} else {
			fputc(*at, out);
		}
	}
	fputc('"', out);
}

static char *format_value(char buf[PMC_FORMAT_SIZE], const struct flame_look *look, int64_t value)
{
	return look->is_time ? pmc_format_ns(buf, (double)value) :
			       pmc_format_count(buf, (double)value);
}

/* ---- what frames are called and look like ---- */

static const struct tree_function *function_of(const struct flame *flame,
					       const struct flame_frame *frame)
{
	return frame->function == FLAME_NONE ? NULL :
					       &flame->tree->functions.items[frame->function];
}

static const char *name_of(const struct flame *flame, const struct tree_function *function)
{
	const char *name = function ? tree_text(flame->tree, function->function) : "all";

	return *name ? name : no_name;
}

static enum flame_kind kind_of(const struct flame *flame, const struct tree_function *function)
{
	return function ? flame_kind_of(flame->tree, function) : FLAME_ALL;
}

/* Neighbours differ, and a function looks the same in every picture. */
static unsigned shade_of(const struct flame *flame, const struct tree_function *function)
{
	const char *name = name_of(flame, function);

	return function ? (unsigned)(pmc_hash_bytes(name, strlen(name)) % 3) : 0;
}

static double share_of(const struct flame *flame, int64_t value)
{
	const int64_t all = flame->frames.items[0].total;

	return all > 0 ? (double)value / (double)all : 0;
}

/* Height of what stands above the frames. */
static int head_of(const struct flame_look *look)
{
	return HEAD + (look->note ? NOTE : 0);
}

/* ---- the still ---- */

static void put_frame(const struct flame *flame, const struct flame_look *look,
		      const struct flame_frame *frame, FILE *out)
{
	const struct tree_function *function = function_of(flame, frame);
	const double unit = flame->frames.items[0].total > 0 ?
		(WIDTH - 2 * PAD) / (double)flame->frames.items[0].total : 0;
	const double x = PAD + frame->start * unit;
	const double width = function ? (double)frame->total * unit : WIDTH - 2 * PAD;
	const uint32_t row = look->icicle ? frame->depth : flame->rows - 1 - frame->depth;
	const double y = head_of(look) + (double)row * ROW;
	char value[PMC_FORMAT_SIZE];

	if (width < NARROWEST)
		return;
	fprintf(out, "<g><title>");
	put_text(out, name_of(flame, function), 0);
	if (function && function->module) {
		fputs(" (", out);
		put_text(out, tree_text(flame->tree, function->module), 0);
		fputs(frame->inlined ? ", inlined)" : ")", out);
	}
	fprintf(out, "\n%.2f %%, %s in %" PRId64 " samples</title>",
		share_of(flame, frame->total) * 100, format_value(value, look, frame->total),
		frame->samples);
	fprintf(out, "<rect class=\"%c%u%s\" x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%d\"/>",
		kinds[kind_of(flame, function)].letter, shade_of(flame, function),
		frame->inlined ? "i" : "", x, y, width > 3 ? width - 1 : width, ROW - 1);
	if (width >= 3 * CHAR_WIDTH + 7) {
		fprintf(out, "<text x=\"%.2f\" y=\"%.0f\">", x + 3, y + ROW - 5);
		put_text(out, name_of(flame, function), (unsigned)((width - 7) / CHAR_WIDTH));
		fputs("</text>", out);
	}
	fputs("</g>\n", out);
}

static void put_still(const struct flame *flame, const struct flame_look *look, FILE *out)
{
	fputs("<g id=\"still\" class=\"frame-text\">\n", out);
	for (size_t i = 0; i < flame->frames.count && !ferror(out); i++)
		put_frame(flame, look, &flame->frames.items[i], out);
	fputs("</g>\n", out);
}

/* ---- the head ---- */

static void put_line(FILE *out, const char *class, int y, const char *text, unsigned columns)
{
	fprintf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\" data-full=\"", class, PAD, y);
	put_text(out, text, 0);
	fputs("\">", out);
	put_text(out, text, columns);
	fputs("</text>\n", out);
}

static void put_legend(const struct flame *flame, int y, FILE *out)
{
	bool seen[FLAME_KINDS] = { false }, inlined = false;
	int x = PAD;

	for (size_t i = 1; i < flame->frames.count; i++) {
		const struct flame_frame *frame = &flame->frames.items[i];

		seen[kind_of(flame, function_of(flame, frame))] = true;
		inlined |= frame->inlined;
	}
	fputs("<g class=\"legend\">\n", out);
	for (int kind = FLAME_ALL + 1; kind < FLAME_KINDS; kind++) {
		if (!seen[kind])
			continue;
		fprintf(out, "<rect class=\"%c0\" x=\"%d\" y=\"%d\" width=\"12\" height=\"12\"/>"
			"<text x=\"%d\" y=\"%d\">%s</text>\n", kinds[kind].letter, x, y, x + 17,
			y + 10, kinds[kind].name);
		x += 40 + (int)strlen(kinds[kind].name) * 7;
	}
	if (inlined)
		fprintf(out, "<rect class=\"o0i\" x=\"%d\" y=\"%d\" width=\"6\" height=\"12\"/>"
			"<rect class=\"l0i\" x=\"%d\" y=\"%d\" width=\"6\" height=\"12\"/>"
			"<text x=\"%d\" y=\"%d\">inlined: lighter</text>\n", x, y, x + 6, y, x + 17,
			y + 10);
	fputs("</g>\n", out);
}

static void put_head(const struct flame *flame, const struct flame_look *look, FILE *out)
{
	const int height = head_of(look);

	fprintf(out, "<g id=\"head\">\n<rect id=\"ground\" class=\"ground\" width=\"%d\" "
		"height=\"%d\"/>\n", WIDTH, height - 6);
	put_line(out, "title", 24, look->title, 135);
	put_line(out, "line", 42, look->subtitle, 170);
	if (look->note)
		put_line(out, "line", 58, look->note, 170);
	put_legend(flame, height - 56, out);
	fprintf(out, "<line id=\"rule\" class=\"rule\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n",
		PAD, WIDTH - PAD, height - 6, height - 6);
	fputs("</g>\n", out);
}

/* ---- the data ---- */

/* Texts and functions that frames use, numbered in the order of their first use. */
struct numbers {
	uint32_t *names, *functions;	/* by id: number + 1; 0: not used */
	PMC_ARRAY(uint32_t) name_ids;	/* by number; those of "all" and no_name are 0 */
	PMC_ARRAY(uint32_t) function_ids;	/* by number; FLAME_NONE: frame 0 */
};

enum { NAME_ALL, NAME_NONE, NAMES_FIXED };

static uint32_t number_name(struct numbers *numbers, const struct tree *tree, uint32_t id)
{
	if (!*tree_text(tree, id))
		return NAME_NONE;
	if (!numbers->names[id]) {
		*pmc_array_add(&numbers->name_ids) = id;
		numbers->names[id] = (uint32_t)numbers->name_ids.count;
	}
	return numbers->names[id] - 1;
}

static void number_functions(struct numbers *numbers, const struct flame *flame)
{
	for (int i = 0; i < NAMES_FIXED; i++)
		*pmc_array_add(&numbers->name_ids) = 0;
	*pmc_array_add(&numbers->function_ids) = FLAME_NONE;
	for (size_t i = 1; i < flame->frames.count; i++) {
		const uint32_t id = flame->frames.items[i].function;

		if (numbers->functions[id])
			continue;
		*pmc_array_add(&numbers->function_ids) = id;
		numbers->functions[id] = (uint32_t)numbers->function_ids.count;
		number_name(numbers, flame->tree, flame->tree->functions.items[id].function);
		number_name(numbers, flame->tree, flame->tree->functions.items[id].module);
	}
}

/* [name, module, class]; module 0 (which is "all"): none. */
static void put_functions(const struct flame *flame, struct numbers *numbers, FILE *out)
{
	fputs(",\n\"functions\": [[0,0,\"a0\"]", out);
	for (size_t i = 1; i < numbers->function_ids.count; i++) {
		const struct tree_function *function =
			&flame->tree->functions.items[numbers->function_ids.items[i]];

		fprintf(out, ",\n[%u,%u,\"%c%u\"]",
			number_name(numbers, flame->tree, function->function),
			function->module ? number_name(numbers, flame->tree, function->module) : 0,
			kinds[kind_of(flame, function)].letter, shade_of(flame, function));
	}
	fputs("]", out);
}

enum column { DEPTH, FUNCTION, INLINED, TOTAL, SELF, SAMPLES, COLUMNS };

static int64_t column_value(const struct flame_frame *frame, const struct numbers *numbers,
			    enum column column)
{
	switch (column) {
	case DEPTH:
		return frame->depth;
	case FUNCTION:
		return frame->function == FLAME_NONE ? 0 : numbers->functions[frame->function] - 1;
	case INLINED:
		return frame->inlined;
	case TOTAL:
		return frame->total;
	case SELF:
		return frame->self;
	case SAMPLES:
		return frame->samples;
	case COLUMNS:
		break;
	}
	return 0;
}

static void put_columns(const struct flame *flame, const struct numbers *numbers, FILE *out)
{
	static const char *const names[COLUMNS] = { "depth", "function", "inlined",
						    "total", "self",	 "samples" };

	fputs(",\n\"frames\": {", out);
	for (int column = 0; column < COLUMNS; column++) {
		fprintf(out, "%s\n\"%s\": [", column ? "," : "", names[column]);
		for (size_t i = 0; i < flame->frames.count && !ferror(out); i++)
			fprintf(out, i ? ",%" PRId64 : "%" PRId64,
				column_value(&flame->frames.items[i], numbers, column));
		fputs("]", out);
	}
	fputs("}", out);
}

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

static void put_data(const struct flame *flame, const struct flame_look *look, FILE *out)
{
	const struct tree *tree = flame->tree;
	struct numbers numbers = {
		.names = pmc_calloc((size_t)pmc_strings_count(tree->head.pool) + 1,
				    sizeof(*numbers.names)),
		.functions = pmc_calloc(tree->functions.count + 1, sizeof(*numbers.functions)),
	};

	number_functions(&numbers, flame);
	fputs("<metadata id=\"pmc-flame-data\">{\"event\": ", out);
	put_json(out, look->event);
	fprintf(out, ", \"is_time\": %s, \"icicle\": %s, \"reverse\": %s,\n\"rows\": %u, "
		"\"row\": %d, \"pad\": %d, \"top\": %d,\n\"kinds\": {",
		truth(look->is_time), truth(look->icicle), truth(look->reverse), flame->rows, ROW,
		PAD, head_of(look));
	for (int kind = 0; kind < FLAME_KINDS; kind++)
		fprintf(out, "%s\"%c\": \"%s\"", kind ? ", " : "", kinds[kind].letter,
			kinds[kind].name);
	fprintf(out, "},\n\"names\": [\"all\",\n\"%s\"", no_name);
	for (size_t i = NAMES_FIXED; i < numbers.name_ids.count; i++) {
		fputs(",\n", out);
		put_json(out, tree_text(tree, numbers.name_ids.items[i]));
	}
	fputs("]", out);
	put_functions(flame, &numbers, out);
	put_columns(flame, &numbers, out);
	fputs("}</metadata>\n", out);
	free(numbers.names);
	free(numbers.functions);
	pmc_array_free(&numbers.name_ids);
	pmc_array_free(&numbers.function_ids);
}

/* ---- the file ---- */

static void put_svg(const struct flame *flame, const struct flame_look *look, FILE *out)
{
	const double height = head_of(look) + (double)flame->rows * ROW + PAD;

	fprintf(out, "<svg id=\"pmc-flame\" xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%.0f\" viewBox=\"0 0 %d %.0f\" aria-label=\"", WIDTH, height, WIDTH,
		height);
	put_text(out, look->title, 0);
	fputs("\">\n", out);
	if (!look->html) {
		fputs("<title>", out);
		put_text(out, look->title, 0);
		fputs("</title>\n", out);
	}
	fprintf(out, "<style><![CDATA[%s]]></style>\n", flame_style);
	put_head(flame, look, out);
	put_still(flame, look, out);
	put_data(flame, look, out);
	fprintf(out, "<script><![CDATA[%s]]></script>\n</svg>\n", flame_script);
}

void flame_svg(const struct flame *flame, const struct flame_look *look, FILE *out)
{
	if (!look->html) {
		fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
		put_svg(flame, look, out);
		return;
	}
	fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"script-src 'sha256-%s'; style-src 'sha256-%s'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
		flame_script_sha256, flame_style_sha256);
	put_text(out, look->title, 0);
	fputs("</title>\n</head>\n<body>\n", out);
	put_svg(flame, look, out);
	fputs("</body>\n</html>\n", out);
}
