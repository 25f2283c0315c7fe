/*
 * format.c - figures and names as people read them; see format.h.
 *
 * Job: three significant digits with a unit, and names that cannot harm a terminal.
 * Not here: columns and tables (report/).
 *
 * A figure moves to the next unit when rounding would make it four digits (999.6 k is 1.00 M), so
 * no figure is ever wider than its unit allows. Names are decoded as UTF-8 by hand: the result must
 * not depend on the locale of the process.
 */
#include "base/format.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* Digits behind the point that make three significant ones for 0 <= value < 999.5. */
static int decimals(double value)
{
	return value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
}

char *pmc_format_count(char buf[PMC_FORMAT_SIZE], double value)
{
	static const char *const units[] = { "", "k", "M", "G", "T", "P", "E" };
	double size = fabs(value);
	size_t unit = 0;

	if (!isfinite(value)) {
		snprintf(buf, PMC_FORMAT_SIZE, "%s",
			 isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
		return buf;
	}
	while (size >= 999.5 && unit + 1 < PMC_COUNT(units)) {
		size /= 1000;
		unit++;
	}
	if (size >= 999.5)
		snprintf(buf, PMC_FORMAT_SIZE, "%.3g", value);
	else if (unit == 0 && (size == floor(size) || size < 0.995))
		snprintf(buf, PMC_FORMAT_SIZE, "%.3g", value);
	else
		snprintf(buf, PMC_FORMAT_SIZE, "%s%.*f%s", value < 0 ? "-" : "", decimals(size),
			 size, units[unit]);
	return buf;
}

char *pmc_format_ns(char buf[PMC_FORMAT_SIZE], double ns)
{
	static const char *const units[] = { "ns", "us", "ms" };
	const char *sign = ns < 0 ? "-" : "";
	double size = fabs(ns);
	size_t unit = 0;

	if (!isfinite(ns))
		return pmc_format_count(buf, ns);
	while (size >= 999.5 && unit < PMC_COUNT(units)) {
		size /= 1000;
		unit++;
	}
	if (unit == 0) {
		snprintf(buf, PMC_FORMAT_SIZE, "%s%.3g ns", sign, size);
	} else if (unit < PMC_COUNT(units)) {
		snprintf(buf, PMC_FORMAT_SIZE, "%s%.*f %s", sign, decimals(size), size,
			 units[unit]);
	} else if (size < 99.95) {
		snprintf(buf, PMC_FORMAT_SIZE, "%s%.*f s", sign, decimals(size), size);
	} else {
		const double seconds = round(size);
		const double minutes = floor(seconds / 60);

		if (minutes < 60)
			snprintf(buf, PMC_FORMAT_SIZE, "%s%.0f:%02.0f", sign, minutes,
				 seconds - minutes * 60);
		else
			snprintf(buf, PMC_FORMAT_SIZE, "%s%.0f:%02.0f:%02.0f", sign,
				 floor(minutes / 60), fmod(minutes, 60), seconds - minutes * 60);
	}
	return buf;
}

char *pmc_format_bytes(char buf[PMC_FORMAT_SIZE], double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	const char *sign = bytes < 0 ? "-" : "";
	double size = fabs(bytes);
	size_t unit = 0;

	if (!isfinite(bytes))
		return pmc_format_count(buf, bytes);
	while (size >= 1023.5 && unit + 1 < PMC_COUNT(units)) {
		size /= 1024;
		unit++;
	}
	if (size >= 1023.5)
		snprintf(buf, PMC_FORMAT_SIZE, "%s%.3g %s", sign, size, units[unit]);
	else
		snprintf(buf, PMC_FORMAT_SIZE, "%s%.*f %s", sign,
			 unit == 0 || size >= 99.95 ? 0 : 1, size, units[unit]);
	return buf;
}

char *pmc_format_hex(char *buf, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		buf[2 * i] = digits[bytes[i] >> 4];
		buf[2 * i + 1] = digits[bytes[i] & 15];
	}
	buf[2 * len] = '\0';
	return buf;
}

/* ---- names ---- */

/*
 * Length of the UTF-8 sequence at `text`, and its code point; 0 when the bytes are none (bad start,
 * missing continuation, overlong, surrogate, above U+10FFFF). A NUL ends every sequence.
 */
static unsigned decode_utf8(const unsigned char *text, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned len;

	if (text[0] < 0x80) {
		*code = text[0];
		return 1;
	}
	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		len = 2;
	else if (text[0] >= 0xe0 && text[0] <= 0xef)
		len = 3;
	else if (text[0] >= 0xf0 && text[0] <= 0xf4)
		len = 4;
	else
		return 0;
	*code = text[0] & (0xffu >> (len + 1));
	for (unsigned i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	if (*code < least[len] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return len;
}

struct range {
	uint32_t first, last;
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

/* Controls, and what is invisible or turns the direction of writing: none belongs in a name. */
static bool is_harmful(uint32_t code)
{
	static const struct range ranges[] = {
		{ 0, 0x1f }, { 0x7f, 0x9f }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
		{ 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xe0000, 0xe007f },
	};

	return in_ranges(ranges, PMC_COUNT(ranges), code);
}

/* Columns of a code point on a terminal: the usual blocks of combining and of wide characters. */
static unsigned columns_of(uint32_t code)
{
	static const struct range none[] = {
		{ 0x300, 0x36f }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff },
		{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
	};
	static const struct range two[] = {
		{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0xa4cf }, { 0xac00, 0xd7a3 },
		{ 0xf900, 0xfaff }, { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 },
		{ 0x1f300, 0x1f64f }, { 0x1f680, 0x1faff }, { 0x20000, 0x3fffd },
	};

	if (code < 0x300)
		return 1;
	if (in_ranges(none, PMC_COUNT(none), code))
		return 0;
	return in_ranges(two, PMC_COUNT(two), code) ? 2 : 1;
}

unsigned pmc_format_char(const char *text, uint32_t *code, unsigned *columns)
{
	unsigned len = decode_utf8((const unsigned char *)text, code);

	*columns = 1;
	if (!len) {
		*code = 0xfffd;
		return 1;
	}
	if (!*code) {
		*columns = 0;
		return 0;
	}
	*columns = columns_of(*code);
	return len;
}

/* Clean copy of the text: the caller frees. *columns is its width. */
static char *clean(const char *text, size_t *columns)
{
	const unsigned char *at = (const unsigned char *)text;
	char *copy = pmc_calloc(strlen(text) + 1, 1);
	char *out = copy;

	*columns = 0;
	while (*at) {
		uint32_t code;
		const unsigned len = decode_utf8(at, &code);

		if (!len || is_harmful(code)) {
			*out++ = '?';
			*columns += 1;
			at += len ? len : 1;
		} else {
			memcpy(out, at, len);
			out += len;
			*columns += columns_of(code);
			at += len;
		}
	}
	return copy;
}

/* Bytes of the longest start of clean text within `columns` columns and `size` bytes. */
static size_t fit(const char *text, size_t columns, size_t size)
{
	size_t bytes = 0, used = 0;

	while (text[bytes]) {
		uint32_t code;
		const unsigned len = decode_utf8((const unsigned char *)text + bytes, &code);

		used += columns_of(code);
		if (used > columns || bytes + len > size)
			break;
		bytes += len;
	}
	return bytes;
}

/* The longest end of clean text that takes at most `columns` of its `total` columns. */
static const char *tail(const char *text, size_t total, size_t columns)
{
	while (*text) {
		uint32_t code;
		const unsigned len = decode_utf8((const unsigned char *)text, &code);

		if (total <= columns && columns_of(code))
			break;
		total -= columns_of(code);
		text += len;
	}
	return text;
}

/* Appends what fits of the first `columns` columns; false when the buffer is full. */
static bool append(char *buf, size_t size, const char *text, size_t columns)
{
	const size_t used = strlen(buf);
	const size_t wanted = fit(text, columns, SIZE_MAX);
	const size_t bytes = fit(text, columns, size - used - 1);

	memcpy(buf + used, text, bytes);
	buf[used + bytes] = '\0';
	return bytes == wanted;
}

char *pmc_format_name(char *buf, size_t size, const char *text, unsigned width)
{
	size_t columns;
	PMC_FREE char *copy = clean(text, &columns);

	buf[0] = '\0';
	if (width == 0 || columns <= width) {
		append(buf, size, copy, SIZE_MAX);
	} else {
		const size_t head = (width - 1) / 2;

		if (append(buf, size, copy, head) && append(buf, size, "…", 1))
			append(buf, size, tail(copy, columns, width - 1 - head), SIZE_MAX);
	}
	return buf;
}
