/*
 * encode.h - values for machines: CSV fields (RFC 4180) and JSON (RFC 8259).
 *
 * Texts are whatever a recorded program called its things. CSV keeps their bytes; JSON must be
 * UTF-8, so bytes that are not become U+FFFD.
 */
#ifndef PMC_REPORT_ENCODE_H
#define PMC_REPORT_ENCODE_H

#include <stdio.h>

#include "report/report.h"

/*
 * One field, quoted where it holds a quote, a comma or a line end. The caller writes "," and
 * "\r\n".
 */
void encode_csv(FILE *out, const char *text, size_t len);

/* A JSON string with its quotes. NULL writes null. */
void encode_json(FILE *out, const char *text);
void encode_json_len(FILE *out, const char *text, size_t len);

enum { ENCODE_REAL_SIZE = 40 };

/*
 * The shortest decimal text that reads back as the same number; always with a point or an exponent,
 * so that it stays a real one. Infinities, which JSON has none of, become ±9e999 as in SQLite.
 */
char *encode_real(char buf[ENCODE_REAL_SIZE], double value);

/* A cell of a query. Text tables and CSV show NULL as nothing; blobs are X'hex' in all. */
void encode_cell_csv(FILE *out, const struct pmc_cell *cell);
void encode_cell_json(FILE *out, const struct pmc_cell *cell);
/* As shown in a table; the caller frees. */
char *encode_cell_text(const struct pmc_cell *cell);

#endif
