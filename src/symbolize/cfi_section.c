/*
 * cfi_section.c - reads entries of unwind tables. Layout: Linux Standard Base, "Exception Frames",
 * and DWARF 5, 6.4.1.
 *
 *   .eh_frame      CIE { length, 0,          version, augmentation, … program }
 *                  FDE { length, back to its CIE, address, size, … program }
 *   .debug_frame   CIE { length, 0xffffffff, … }   FDE { length, offset of its CIE, … }
 *
 * Nothing is kept: a reader that wants many functions of one CIE has it read again each time, which
 * costs some 20 bytes' reading. Nothing in the file is trusted: an entry ends where the section
 * does, a CIE must be one, and what is not understood is damage.
 */
#include "symbolize/cfi_section.h"

#include <dwarf.h>

enum {
	LENGTH_64_BIT = 0xffffffff,
	ADDRESS_BYTES = 8,
	LETTERS_MAX = 32,	/* of an augmentation, with its end; compilers write up to 6 */
};

uint64_t cfi_section_pointer(const struct cfi_section *section, struct cfi_bytes *bytes,
			     uint8_t encoding)
{
	const uint64_t here = section->addr + (uint64_t)(bytes->at - section->bytes);
	uint64_t value;

	switch (encoding & 0x0f) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		value = cfi_bytes_u64(bytes);
		break;
	case DW_EH_PE_uleb128:
		value = cfi_bytes_uleb(bytes);
		break;
	case DW_EH_PE_sleb128:
		value = (uint64_t)cfi_bytes_sleb(bytes);
		break;
	case DW_EH_PE_udata2:
		value = cfi_bytes_u16(bytes);
		break;
	case DW_EH_PE_sdata2:
		value = (uint64_t)cfi_bytes_sint(bytes, 2);
		break;
	case DW_EH_PE_udata4:
		value = cfi_bytes_u32(bytes);
		break;
	case DW_EH_PE_sdata4:
		value = (uint64_t)cfi_bytes_sint(bytes, 4);
		break;
	default:
		bytes->is_bad = true;
		return 0;
	}
	switch (encoding & 0x70) {
	case DW_EH_PE_absptr:
		return value;
	case DW_EH_PE_pcrel:
		return value + here;
	case DW_EH_PE_datarel:
		return value + section->data_base;
	default:
		bytes->is_bad = true;
		return 0;
	}
}

/* The letters of an augmentation that begins with z, and the data that belong to them. */
static void read_augmentation(const struct cfi_section *section, struct cfi_cie *cie,
			      const char *letters, struct cfi_bytes data)
{
	for (; *letters; letters++) {
		switch (*letters) {
		case 'R':
			cie->encoding = cfi_bytes_u8(&data);
			break;
		case 'L':
			cfi_bytes_u8(&data);
			break;
		case 'P': {
			const uint8_t encoding = cfi_bytes_u8(&data);

			/* Whose routine it is does not matter, only how long the pointer is. */
			cfi_section_pointer(section, &data, encoding & 0x0f);
			break;
		}
		case 'S':
			cie->is_signal = true;
			break;
		case 'B':	/* aarch64: return addresses are signed with the B key */
		case 'G':	/* aarch64: the stack is tagged */
			break;
		default:	/* its data cannot be told from those of the next letter */
			return;
		}
	}
}

static bool read_cie(const struct cfi_section *section, struct cfi_bytes bytes, struct cfi_cie *cie)
{
	const uint8_t version = cfi_bytes_u8(&bytes);
	const char *letters = (const char *)bytes.at;
	const size_t left = (size_t)(bytes.end - bytes.at);
	const uint8_t *letters_end;

	*cie = (struct cfi_cie){ .encoding = DW_EH_PE_absptr };
	letters_end = left ? memchr(bytes.at, 0, left < LETTERS_MAX ? left : LETTERS_MAX) : NULL;
	if (!letters_end || (version != 1 && version != 3 && version != 4))
		return false;
	bytes.at = letters_end + 1;
	if (version == 4 && (cfi_bytes_u8(&bytes) != ADDRESS_BYTES || cfi_bytes_u8(&bytes) != 0))
		return false;
	cie->code_align = cfi_bytes_uleb(&bytes);
	cie->data_align = cfi_bytes_sleb(&bytes);
	cie->ra_reg = version == 1 ? cfi_bytes_u8(&bytes) : cfi_bytes_uleb(&bytes);
	if (letters[0] == 'z') {
		cie->has_augmentation = true;
		read_augmentation(section, cie, letters + 1,
				  cfi_bytes_take(&bytes, cfi_bytes_uleb(&bytes)));
	} else if (letters[0]) {
		return false;
	}
	cie->program = bytes;
	return !bytes.is_bad;
}

/* The range of an entry behind its length, which may be of 4 or 12 bytes; *wide for 12. */
static bool read_length(const struct cfi_section *section, uint64_t at, struct cfi_bytes *entry,
			bool *wide)
{
	struct cfi_bytes bytes = { section->bytes, section->bytes + section->size, false };
	uint64_t length;

	if (at >= section->size)
		return false;
	bytes.at += at;
	length = cfi_bytes_u32(&bytes);
	*wide = length == LENGTH_64_BIT;
	if (*wide)
		length = cfi_bytes_u64(&bytes);
	if (!length || bytes.is_bad)
		return false;
	*entry = cfi_bytes_take(&bytes, length);
	return true;
}

static bool find_cie(const struct cfi_section *section, uint64_t at, struct cfi_cie *cie)
{
	struct cfi_bytes entry;
	uint64_t id;
	bool wide;

	if (!read_length(section, at, &entry, &wide) || entry.is_bad)
		return false;
	id = cfi_bytes_uint(&entry, wide ? 8 : 4);
	if (section->is_eh ? id != 0 : id != (wide ? UINT64_MAX : UINT32_MAX))
		return false;
	return !entry.is_bad && read_cie(section, entry, cie);
}

enum cfi_entry cfi_section_read(const struct cfi_section *section, uint64_t at,
				struct cfi_fde *fde, uint64_t *next)
{
	struct cfi_bytes entry;
	uint64_t id, id_at;
	bool wide;

	if (!read_length(section, at, &entry, &wide))
		return CFI_ENTRY_END;
	*next = (uint64_t)(entry.end - section->bytes);
	id_at = (uint64_t)(entry.at - section->bytes);
	id = cfi_bytes_uint(&entry, wide ? 8 : 4);
	if (entry.is_bad)
		return CFI_ENTRY_BAD;
	if (section->is_eh ? id == 0 : id == (wide ? UINT64_MAX : UINT32_MAX))
		return CFI_ENTRY_CIE;
	if (section->is_eh && id > id_at)
		return CFI_ENTRY_BAD;
	if (!find_cie(section, section->is_eh ? id_at - id : id, &fde->cie))
		return CFI_ENTRY_BAD;
	fde->start = cfi_section_pointer(section, &entry, fde->cie.encoding);
	fde->size = cfi_section_pointer(section, &entry, fde->cie.encoding & 0x0f);
	if (fde->cie.has_augmentation)
		cfi_bytes_take(&entry, cfi_bytes_uleb(&entry));
	fde->program = entry;
	return entry.is_bad ? CFI_ENTRY_BAD : CFI_ENTRY_FDE;
}
