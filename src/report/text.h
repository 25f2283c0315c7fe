/*
 * text.h - texts on a terminal: how wide they are, made harmless, padded, wrapped.
 *
 * Everything that came from a recorded program (names, commands, paths) passes through here before
 * it reaches a terminal. Not here: tables (table.h); encoding for machines (encode.h).
 */
#ifndef PMC_REPORT_TEXT_H
#define PMC_REPORT_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include "report/report.h"

/* Tints; what they look like is decided in text.c alone. */
enum text_tint {
	TEXT_PLAIN,
	TEXT_TITLE,	/* headings */
	TEXT_HOT,	/* at least a tenth of everything */
	TEXT_WARM,	/* at least a twentieth */
	TEXT_MILD,	/* at least a hundredth */
	TEXT_FAINT,	/* what is there but says little */
	TEXT_ERROR,
	TEXT_WARNING,
};

/* Columns a text takes on a terminal: combining characters 0, East Asian wide ones and emoji 2. */
unsigned text_width(const char *text);

/*
 * A copy that is harmless to print (pmc_format_name()'s rules), at most `width` columns with its
 * middle replaced by "…" (0: as long as it is). The caller frees.
 */
char *text_clean(const char *text, unsigned width);

/* The part of a path after its last slash; the path itself where that is empty. Borrowed. */
const char *text_base_name(const char *path);

/* Writes `text`, tinted where the style has colour; and blanks. */
void text_put(FILE *out, const struct pmc_style *style, enum text_tint tint, const char *text);
void text_blanks(FILE *out, unsigned count);

/*
 * Writes a paragraph "label  text" with lines of at most style->width columns: breaks at blanks,
 * and inside words that are longer than a line; later lines are indented to below the text's
 * start. Width 0: one line. The text is made harmless.
 */
void text_paragraph(FILE *out, const struct pmc_style *style, enum text_tint tint,
		    const char *label, unsigned indent, const char *text);

/* The tint for a share (0..1) of everything. */
enum text_tint text_share_tint(double share);

#endif
