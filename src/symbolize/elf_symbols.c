/*
 * elf_symbols.c - the sorted function table of one module.
 *
 * Job: read symbol tables once, drop what is no code, choose one name an address, answer lookups.
 * Not here: PLT entries (plt.c), DWARF names (dwarf_lines.c), demangling (demangle.c).
 *
 *   .symtab of debug file ┐
 *   .symtab of module     ├─► rows ─► sorted by address ─► one row an address ─► holder links
 *   .dynsym of module     ┘
 *
 * A row ends at addr + size; without a size (assembly) at the next row or the end of its section.
 * Rows may lie in one another, so each knows its holder, the row around it that ends later:
 *
 *      outer  [----------------------------)        an address behind `inner` belongs to `outer`,
 *      inner         [-------)   x                  one behind both to nobody
 *
 * Names stay in the string tables of the files: a row keeps table and offset, 32 bytes in all.
 * Damaged tables lose entries, never more: every index and offset is checked by libelf on access.
 */
#include "symbolize/elf_symbols.h"

#include <string.h>

#include "symbolize/address_sort.h"

enum {
	TABLES_MAX = 3,
	HOLDERS_MAX = 64,	/* nesting that a lookup follows; real tables have 2 or 3 levels */
	COMPARED_MAX_BYTES = 4096,	/* of two names of one address; a table can have a million
					 * of them, each as long as the file */
};

struct row {
	uint64_t addr, end;
	uint32_t name;		/* offset in its string table */
	uint32_t holder;	/* row + 1; 0 = none */
	uint16_t rank;
	uint8_t table;
	bool open : 1;		/* has no size: `end` is its section's until the next row cuts it */
	bool label : 1;		/* no function type: kept only where no function with a size is */
};

struct table {
	const char *text;	/* its last byte is NUL */
	size_t size;
};

struct section {
	uint64_t addr, end;
	bool code;
};

struct elf_symbols {
	PMC_ARRAY(struct row) rows;
	struct table tables[TABLES_MAX];
	unsigned tables_count;
};

/* What one file's tables are read with. */
struct reader {
	struct elf_symbols *symbols;
	const struct elf_file *module, *file;
	uint64_t bias;		/* from the file's addresses to the module's */
	PMC_ARRAY(struct section) sections;
};

unsigned elf_symbols_name_rank(const char *name, bool global, bool weak)
{
	unsigned underscores = 0;

	/* `write` over `__write` although libc makes the former weak: it is what people call. */
	if (!(name[0] == '_' && (name[1] == 'Z' || name[1] == 'R')))
		while (underscores < 3 && name[underscores] == '_')
			underscores++;
	return (global || weak ? 8 : 0) + 2 * (3 - underscores) + (global ? 1 : 0);
}

/* Mapping symbols of ARM and RISC-V tell code from data; .L are labels that should not be there. */
static bool is_marker(const char *name)
{
	if (name[0] == '.')
		return name[1] == 'L';
	return name[0] == '$' && name[1] && strchr("adtx", name[1]) && (!name[2] || name[2] == '.');
}

static void read_sections(struct reader *reader)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;

	pmc_array_add(&reader->sections);	/* SHN_UNDEF */
	while ((scn = elf_nextscn(reader->file->elf, scn))) {
		struct section *s = pmc_array_add(&reader->sections);

		if (!gelf_getshdr(scn, &header))
			continue;
		s->addr = header.sh_addr;
		s->end = header.sh_addr + header.sh_size;
		s->code = (header.sh_flags & SHF_EXECINSTR) && (header.sh_flags & SHF_ALLOC);
	}
}

/* Adds the symbol if it is code that has a name. */
static void add_symbol(struct reader *reader, const GElf_Sym *sym, unsigned table)
{
	const struct table *names = &reader->symbols->tables[table];
	const unsigned type = GELF_ST_TYPE(sym->st_info), bind = GELF_ST_BIND(sym->st_info);
	const struct section *section = NULL;
	uint64_t addr = sym->st_value, room;
	const char *name;
	struct row *row;

	if (sym->st_shndx == SHN_UNDEF || sym->st_name >= names->size)
		return;
	if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)
		return;
	if (sym->st_shndx < reader->sections.count)
		section = &reader->sections.items[sym->st_shndx];
	if (reader->file->is_object)
		addr += section ? section->addr : 0;
	name = names->text + sym->st_name;
	if (!name[0] || !elf_file_is_code(reader->module, addr + reader->bias))
		return;
	if (type == STT_NOTYPE && (!section || !section->code || is_marker(name)))
		return;
	if (sym->st_size)
		room = sym->st_size;
	else if (section && addr >= section->addr && addr < section->end)
		room = section->end - addr;
	else
		return;
	row = pmc_array_add(&reader->symbols->rows);
	row->addr = addr + reader->bias;
	row->end = row->addr + room > row->addr ? row->addr + room : UINT64_MAX;
	row->name = sym->st_name;
	row->table = (uint8_t)table;
	row->open = !sym->st_size;
	row->label = type == STT_NOTYPE;
	row->rank = (uint16_t)((row->open ? 0 : 64) + (row->label ? 0 : 32) +
			       elf_symbols_name_rank(name, bind != STB_LOCAL && bind != STB_WEAK,
						     bind == STB_WEAK));
}

/* The string table of a symbol table, cut behind its last NUL. */
static bool read_names(const struct elf_file *file, const GElf_Shdr *symtab, struct table *names)
{
	Elf_Scn *scn = elf_getscn(file->elf, symtab->sh_link);
	GElf_Shdr header;
	Elf_Data *data;

	if (!scn || !gelf_getshdr(scn, &header) || header.sh_type != SHT_STRTAB)
		return false;
	data = elf_getdata(scn, NULL);
	if (!data || !data->d_buf)
		return false;
	names->text = data->d_buf;
	names->size = data->d_size;
	while (names->size && names->text[names->size - 1])
		names->size--;
	return names->size;
}

/* A symbol table with its names, and how many symbols it has. NULL: none that can be read. */
static Elf_Data *open_table(const struct elf_file *file, const char *name, uint32_t type,
			    struct table *names, int *count)
{
	GElf_Shdr header;
	Elf_Scn *scn = elf_file_section(file, name, &header);
	Elf_Data *data;
	size_t entry = gelf_fsize(file->elf, ELF_T_SYM, 1, EV_CURRENT);

	/* Rows are counted in 32 bits. A symbol is as long in memory as in the file. */
	if (!scn || header.sh_type != type || !entry || !read_names(file, &header, names))
		return NULL;
	data = elf_getdata(scn, NULL);
	if (!data || !data->d_buf || data->d_size / entry > INT32_MAX / 4)
		return NULL;
	*count = (int)(data->d_size / entry);
	return data;
}

static void read_table(struct reader *reader, const char *name, uint32_t type)
{
	struct elf_symbols *symbols = reader->symbols;
	const unsigned table = symbols->tables_count;
	Elf_Data *data;
	GElf_Sym sym;
	int count;

	data = open_table(reader->file, name, type, &symbols->tables[table], &count);
	if (!data)
		return;
	symbols->tables_count++;
	for (int i = 1; i < count && gelf_getsym(data, i, &sym); i++)
		add_symbol(reader, &sym, table);
}

static const char *row_name(const struct elf_symbols *symbols, const struct row *row)
{
	return symbols->tables[row->table].text + row->name;
}

/* Of two names for one address: the higher rank, then what sorts first, then what comes first. */
static bool is_better(const struct elf_symbols *symbols, const struct row *a, const struct row *b)
{
	if (a->rank != b->rank)
		return a->rank > b->rank;
	return strncmp(row_name(symbols, a), row_name(symbols, b), COMPARED_MAX_BYTES) < 0;
}

static void sort_rows(struct elf_symbols *symbols)
{
	const size_t count = symbols->rows.count;
	PMC_FREE struct address_row *order = pmc_calloc(count, sizeof(*order));
	struct row *sorted = pmc_calloc(count, sizeof(*sorted));
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		order[i] = (struct address_row){ symbols->rows.items[i].addr, (uint32_t)i };
	address_sort(order, count);
	for (size_t i = 0; i < count; i++) {
		const struct row *row = &symbols->rows.items[order[i].row];

		if (kept && sorted[kept - 1].addr == row->addr) {
			if (is_better(symbols, row, &sorted[kept - 1]))
				sorted[kept - 1] = *row;
		} else {
			sorted[kept++] = *row;
		}
	}
	free(symbols->rows.items);
	symbols->rows.items = sorted;
	symbols->rows.cap = count;
	symbols->rows.count = kept;
}

/* Gives open rows their end and every row its holder; drops labels inside of functions. */
static void link_rows(struct elf_symbols *symbols)
{
	struct row *rows = symbols->rows.items;
	uint32_t kept = 0, holder = 0;

	for (size_t i = 0; i < symbols->rows.count; i++) {
		struct row row = rows[i];

		while (holder && rows[holder - 1].end <= row.addr)
			holder = rows[holder - 1].holder;
		if (row.label && row.open && holder && !rows[holder - 1].open)
			continue;
		while (holder && rows[holder - 1].open) {
			rows[holder - 1].end = row.addr;
			holder = rows[holder - 1].holder;
		}
		if (row.open && holder && rows[holder - 1].end < row.end)
			row.end = rows[holder - 1].end;
		row.holder = holder;
		rows[kept++] = row;
		holder = kept;
	}
	symbols->rows.count = kept;
}

static void read_file(struct elf_symbols *symbols, const struct elf_file *module,
		      const struct elf_file *file, bool dynamic)
{
	struct reader reader = { .symbols = symbols, .module = module, .file = file,
				 .bias = elf_file_base(module) - elf_file_base(file) };

	read_sections(&reader);
	read_table(&reader, ".symtab", SHT_SYMTAB);
	if (dynamic)
		read_table(&reader, ".dynsym", SHT_DYNSYM);
	pmc_array_free(&reader.sections);
}

struct elf_symbols *elf_symbols_new(const struct elf_file *module, const struct elf_file *debug)
{
	struct elf_symbols *symbols = pmc_calloc(1, sizeof(*symbols));

	if (debug)
		read_file(symbols, module, debug, false);
	read_file(symbols, module, module, true);
	sort_rows(symbols);
	link_rows(symbols);
	return symbols;
}

void elf_symbols_free(struct elf_symbols *symbols)
{
	if (!symbols)
		return;
	pmc_array_free(&symbols->rows);
	free(symbols);
}

/* Of what is a name in write@@GLIBC_2.2.5; an @ that it begins with is. */
static size_t length_of(const char *name)
{
	const size_t len = strnlen(name, ELF_NAME_MAX_BYTES + 1);
	const char *version = memchr(name + 1, '@', len - 1);

	return version ? (size_t)(version - name) : len;
}

bool elf_symbols_find(const struct elf_symbols *symbols, uint64_t vaddr, struct elf_symbol *found)
{
	const struct row *rows = symbols->rows.items;
	size_t low = 0, high = symbols->rows.count;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (rows[mid].addr <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	for (unsigned i = 0; low && i < HOLDERS_MAX; i++) {
		const struct row *row = &rows[low - 1];

		if (vaddr < row->end) {
			found->name = row_name(symbols, row);
			found->name_len = length_of(found->name);
			found->addr = row->addr;
			found->size = row->end - row->addr;
			return true;
		}
		low = row->holder;
	}
	return false;
}

size_t elf_symbols_count(const struct elf_symbols *symbols)
{
	return symbols->rows.count;
}

bool elf_symbols_address(const struct elf_file *file, const char *name, uint64_t *address)
{
	struct table names;
	Elf_Data *data;
	GElf_Sym sym;
	int count;

	data = open_table(file, ".symtab", SHT_SYMTAB, &names, &count);
	for (int i = 1; data && i < count && gelf_getsym(data, i, &sym); i++) {
		if (sym.st_shndx == SHN_UNDEF || sym.st_name >= names.size ||
		    strcmp(names.text + sym.st_name, name))
			continue;
		*address = sym.st_value;
		return true;
	}
	return false;
}
