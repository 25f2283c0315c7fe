/*
 * cfi_table.c - reads the rules of a page of code, when the first frame in it is met.
 *
 *   page ─► its addresses (program headers) ─► linkage tables, then the entries of each source that
 *           touch them ─► each painted over those before ─► runs of one rule become rows
 *                                  ┌─────────────────────────────────┐
 *      .debug_frame                │      3333                       │
 *      .eh_frame                   │  1112222222   111222555222      │
 *      rows                        ▼  1:  2:     0:1:  2: 5: 2: 0:   ▼
 *
 * Painting makes contradictory tables harmless: whatever overlaps, each byte has one rule, and the
 * rows are sorted. It also joins neighbours that have the same rule. Sources that compilers do not
 * write beside .eh_frame, and whose search costs opening files, are only looked for by the first
 * frame without a rule.
 *
 * Linkage tables come without rules from some linkers; what their entries do to the stack is known.
 *
 * Bounded: ENTRIES_MAX entries and INSTRUCTIONS_MAX instructions a page, whatever the file says.
 */
#include "symbolize/cfi_table.h"

#include <string.h>

enum {
	ENTRIES_MAX = 3 * CFI_PAGE_BYTES,
	INSTRUCTIONS_MAX = 1 << 20,
	PAGES_MAX = 1 << 20,	/* code up to 4 GiB into a file */
	PLT_ENTRY = 16,
};

struct paint {
	struct cfi_table *table;
	uint64_t base;		/* address of the page's first byte, as the source counts */
	uint64_t low, high;	/* of the source's addresses: what may be painted */
	uint16_t rules[CFI_PAGE_BYTES];
};

void cfi_table_init(struct cfi_table *table, enum pmc_arch arch, struct elf_file *file,
		    const char *path, const struct debug_dirs *dirs)
{
	uint64_t end = 0;

	*table = (struct cfi_table){ .file = file, .path = path, .dirs = dirs, .arch = arch };
	cfi_rules_init(&table->rules);
	for (size_t i = 0; i < file->segments.count; i++) {
		const struct elf_segment *s = &file->segments.items[i];

		if (s->exec && s->offset + s->filesz > end && s->offset + s->filesz >= s->offset)
			end = s->offset + s->filesz;
	}
	if (end > file->size && !file->is_split)
		end = file->size;
	table->pages_count = (end + CFI_PAGE_BYTES - 1) >> CFI_PAGE_BITS;
	if (table->pages_count > PAGES_MAX)
		table->pages_count = PAGES_MAX;
	table->pages = pmc_calloc(table->pages_count + 1, sizeof(*table->pages));
}

void cfi_table_fini(struct cfi_table *table)
{
	for (unsigned i = 0; i < table->sources_count; i++)
		cfi_source_fini(&table->sources[i]);
	cfi_rules_fini(&table->rules);
	free(table->pages);
	pmc_array_free(&table->rows);
	elf_file_free(table->debug);
	elf_file_free(table->file);
}

static void note_plts(struct cfi_table *table)
{
	static const char *const names[] = { ".plt", ".plt.sec", ".plt.got", ".iplt" };
	GElf_Shdr header;

	for (size_t i = 0; i < PMC_COUNT(names); i++) {
		if (!elf_file_section(table->file, names[i], &header) ||
		    header.sh_addr + header.sh_size < header.sh_addr)
			continue;
		table->plts[table->plts_count].start = header.sh_addr;
		table->plts[table->plts_count].has_head = i == 0;
		table->plts[table->plts_count++].end = header.sh_addr + header.sh_size;
	}
}

static void open_first(struct cfi_table *table)
{
	table->is_opened = true;
	note_plts(table);
	if (cfi_source_open_eh(&table->sources[0], table->file))
		table->sources_count = 1;
}

bool cfi_table_complete(struct cfi_table *table)
{
	const unsigned before = table->sources_count;

	if (table->is_complete || table->is_broken)
		return false;
	table->is_complete = true;
	if (!table->is_opened)
		open_first(table);
	if (cfi_source_open_debug(&table->sources[table->sources_count], table->file))
		table->sources_count++;
	table->debug = debug_file_find(table->dirs, table->file, table->path);
	if (table->debug)
		elf_file_detach(table->debug);
	if (table->debug && table->debug->machine == table->file->machine &&
	    cfi_source_open_debug(&table->sources[table->sources_count], table->debug))
		table->sources[table->sources_count++].shift =
			elf_file_base(table->debug) - elf_file_base(table->file);
	if (table->sources_count == before)
		return false;
	memset(table->pages, 0, table->pages_count * sizeof(*table->pages));
	table->rows.count = table->pages_read = 0;
	return true;
}

/* ---- one page ---- */

static void paint_range(void *ctx, uint64_t start, uint64_t end, uint16_t rule)
{
	struct paint *paint = ctx;

	if (start < paint->low)
		start = paint->low;
	if (end > paint->high)
		end = paint->high;
	for (uint64_t at = start; at < end; at++)
		paint->rules[at - paint->base] = rule;
}

static void paint_source(struct paint *paint, const struct cfi_source *source,
			 struct cfi_program *program, uint64_t *budget)
{
	struct cfi_table *table = paint->table;
	size_t left = ENTRIES_MAX;

	for (size_t i = cfi_source_seek(source, paint->low); i < source->count && left; i++) {
		struct cfi_fde fde;
		uint64_t start;
		const bool good = cfi_source_read(source, i, &start, &fde);

		if (start >= paint->high)
			break;
		left--;
		if (good)
			cfi_program_run(program, &source->section, &fde, paint->low, paint->high,
					&table->rules, budget, paint_range, paint);
	}
}

/* A rule that no table gives: CFA = sp + cfa, the return address at CFA + ra (0: in lr). */
static uint16_t made_rule(struct cfi_table *table, int32_t cfa, int32_t ra)
{
	const bool x86 = table->arch == PMC_ARCH_X86_64;
	const struct cfi_rule rule = { .cfa_reg = x86 ? PMC_X86_RSP : PMC_ARM_SP,
				       .cfa_value = cfa };
	const struct cfi_place place = { .reg = x86 ? PMC_X86_IP : PMC_ARM_LR, .how = CFI_AT_CFA,
					 .value = ra };

	return cfi_rules_intern(&table->rules, table->arch, &rule, &place, ra != 0);
}

/*
 *   x86_64    PLT0:  push link_map     sp: 8 for the index, 8 for the return address …
 *                    jmp *resolver     … and 8 more
 *             PLTn:  jmp *slot         8
 *                    push index        8
 *                    jmp PLT0          16; instructions before are 11 bytes long
 *   aarch64   PLT0:  stp x16, x30, [sp, #-16]!
 *             …      x30 at sp + 8;    PLTn: x30 and sp are the caller's
 */
static void paint_plts(struct paint *paint)
{
	struct cfi_table *table = paint->table;
	const bool x86 = table->arch == PMC_ARCH_X86_64;

	for (unsigned i = 0; i < table->plts_count; i++) {
		const uint64_t start = table->plts[i].start, end = table->plts[i].end;
		const uint64_t head = start + (x86 ? PLT_ENTRY : 2 * PLT_ENTRY);

		if (end <= paint->low || start >= paint->high)
			continue;
		for (uint64_t at = start > paint->low ? start : paint->low;
		     at < end && at < paint->high; at++) {
			const bool is_head = table->plts[i].has_head && at < head;
			uint16_t rule;

			if (x86 && is_head)
				rule = made_rule(table, at - start < 6 ? 16 : 24, -8);
			else if (x86)
				rule = made_rule(table, table->plts[i].has_head &&
						 (at - start) % PLT_ENTRY >= 11 ? 16 : 8, -8);
			else
				rule = is_head && at - start >= 4 ? made_rule(table, 16, -8) :
								    made_rule(table, 0, 0);
			paint->rules[at - paint->base] = rule;
		}
	}
}

static void paint_segment(struct paint *paint, const struct elf_segment *segment, uint64_t offset,
			  struct cfi_program *program, uint64_t *budget)
{
	struct cfi_table *table = paint->table;
	const uint64_t base = segment->vaddr - segment->offset + offset;
	const uint64_t low = offset > segment->offset ? offset : segment->offset;
	const uint64_t end = segment->offset + segment->filesz, past = offset + CFI_PAGE_BYTES;
	const uint64_t high = end < past ? end : past;

	if (!segment->exec || end < segment->offset || low >= high ||
	    base + CFI_PAGE_BYTES < base)
		return;
	paint->base = base;
	paint->low = base + (low - offset);
	paint->high = base + (high - offset);
	paint_plts(paint);
	for (unsigned i = table->sources_count; i > 0; i--) {
		const struct cfi_source *source = &table->sources[i - 1];

		paint->base = base + source->shift;
		paint->low = base + source->shift + (low - offset);
		paint->high = base + source->shift + (high - offset);
		if (paint->low < paint->high)
			paint_source(paint, source, program, budget);
	}
}

static void add_rows(struct cfi_table *table, struct cfi_page *page, const uint16_t *rules)
{
	page->first = (uint32_t)table->rows.count;
	for (unsigned at = 0; at < CFI_PAGE_BYTES; at++)
		if (!at || rules[at] != rules[at - 1])
			*pmc_array_add(&table->rows) = (struct cfi_row){ (uint16_t)at, rules[at] };
	page->count = (uint32_t)table->rows.count - page->first;
	table->pages_read++;
}

void cfi_table_read(struct cfi_table *table, struct cfi_program *program, uint64_t offset)
{
	struct paint paint = { .table = table };
	uint64_t budget = INSTRUCTIONS_MAX;

	if (cfi_table_is_read(table, offset))
		return;
	if (!table->is_opened && !table->is_broken)
		open_first(table);
	offset &= ~(uint64_t)(CFI_PAGE_BYTES - 1);
	for (size_t i = 0; i < table->file->segments.count && !table->is_broken; i++)
		paint_segment(&paint, &table->file->segments.items[i], offset, program, &budget);
	add_rows(table, &table->pages[offset >> CFI_PAGE_BITS], paint.rules);
}

const uint8_t *cfi_table_code(const struct cfi_table *table, uint64_t offset, size_t size)
{
	size_t file_size;
	const char *bytes;

	if (table->is_broken || table->file->is_split)
		return NULL;
	bytes = elf_rawfile(table->file->elf, &file_size);
	if (!bytes || offset > file_size || file_size - offset < size)
		return NULL;
	return (const uint8_t *)bytes + offset;
}

uint64_t cfi_table_bytes(const struct cfi_table *table)
{
	uint64_t bytes = table->pages_count * sizeof(*table->pages) +
			 table->rows.cap * sizeof(*table->rows.items) +
			 cfi_rules_bytes(&table->rules);

	for (unsigned i = 0; i < table->sources_count; i++)
		bytes += cfi_source_bytes(&table->sources[i]);
	return bytes;
}
