/*
 * text.c - texts on a terminal; see text.h.
 *
 * Widths are base/format.h's, which follow the terminal's rules and not the locale's: a report
 * looks the same under LANG=C.
 */
#include "report/text.h"

#include <string.h>

#include "base/format.h"
#include "base/mem.h"

unsigned text_width(const char *text)
{
	unsigned width = 0, len, columns;
	uint32_t code;

	while ((len = pmc_format_char(text, &code, &columns)) > 0) {
		width += columns;
		text += len;
	}
	return width;
}

/* Bytes of the longest start of `text` that takes at most `width` columns; its columns to *used. */
static size_t fit_start(const char *text, unsigned width, unsigned *used)
{
	size_t bytes = 0;
	unsigned len, columns;
	uint32_t code;

	*used = 0;
	while ((len = pmc_format_char(text + bytes, &code, &columns)) > 0) {
		if (*used + columns > width)
			break;
		*used += columns;
		bytes += len;
	}
	return bytes;
}

char *text_clean(const char *text, unsigned width)
{
	size_t size = strlen(text) +
		      4; /* room for an ellipsis, which may be longer than what it replaces */

	return pmc_format_name(pmc_calloc(size, 1), size, text, width);
}

const char *text_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

enum text_tint text_share_tint(double share)
{
	if (share >= 0.10)
		return TEXT_HOT;
	if (share >= 0.05)
		return TEXT_WARM;
	return share >= 0.01 ? TEXT_MILD : TEXT_PLAIN;
}

void text_put(FILE *out, const struct pmc_style *style, enum text_tint tint, const char *text)
{
	static const char *const sequences[] = {
		[TEXT_TITLE] = "\033[1m", [TEXT_HOT] = "\033[31m", [TEXT_WARM] = "\033[33m",
		[TEXT_MILD] = "\033[32m", [TEXT_FAINT] = "\033[2m", [TEXT_ERROR] = "\033[1;31m",
		[TEXT_WARNING] = "\033[33m",
	};

	if (!style->color || tint == TEXT_PLAIN || !*text) {
		fputs(text, out);
		return;
	}
	fprintf(out, "%s%s\033[0m", sequences[tint], text);
}

void text_blanks(FILE *out, unsigned count)
{
	fprintf(out, "%*s", (int)count, "");
}

void text_paragraph(FILE *out, const struct pmc_style *style, enum text_tint tint,
		    const char *label, unsigned indent, const char *text)
{
	PMC_FREE char *clean = text_clean(text, 0);
	const char *at = clean;
	unsigned used, room;
	size_t bytes;

	/* A window of a few columns: the label gets a line of its own, and nothing is indented. */
	if (style->width && style->width < indent + 20) {
		if (*label) {
			PMC_FREE char *title = text_clean(label, style->width);

			text_put(out, style, tint, title);
			fputc('\n', out);
		}
		indent = 0;
	} else {
		unsigned wide = text_width(label);

		text_put(out, style, tint, label);
		text_blanks(out, wide < indent ? indent - wide : 0);
	}
	room = style->width ? style->width - indent : UINT32_MAX;
	for (;;) {
		const char *end;

		bytes = fit_start(at, room, &used);
		if (!bytes && *at)	/* a wide character in a window of one column */
			bytes = pmc_format_char(at, &(uint32_t){ 0 }, &(unsigned){ 0 });
		end = at + bytes;
		if (*end && *end != ' ') {
			const char *blank = end;

			while (blank > at && *blank != ' ')
				blank--;
			if (blank > at)
				end = blank;
		}
		fwrite(at, 1, (size_t)(end - at), out);
		fputc('\n', out);
		while (*end == ' ')
			end++;
		if (!*end)
			break;
		at = end;
		text_blanks(out, indent);
	}
}
