/*
 * cfi_source.c - finds unwind tables in a file, and an order for their entries.
 *
 *   PT_GNU_EH_FRAME ─► .eh_frame_hdr: sorted pairs (function, entry) ─► .eh_frame     linked files
 *   .eh_frame without it, .debug_frame ─► entries read once ─► pairs of our own, sorted
 *
 * Program headers come first: a file without sections has them all the same. The linker's table is
 * used where it lies, in the mapped file, and not believed: if it is not sorted, or leads nowhere,
 * functions are missed.
 */
#include "symbolize/cfi_source.h"

#include <dwarf.h>

enum {
	HDR_FIXED = 12,			/* version, three encodings, .eh_frame, count */
	PAIR_BYTES = 8,
	DEBUG_FRAME_MAX = 1 << 28,	/* of .debug_frame, decompressed */
	ENTRIES_MAX = 1 << 24,
};

/* Bytes of the file at an address, up to the end of its segment. NULL: there are none. */
static const uint8_t *bytes_at(const struct elf_file *file, uint64_t vaddr, uint64_t *size)
{
	size_t file_size;
	const char *bytes = elf_rawfile(file->elf, &file_size);

	for (size_t i = 0; bytes && i < file->segments.count; i++) {
		const struct elf_segment *s = &file->segments.items[i];
		const uint64_t into = vaddr - s->vaddr;

		if (vaddr < s->vaddr || into >= s->filesz || s->offset >= file_size ||
		    into >= file_size - s->offset)
			continue;
		*size = s->filesz - into;
		if (*size > file_size - s->offset - into)
			*size = file_size - s->offset - into;
		return (const uint8_t *)bytes + s->offset + into;
	}
	return NULL;
}

static bool find_header(const struct elf_file *file, uint64_t *vaddr, uint64_t *size)
{
	GElf_Phdr phdr;
	size_t count;

	if (elf_getphdrnum(file->elf, &count))
		return false;
	for (size_t i = 0; i < count && gelf_getphdr(file->elf, (int)i, &phdr); i++) {
		if (phdr.p_type == PT_GNU_EH_FRAME) {
			*vaddr = phdr.p_vaddr;
			*size = phdr.p_filesz;
			return true;
		}
	}
	return false;
}

/* Reads .eh_frame_hdr: where .eh_frame is, and the table if it is of the usual kind. */
static bool open_header(struct cfi_source *source, const struct elf_file *file)
{
	struct cfi_section hdr = { 0 };
	struct cfi_bytes bytes;
	uint64_t size, frames, count;
	uint8_t table_encoding, count_encoding, frames_encoding;

	if (!find_header(file, &hdr.addr, &size))
		return false;
	hdr.bytes = bytes_at(file, hdr.addr, &hdr.size);
	if (!hdr.bytes)
		return false;
	if (hdr.size > size)
		hdr.size = size;
	hdr.data_base = hdr.addr;
	bytes = (struct cfi_bytes){ hdr.bytes, hdr.bytes + hdr.size, false };
	if (cfi_bytes_u8(&bytes) != 1)
		return false;
	frames_encoding = cfi_bytes_u8(&bytes);
	count_encoding = cfi_bytes_u8(&bytes);
	table_encoding = cfi_bytes_u8(&bytes);
	frames = cfi_section_pointer(&hdr, &bytes, frames_encoding);
	if (bytes.is_bad)
		return false;
	source->section = (struct cfi_section){ .addr = frames, .data_base = hdr.addr,
						.is_eh = true };
	source->section.bytes = bytes_at(file, frames, &source->section.size);
	if (count_encoding == DW_EH_PE_udata4 &&
	    table_encoding == (DW_EH_PE_datarel | DW_EH_PE_sdata4)) {
		count = cfi_bytes_u32(&bytes);
		if (count > (uint64_t)(bytes.end - bytes.at) / PAIR_BYTES)
			count = (uint64_t)(bytes.end - bytes.at) / PAIR_BYTES;
		source->table = bytes.at;
		source->count = count;
	}
	return source->section.bytes != NULL;
}

/* Reads all entries of a section that comes without a table. */
static void make_table(struct cfi_source *source)
{
	PMC_ARRAY(struct address_row) rows = { 0 };
	struct cfi_fde fde;
	uint64_t at = 0, next = 0;
	enum cfi_entry entry;

	if (source->section.size > UINT32_MAX)
		return;
	for (; (entry = cfi_section_read(&source->section, at, &fde, &next)) != CFI_ENTRY_END;
	     at = next) {
		if (entry == CFI_ENTRY_FDE && fde.size && rows.count < ENTRIES_MAX)
			*pmc_array_add(&rows) = (struct address_row){ fde.start, (uint32_t)at };
	}
	if (rows.count)
		address_sort(rows.items, rows.count);
	source->own = rows.items;
	source->count = rows.count;
}

static bool has_bytes(const Elf_Data *data)
{
	return data && data->d_buf && data->d_size;
}

bool cfi_source_open_eh(struct cfi_source *source, const struct elf_file *file)
{
	GElf_Shdr header;
	Elf_Scn *section;
	Elf_Data *data;

	*source = (struct cfi_source){ 0 };
	if (file->is_split)
		return false;
	if (!open_header(source, file)) {
		section = elf_file_section(file, ".eh_frame", &header);
		data = section ? elf_rawdata(section, NULL) : NULL;
		if (!has_bytes(data))
			return false;
		source->section = (struct cfi_section){ .bytes = data->d_buf, .size = data->d_size,
							.addr = header.sh_addr, .is_eh = true };
	}
	if (!source->table)
		make_table(source);
	return source->count > 0;
}

bool cfi_source_open_debug(struct cfi_source *source, const struct elf_file *file)
{
	GElf_Shdr header;
	GElf_Chdr packed;
	Elf_Scn *section = elf_file_section(file, ".debug_frame", &header);
	Elf_Data *data;

	*source = (struct cfi_source){ 0 };
	if (!section)
		return false;
	if (header.sh_flags & SHF_COMPRESSED &&
	    (!gelf_getchdr(section, &packed) || packed.ch_size > DEBUG_FRAME_MAX ||
	     elf_compress(section, 0, 0) < 0))
		return false;
	data = header.sh_flags & SHF_COMPRESSED ? elf_getdata(section, NULL) :
						  elf_rawdata(section, NULL);
	if (!has_bytes(data))
		return false;
	source->section = (struct cfi_section){ .bytes = data->d_buf, .size = data->d_size };
	make_table(source);
	return source->count > 0;
}

void cfi_source_fini(struct cfi_source *source)
{
	free(source->own);
	*source = (struct cfi_source){ 0 };
}

static uint64_t relative(const struct cfi_source *source, const uint8_t *at)
{
	int32_t offset;

	memcpy(&offset, at, sizeof(offset));
	return source->section.data_base + (uint64_t)(int64_t)offset;
}

static uint64_t start_of(const struct cfi_source *source, size_t i)
{
	return source->own ? source->own[i].addr : relative(source, source->table + i * PAIR_BYTES);
}

size_t cfi_source_seek(const struct cfi_source *source, uint64_t from)
{
	size_t low = 0, high = source->count;

	while (low < high) {	/* the first that begins behind */
		const size_t mid = low + (high - low) / 2;

		if (start_of(source, mid) <= from)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? low - 1 : 0;
}

bool cfi_source_read(const struct cfi_source *source, size_t i, uint64_t *start,
		     struct cfi_fde *fde)
{
	uint64_t at, next;

	*start = start_of(source, i);
	if (source->own)
		at = source->own[i].row;
	else
		at = relative(source, source->table + i * PAIR_BYTES + PAIR_BYTES / 2) -
		     source->section.addr;
	return cfi_section_read(&source->section, at, fde, &next) == CFI_ENTRY_FDE;
}

uint64_t cfi_source_bytes(const struct cfi_source *source)
{
	return source->own ? source->count * sizeof(*source->own) : 0;
}
