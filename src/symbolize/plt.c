/*
 * plt.c - reads linkage tables by what their code does.
 *
 * The sections differ by linker and options (lazy or not, IBT, BTI, .plt.got, static programs with
 * IRELATIVE slots) and so does the order of entries; what all entries share is that they jump
 * through a slot of the GOT, and that a relocation names the symbol of that slot:
 *
 *      .plt.sec: endbr64; jmp *0x2fd5(%rip) ──► slot 0x4010 ◄── R_X86_64_JUMP_SLOT strlen
 *
 * So: find the jumps, compute their slots, look the slots up in the relocations. The first entry of
 * a lazy table jumps through a slot without relocation and stays without a name.
 * Machines: x86-64 and aarch64. Others have no names here.
 */
#include "symbolize/plt.h"

#include <stdlib.h>
#include <string.h>

enum {
	ENTRIES_MAX = 1 << 20,
	NAMES_MAX_BYTES = 64 << 20,	/* of all entries */
};

struct slot {
	uint64_t addr;
	const char *name;	/* in .dynstr, or of a symbol */
	size_t name_len;
};

struct entry {
	uint64_t addr, end;
	uint32_t name;		/* offset in names */
};

struct plt {
	const struct elf_file *module;
	bool is_read;
	struct { uint64_t start, end; } sections[4];	/* empty where there is none of that name */
	PMC_ARRAY(struct slot) slots;	/* sorted by address; only while the table is built */
	PMC_ARRAY(struct entry) entries;
	PMC_ARRAY(char) names;
};

static const char *const section_names[4] = { ".plt", ".plt.sec", ".plt.got", ".iplt" };

static bool is_slot_type(unsigned machine, unsigned type, bool *irelative)
{
	switch (machine) {
	case EM_X86_64:
		*irelative = type == R_X86_64_IRELATIVE;
		return *irelative || type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT;
	case EM_AARCH64:
		*irelative = type == R_AARCH64_IRELATIVE;
		return *irelative || type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT;
	}
	return false;
}

static const char *symbol_name(const struct elf_file *module, const GElf_Shdr *rela, uint64_t index)
{
	Elf_Scn *scn = elf_getscn(module->elf, rela->sh_link);
	Elf_Data *data;
	GElf_Shdr header;
	GElf_Sym sym;

	if (!scn || !gelf_getshdr(scn, &header) || index > INT32_MAX)
		return NULL;
	data = elf_getdata(scn, NULL);
	if (!data || !gelf_getsym(data, (int)index, &sym))
		return NULL;
	return elf_strptr(module->elf, header.sh_link, sym.st_name);
}

static void read_relocations(struct plt *plt, const struct elf_file *module,
			     const struct elf_symbols *symbols, Elf_Scn *scn,
			     const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Rela rela;

	for (int i = 0; data && gelf_getrela(data, i, &rela); i++) {
		struct slot slot = { .addr = rela.r_offset };
		struct elf_symbol target;
		bool irelative;

		if (!is_slot_type(module->machine, (unsigned)GELF_R_TYPE(rela.r_info), &irelative))
			continue;
		if (!irelative) {
			slot.name = symbol_name(module, header, GELF_R_SYM(rela.r_info));
			slot.name_len = slot.name ? strnlen(slot.name, ELF_NAME_MAX_BYTES + 1) : 0;
		} else if (elf_symbols_find(symbols, (uint64_t)rela.r_addend, &target)) {
			slot.name = target.name;
			slot.name_len = target.name_len;
		}
		if (slot.name_len && plt->slots.count < ENTRIES_MAX)
			*pmc_array_add(&plt->slots) = slot;
	}
}

static int compare_slots(const void *a, const void *b)
{
	const uint64_t x = ((const struct slot *)a)->addr, y = ((const struct slot *)b)->addr;

	return x < y ? -1 : x > y;
}

static void read_slots(struct plt *plt, const struct elf_file *module,
		       const struct elf_symbols *symbols)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;

	while ((scn = elf_nextscn(module->elf, scn)))
		if (gelf_getshdr(scn, &header) && header.sh_type == SHT_RELA &&
		    (header.sh_flags & SHF_ALLOC))
			read_relocations(plt, module, symbols, scn, &header);
	if (plt->slots.count)
		qsort(plt->slots.items, plt->slots.count, sizeof(struct slot), compare_slots);
}

/* Adds the entry [addr, end) that jumps through the slot, if that slot has a name. */
static void add_entry(struct plt *plt, uint64_t addr, uint64_t end, uint64_t slot_addr)
{
	const struct slot key = { .addr = slot_addr };
	const struct slot *slot = NULL;
	struct entry *entry;
	size_t at = plt->names.count;

	if (plt->slots.count && plt->entries.count < ENTRIES_MAX)
		slot = bsearch(&key, plt->slots.items, plt->slots.count, sizeof(key),
			       compare_slots);
	if (!slot || at > NAMES_MAX_BYTES)
		return;
	pmc_grow((void **)&plt->names.items, &plt->names.cap, at + slot->name_len + sizeof("@plt"),
		 1);
	memcpy(plt->names.items + at, slot->name, slot->name_len);
	memcpy(plt->names.items + at + slot->name_len, "@plt", sizeof("@plt"));
	plt->names.count += slot->name_len + sizeof("@plt");
	entry = pmc_array_add(&plt->entries);
	*entry = (struct entry){ addr, end, (uint32_t)at };
}

/* jmp *disp32(%rip) is ff 25; entries are 16 bytes long, or 8 where the section says so. */
static void read_x86_64(struct plt *plt, const uint8_t *code, size_t size, uint64_t addr,
			uint64_t entsize)
{
	const uint64_t step = entsize == 8 ? 8 : 16;

	for (size_t i = 0; i + 6 <= size; i++) {
		const size_t start = i - i % step;
		int32_t disp;

		if (code[i] != 0xff || code[i + 1] != 0x25)
			continue;
		memcpy(&disp, code + i + 2, sizeof(disp));
		add_entry(plt, addr + start, addr + start + step,
			  addr + i + 6 + (uint64_t)(int64_t)disp);
		i = start + step - 1;
	}
}

/* [bti c;] adrp x16, page; ldr x17, [x16, #low]; add x16, …; br x17 */
static void read_aarch64(struct plt *plt, const uint8_t *code, size_t size, uint64_t addr)
{
	uint64_t last_end = 0;

	for (size_t i = 0; i + 16 <= size; i += 4) {
		uint32_t before = 0, adrp, ldr;
		uint64_t page, start = addr + i;
		size_t end = i + 8;

		memcpy(&adrp, code + i, 4);
		memcpy(&ldr, code + i + 4, 4);
		if ((adrp & 0x9f00001f) != 0x90000010 || (ldr & 0xffc003ff) != 0xf9400211)
			continue;
		if (i >= 4)
			memcpy(&before, code + i - 4, 4);
		if (before == 0xd503245f && start - 4 >= last_end)
			start -= 4;
		page = (uint64_t)(adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3);
		page = (uint64_t)((int64_t)(page << 43) >> 43) << 12;	/* 21 bits, signed */
		page += (addr + i) & ~0xfffULL;
		while (end + 4 <= size && end < i + 20) {	/* to the branch */
			uint32_t word;

			memcpy(&word, code + end, 4);
			end += 4;
			if (word == 0xd61f0220)			/* br x17 */
				break;
		}
		last_end = addr + end;
		add_entry(plt, start, last_end, page + (uint64_t)(ldr >> 10 & 0xfff) * 8);
	}
}

static int compare_entries(const void *a, const void *b)
{
	const uint64_t x = ((const struct entry *)a)->addr, y = ((const struct entry *)b)->addr;

	return x < y ? -1 : x > y;
}

struct plt *plt_new(const struct elf_file *module)
{
	struct plt *plt = pmc_calloc(1, sizeof(*plt));
	GElf_Shdr header;

	plt->module = module;
	for (size_t i = 0; i < PMC_COUNT(section_names); i++) {
		if (!elf_file_section(module, section_names[i], &header))
			continue;
		plt->sections[i].start = header.sh_addr;
		plt->sections[i].end = header.sh_addr + header.sh_size;
	}
	return plt;
}

static void read_entries(struct plt *plt, const struct elf_symbols *symbols)
{
	const struct elf_file *module = plt->module;
	GElf_Shdr header;

	read_slots(plt, module, symbols);
	for (size_t i = 0; i < PMC_COUNT(section_names) && plt->slots.count; i++) {
		Elf_Scn *scn = elf_file_section(module, section_names[i], &header);
		Elf_Data *data = NULL;

		if (scn && header.sh_type == SHT_PROGBITS)
			data = elf_getdata(scn, NULL);
		if (!data || !data->d_buf)
			continue;
		if (module->machine == EM_X86_64)
			read_x86_64(plt, data->d_buf, data->d_size, header.sh_addr,
				    header.sh_entsize);
		else
			read_aarch64(plt, data->d_buf, data->d_size, header.sh_addr);
	}
	pmc_array_free(&plt->slots);
	if (plt->entries.count)
		qsort(plt->entries.items, plt->entries.count, sizeof(struct entry),
		      compare_entries);
}

void plt_free(struct plt *plt)
{
	if (!plt)
		return;
	pmc_array_free(&plt->slots);
	pmc_array_free(&plt->entries);
	pmc_array_free(&plt->names);
	free(plt);
}

bool plt_contains(const struct plt *plt, uint64_t vaddr)
{
	for (size_t i = 0; i < PMC_COUNT(section_names); i++)
		if (vaddr >= plt->sections[i].start && vaddr < plt->sections[i].end)
			return true;
	return false;
}

const char *plt_find(struct plt *plt, const struct elf_symbols *symbols, uint64_t vaddr)
{
	size_t low = 0, high;

	if (!plt_contains(plt, vaddr))
		return NULL;
	if (!plt->is_read)
		read_entries(plt, symbols);
	plt->is_read = true;
	high = plt->entries.count;
	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (plt->entries.items[mid].addr <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || vaddr >= plt->entries.items[low - 1].end)
		return NULL;
	return plt->names.items + plt->entries.items[low - 1].name;
}
