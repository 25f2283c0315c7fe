/*
 * fde_index.c - see fde_index.h. Layout: Linux Standard Base, "Exception Frames".
 *
 *   .eh_frame_hdr   version 1, three encodings, address of .eh_frame, count, table
 *   .eh_frame       CIE { length, 0, … augmentation 'R': encoding }  FDE { length, back to its CIE,
 *                   function's address, its size, … }
 */
#include "symbolize/fde_index.h"

#include <string.h>

/* DW_EH_PE_…: what gcc, clang and rustc make linkers write; anything else is left alone. */
enum { ENC_UDATA4 = 0x03, ENC_PCREL_SDATA4 = 0x1b, ENC_DATAREL_SDATA4 = 0x3b };
enum {
	HDR_TABLE = 12,
	ENTRY_BYTES = 8,
	CIE_HEAD_MAX = 128,	/* up to the end of the augmentation; compilers write some 20 */
};

static uint32_t read_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t relative(uint64_t base, uint32_t offset)
{
	return base + (uint64_t)(int64_t)(int32_t)offset;
}

static const uint8_t *section_bytes(const struct elf_file *file, const char *name, uint64_t *addr,
				    uint64_t *size)
{
	GElf_Shdr header;
	Elf_Scn *section = elf_file_section(file, name, &header);
	Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;

	if (!data || !data->d_buf)
		return NULL;
	*addr = header.sh_addr;
	*size = data->d_size;
	return data->d_buf;
}

void fde_index_init(struct fde_index *index, const struct elf_file *file)
{
	uint64_t size = 0;
	const uint8_t *hdr;

	memset(index, 0, sizeof(*index));
	hdr = section_bytes(file, ".eh_frame_hdr", &index->base, &size);
	index->frames = section_bytes(file, ".eh_frame", &index->frames_addr, &index->frames_size);
	if (!hdr || !index->frames || size < HDR_TABLE || hdr[0] != 1 ||
	    hdr[1] != ENC_PCREL_SDATA4 || hdr[2] != ENC_UDATA4 || hdr[3] != ENC_DATAREL_SDATA4)
		return;
	index->table = hdr + HDR_TABLE;
	index->count = read_u32(hdr + 8);
	if (index->count > (size - HDR_TABLE) / ENTRY_BYTES)
		index->count = (uint32_t)((size - HDR_TABLE) / ENTRY_BYTES);
}

/* The encoding of addresses in the FDEs of the CIE at `at`; 0 where it is not one we read. */
static uint8_t cie_encoding(const struct fde_index *index, uint64_t at)
{
	const uint8_t *cie = index->frames + at, *end;
	const uint8_t *text;

	if (at > index->frames_size || index->frames_size - at < 16)
		return 0;
	if (read_u32(cie) > index->frames_size - at - 4 || read_u32(cie + 4) != 0)
		return 0;
	end = cie + 4 + read_u32(cie);
	if (end - cie > CIE_HEAD_MAX)	/* read again for each look-up */
		end = cie + CIE_HEAD_MAX;
	text = cie + 9;
	if (text >= end || !memchr(text, 0, (size_t)(end - text)) || text[0] != 'z')
		return 0;
	at = strlen((const char *)text) + 1;
	cie = text + at;
	/* Code and data alignment, return register, length of the augmentation: LEB128 each. */
	for (int fields = 4; fields > 0 && cie < end; cie++)
		fields -= !(*cie & 0x80);
	for (text++; *text && cie < end; text++) {
		if (*text == 'R')
			return *cie;
		if (*text == 'L')
			cie++;
		else if (*text == 'P' && (*cie & 7) == ENC_UDATA4) /* a pointer of 4 bytes */
			cie += 5;
		else if (*text != 'S' && *text != 'B')
			return 0;
	}
	return 0;
}

/* Size of the function that the FDE at the address describes; 0 where it cannot be read. */
static uint64_t function_size(const struct fde_index *index, uint64_t fde_addr)
{
	const uint64_t at = fde_addr - index->frames_addr;
	const uint8_t *fde;
	uint32_t back;

	if (fde_addr < index->frames_addr || at > index->frames_size ||
	    index->frames_size - at < 16)
		return 0;
	fde = index->frames + at;
	back = read_u32(fde + 4);
	if (!back || back > at + 4 || cie_encoding(index, at + 4 - back) != ENC_PCREL_SDATA4)
		return 0;
	return read_u32(fde + 12);
}

bool fde_index_find(const struct fde_index *index, uint64_t vaddr, uint64_t *start)
{
	uint32_t low = 0, high = index->count;
	const uint8_t *entry;

	while (low < high) { /* the first function that begins behind vaddr */
		const uint32_t mid = low + (high - low) / 2;

		if (relative(index->base, read_u32(index->table + (size_t)mid * ENTRY_BYTES)) <=
		    vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return false;
	entry = index->table + (size_t)(low - 1) * ENTRY_BYTES;
	*start = relative(index->base, read_u32(entry));
	return *start <= vaddr &&
	       vaddr - *start < function_size(index, relative(index->base, read_u32(entry + 4)));
}
