/*
 * format.h - numbers and names as people read them: shared by summaries, reports and errors.
 *
 * All write into the caller's buffer, always NUL-terminate, and return the buffer.
 */
#ifndef PMC_FORMAT_H
#define PMC_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum { PMC_FORMAT_SIZE = 32 };

/* 1234567 → "1.23M"; below 1000 as it is; three significant digits. */
char *pmc_format_count(char buf[PMC_FORMAT_SIZE], double value);
/* 1234567890 → "1.23 s"; ns, us, ms, s; above 100 s "m:ss". */
char *pmc_format_ns(char buf[PMC_FORMAT_SIZE], double ns);
/* 1536 → "1.5 KiB". */
char *pmc_format_bytes(char buf[PMC_FORMAT_SIZE], double bytes);
/* Bytes of a build-id → "93ac61"; the buffer holds 2 * len + 1. */
char *pmc_format_hex(char *buf, const uint8_t *bytes, size_t len);

/*
 * Copies text for a terminal: control characters, escapes and bytes that are not UTF-8 become "?".
 * At most `width` columns, the middle replaced by "…" when it is longer (0 = no limit).
 */
char *pmc_format_name(char *buf, size_t size, const char *text, unsigned width);

/*
 * One character of UTF-8 text: its bytes (0 at the end), its code point and the columns it takes.
 * A byte that is not UTF-8 counts as one character U+FFFD of one column.
 */
unsigned pmc_format_char(const char *text, uint32_t *code, unsigned *columns);

#endif
