/*
 * encode.c - CSV fields and JSON values; see encode.h.
 */
#include "report/encode.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/format.h"
#include "base/mem.h"

void encode_csv(FILE *out, const char *text, size_t len)
{
	bool quote = false;

	for (size_t i = 0; i < len && !quote; i++)
		quote = strchr("\",\r\n", text[i]) && text[i];
	if (!quote) {
		fwrite(text, 1, len, out);
		return;
	}
	fputc('"', out);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			fputc('"', out);
		fputc(text[i], out);
	}
	fputc('"', out);
}

void encode_json_len(FILE *out, const char *text, size_t len)
{
	fputc('"', out);
	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)text[i];
		uint32_t code = 0;
		unsigned bytes = 1, columns;

		if (c == '"' || c == '\\') {
			fprintf(out, "\\%c", c);
		} else if (c == '\n') {
			fputs("\\n", out);
		} else if (c == '\t') {
			fputs("\\t", out);
		} else if (c < 0x20 || c == 0x7f) {
			fprintf(out, "\\u%04x", c);
		} else if (c < 0x80) {
			fputc(c, out);
		} else {
			/* Texts have a NUL behind them: a sequence cut short ends there. */
			bytes = pmc_format_char(text + i, &code, &columns);
			if (bytes == 1 || i + bytes > len) {
				fputs("\xef\xbf\xbd", out);
				bytes = 1;
			} else {
				fwrite(text + i, 1, bytes, out);
			}
		}
		i += bytes;
	}
	fputc('"', out);
}

void encode_json(FILE *out, const char *text)
{
	if (text)
		encode_json_len(out, text, strlen(text));
	else
		fputs("null", out);
}

char *encode_real(char buf[ENCODE_REAL_SIZE], double value)
{
	if (isnan(value)) {
		strcpy(buf, "null");	/* SQLite has none: it stores NULL */
		return buf;
	}
	if (isinf(value)) {
		strcpy(buf, value < 0 ? "-9e999" : "9e999");
		return buf;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(buf, ENCODE_REAL_SIZE, "%.*g", digits, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	if (!strpbrk(buf, ".e"))
		strcat(buf, ".0");
	return buf;
}

static char *blob_text(const struct pmc_cell *cell)
{
	static const char hex[] = "0123456789ABCDEF";
	char *text = pmc_calloc(cell->len * 2 + 4, 1), *at = text;

	*at++ = 'X';
	*at++ = '\'';
	for (size_t i = 0; i < cell->len; i++) {
		*at++ = hex[(unsigned char)cell->text[i] >> 4];
		*at++ = hex[(unsigned char)cell->text[i] & 15];
	}
	*at = '\'';
	return text;
}

char *encode_cell_text(const struct pmc_cell *cell)
{
	char real[ENCODE_REAL_SIZE];

	switch (cell->type) {
	case PMC_CELL_INT:
		return pmc_sprintf("%" PRId64, cell->integer);
	case PMC_CELL_REAL:
		/* 15 digits: what people typed comes back; the machine formats keep every bit. */
		snprintf(real, sizeof(real), "%.15g", cell->real);
		if (isfinite(cell->real) && !strpbrk(real, ".e"))
			strcat(real, ".0");
		return pmc_strdup(real);
	case PMC_CELL_TEXT:
		return pmc_strndup(cell->text, cell->len);
	case PMC_CELL_BLOB:
		return blob_text(cell);
	case PMC_CELL_NULL:
		break;
	}
	return pmc_strdup("");
}

void encode_cell_csv(FILE *out, const struct pmc_cell *cell)
{
	char real[ENCODE_REAL_SIZE];

	switch (cell->type) {
	case PMC_CELL_INT:
		fprintf(out, "%" PRId64, cell->integer);
		break;
	case PMC_CELL_REAL:
		fputs(encode_real(real, cell->real), out);
		break;
	case PMC_CELL_TEXT:
		encode_csv(out, cell->text, cell->len);
		break;
	case PMC_CELL_BLOB: {
		PMC_FREE char *text = blob_text(cell);

		fputs(text, out);
		break;
	}
	case PMC_CELL_NULL:
		break;
	}
}

void encode_cell_json(FILE *out, const struct pmc_cell *cell)
{
	char real[ENCODE_REAL_SIZE];

	switch (cell->type) {
	case PMC_CELL_INT:
		fprintf(out, "%" PRId64, cell->integer);
		break;
	case PMC_CELL_REAL:
		fputs(encode_real(real, cell->real), out);
		break;
	case PMC_CELL_TEXT:
		encode_json_len(out, cell->text, cell->len);
		break;
	case PMC_CELL_BLOB: {
		PMC_FREE char *text = blob_text(cell);

		encode_json(out, text);
		break;
	}
	case PMC_CELL_NULL:
		fputs("null", out);
		break;
	}
}
