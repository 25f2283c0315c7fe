/*
 * cfi_table.h - the rules of one module by file offset: a search, once a page of code is known.
 *
 *      offset ─► page (4 KiB) ─► rows of the page, sorted      ─► rule
 *                                 at    0x000 0x1a3 0x1a4 0x1a7 …
 *                                 rule      7    12    13    15 …
 *
 * A row holds up to the next one's; rule CFI_RULE_NONE marks code without rules. Four bytes a row,
 * some hundred rows a page: a search touches two or three cache lines.
 */
#ifndef PMC_CFI_TABLE_H
#define PMC_CFI_TABLE_H

#include "symbolize/cfi_program.h"
#include "symbolize/cfi_source.h"
#include "symbolize/debug_file.h"

enum { CFI_PAGE_BITS = 12, CFI_PAGE_BYTES = 1 << CFI_PAGE_BITS };

struct cfi_row {
	uint16_t at;		/* in the page */
	uint16_t rule;
};

struct cfi_page {
	uint32_t first, count;	/* rows; 0: not read yet */
};

struct cfi_table {
	struct elf_file *file;
	const char *path;
	const struct debug_dirs *dirs;
	enum pmc_arch arch;
	struct cfi_rules rules;
	struct cfi_page *pages;
	uint64_t pages_count, pages_read;
	PMC_ARRAY(struct cfi_row) rows;
	bool is_opened;		/* sources[0], and what lies beside it, were looked for */
	bool is_complete;	/* so were the others */
	bool is_broken;		/* the file faulted: nothing more is read from it */
	struct cfi_source sources[3];	/* .eh_frame, .debug_frame, and that of the debug file */
	unsigned sources_count;
	struct elf_file *debug;
	struct { uint64_t start, end; bool has_head; } plts[4];
	unsigned plts_count;
};

/*
 * Takes `file`, which is of this arch; `path` (where it was mapped) and `dirs` are borrowed, for
 * the search of a debug file. Nothing is read yet.
 */
void cfi_table_init(struct cfi_table *table, enum pmc_arch arch, struct elf_file *file,
		    const char *path, const struct debug_dirs *dirs);
void cfi_table_fini(struct cfi_table *table);

/* Reads the rules of the page that holds the offset. Files that fault: see fault_guard.h, and mark
 * the table is_broken then. */
void cfi_table_read(struct cfi_table *table, struct cfi_program *program, uint64_t offset);

/* Looks for tables beside .eh_frame. True: there are some, and pages must be read again. */
bool cfi_table_complete(struct cfi_table *table);

/* Bytes of the code at a file offset, for those who know instructions; NULL: not that many. */
const uint8_t *cfi_table_code(const struct cfi_table *table, uint64_t offset, size_t size);

uint64_t cfi_table_bytes(const struct cfi_table *table);

static inline bool cfi_table_is_read(const struct cfi_table *table, uint64_t offset)
{
	const uint64_t page = offset >> CFI_PAGE_BITS;

	return page >= table->pages_count || table->pages[page].count;
}

/* Id of the rule for a file offset whose page was read; CFI_RULE_NONE where there is none. */
static inline uint16_t cfi_table_find(const struct cfi_table *table, uint64_t offset)
{
	const uint64_t page = offset >> CFI_PAGE_BITS;
	const uint16_t at = offset & (CFI_PAGE_BYTES - 1);
	const struct cfi_row *row;
	uint32_t count;

	if (page >= table->pages_count)
		return CFI_RULE_NONE;
	row = &table->rows.items[table->pages[page].first];
	count = table->pages[page].count;
	while (count > 1) {	/* the last row at or before; the first is at 0. No jumps. */
		const uint32_t half = count / 2;

		row += row[half].at <= at ? half : 0;
		count -= half;
	}
	return row->rule;
}

#endif
