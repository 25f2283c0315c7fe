/*
 * kallsyms.c - reads /proc/kallsyms once and keeps its functions, sorted.
 *
 *      ffffffff81000000 T _stext                      address, type, name [, tab, [module]]
 *      ffffffffc0a01000 t ext4_sync_file\t[ext4]
 *
 * The list has some 120,000 lines, most of what it costs is the kernel's own work of printing them;
 * so it is read in large chunks by a hand-written parser, and only when the first kernel address
 * asks for a name. Functions (types t, T, w, W) become rows of 16 bytes; names lie in one buffer.
 *
 * The list has no sizes. A function ends where the next one begins, or the first symbol behind it
 * that is no function (kept as a row without name: `_etext` and the data after it), or in the last
 * place FUNCTION_MAX bytes on. Lists full of zero addresses (kptr_restrict) leave the table empty.
 * Not here: whether a file that a user names is such a list (kallsyms_check.c).
 */
#include "symbolize/kallsyms.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "symbolize/address_sort.h"
#include "symbolize/elf_symbols.h"

enum {
	CHUNK_BYTES = 256 * 1024,
	LINE_MAX_BYTES = 2048,		/* the kernel's KSYM_NAME_LEN is 512 */
	ROWS_MAX = 1 << 24,
	FUNCTION_MAX = 1 << 20,
	RETRY_SECONDS = 30,		/* between readings for addresses that are not found */
};

struct kallsyms {
	char *path;
	bool is_read, is_expired;
	time_t read_at;			/* CLOCK_MONOTONIC, seconds */
	PMC_ARRAY(struct address_row) rows;	/* row: offset of the name; 0 = not a function */
	PMC_ARRAY(char) names;
};

struct kallsyms *kallsyms_new(const char *path)
{
	struct kallsyms *kallsyms = pmc_calloc(1, sizeof(*kallsyms));

	kallsyms->path = pmc_strdup(path ? path : "/proc/kallsyms");
	return kallsyms;
}

void kallsyms_free(struct kallsyms *kallsyms)
{
	if (!kallsyms)
		return;
	free(kallsyms->path);
	pmc_array_free(&kallsyms->rows);
	pmc_array_free(&kallsyms->names);
	free(kallsyms);
}

/* Value of a hexadecimal digit, or 16. */
static unsigned hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

static void add_row(struct kallsyms *kallsyms, uint64_t addr, uint32_t name)
{
	*pmc_array_add(&kallsyms->rows) = (struct address_row){ addr, name };
}

/* Marks the end of the image's code and of everything that is not code. */
static bool is_end_mark(const char *name, size_t len)
{
	return (len == 6 && !memcmp(name, "_etext", 6)) ||
	       (len == 10 && !memcmp(name, "_einittext", 10));
}

bool kallsyms_parse(const char *line, const char *end, struct kallsyms_line *parsed)
{
	const char *at;
	size_t len;

	parsed->addr = 0;
	for (at = line; at < end && hex_value(*at) < 16; at++)
		parsed->addr = parsed->addr << 4 | hex_value(*at);
	if (at == line || end - at < 4 || at[0] != ' ' || at[2] != ' ')
		return false;
	parsed->type = at[1];
	parsed->name = at + 3;
	for (len = 0; parsed->name + len < end && parsed->name[len] != '\t' &&
		      parsed->name[len] != ' '; len++)
		;
	parsed->name_len = len;
	return len;
}

/* One line without its newline. Lines of another form are passed over. */
static void read_line(struct kallsyms *kallsyms, const char *line, const char *end)
{
	const struct address_row *last;
	struct kallsyms_line parsed;
	const char *name;
	uint64_t addr;
	bool is_code;
	size_t len;

	if (!kallsyms_parse(line, end, &parsed) || !parsed.addr)
		return;
	addr = parsed.addr;
	name = parsed.name;
	len = parsed.name_len;
	is_code = (parsed.type | 0x20) == 't' || (parsed.type | 0x20) == 'w';
	last = kallsyms->rows.count ? &kallsyms->rows.items[kallsyms->rows.count - 1] : NULL;
	if (kallsyms->rows.count >= ROWS_MAX || kallsyms->names.count > UINT32_MAX / 2)
		return;
	if (!is_code || is_end_mark(name, len)) {
		/* Ends the function before it; the image is listed in order of addresses. */
		if (last && last->row && addr > last->addr && name + len == end)
			add_row(kallsyms, addr, 0);
		return;
	}
	add_row(kallsyms, addr, (uint32_t)kallsyms->names.count);
	pmc_grow((void **)&kallsyms->names.items, &kallsyms->names.cap,
		 kallsyms->names.count + len + 2, 1);
	/* The type tells global from local: kept before the name, to choose among aliases. */
	kallsyms->names.items[kallsyms->names.count++] = parsed.type;
	memcpy(kallsyms->names.items + kallsyms->names.count, name, len);
	kallsyms->names.items[kallsyms->names.count + len] = '\0';
	kallsyms->names.count += len + 1;
}

static void read_lines(struct kallsyms *kallsyms, int fd)
{
	PMC_FREE char *buf = pmc_calloc(1, CHUNK_BYTES + LINE_MAX_BYTES);
	size_t kept = 0;
	ssize_t n;

	while ((n = read(fd, buf + kept, CHUNK_BYTES)) > 0) {
		char *line = buf, *end = buf + kept + n, *newline;

		while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
			read_line(kallsyms, line, newline);
			line = newline + 1;
		}
		kept = (size_t)(end - line);
		if (kept > LINE_MAX_BYTES)
			return;		/* not the kernel's list */
		memmove(buf, line, kept);
	}
	if (kept)
		read_line(kallsyms, buf, buf + kept);
}

static unsigned rank_of(const struct kallsyms *kallsyms, const struct address_row *row)
{
	const char *name = kallsyms->names.items + row->row;
	const bool weak = (name[0] | 0x20) == 'w';

	return row->row ? 1 + elf_symbols_name_rank(name + 1, name[0] == 'T', weak) : 0;
}

/* Sorts the rows and leaves the best name of each address. */
static void finish(struct kallsyms *kallsyms)
{
	struct address_row *rows = kallsyms->rows.items;
	size_t kept = 0;

	address_sort(rows, kallsyms->rows.count);
	for (size_t i = 0; i < kallsyms->rows.count; i++) {
		if (!kept || rows[kept - 1].addr != rows[i].addr)
			rows[kept++] = rows[i];
		else if (rank_of(kallsyms, &rows[i]) > rank_of(kallsyms, &rows[kept - 1]))
			rows[kept - 1] = rows[i];
	}
	kallsyms->rows.count = kept;
}

static time_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void read_list(struct kallsyms *kallsyms)
{
	int fd = open(kallsyms->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	kallsyms->is_read = true;
	kallsyms->is_expired = false;
	kallsyms->read_at = seconds_now();
	kallsyms->rows.count = kallsyms->names.count = 0;
	if (fd < 0)
		return;
	*pmc_array_add(&kallsyms->names) = '\0';	/* offset 0 is no name */
	read_lines(kallsyms, fd);
	close(fd);
	finish(kallsyms);
}

static const char *find_row(const struct kallsyms *kallsyms, uint64_t addr)
{
	const struct address_row *rows = kallsyms->rows.items;
	size_t low = 0, high = kallsyms->rows.count;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (rows[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || !rows[low - 1].row || addr - rows[low - 1].addr >= FUNCTION_MAX)
		return NULL;
	return kallsyms->names.items + rows[low - 1].row + 1;
}

const char *kallsyms_find(struct kallsyms *kallsyms, uint64_t addr)
{
	const char *name;

	if (!kallsyms->is_read)
		read_list(kallsyms);
	name = find_row(kallsyms, addr);
	if (name)
		return name;
	/* Modules come without being announced, but not every unknown address is a new module's. */
	if (!kallsyms->is_expired &&
	    (!kallsyms->rows.count || seconds_now() - kallsyms->read_at < RETRY_SECONDS))
		return NULL;
	read_list(kallsyms);
	return find_row(kallsyms, addr);
}

void kallsyms_expire(struct kallsyms *kallsyms)
{
	kallsyms->is_expired = kallsyms->rows.count;	/* hidden addresses stay hidden */
}

size_t kallsyms_count(const struct kallsyms *kallsyms)
{
	return kallsyms->rows.count;
}
