/*
 * cfi_section.h - one section of unwind tables (.eh_frame or .debug_frame), and its entries.
 */
#ifndef PMC_CFI_SECTION_H
#define PMC_CFI_SECTION_H

#include "symbolize/cfi_bytes.h"

struct cfi_section {
	const uint8_t *bytes;
	uint64_t size, addr;
	uint64_t data_base;	/* address that DW_EH_PE_datarel counts from: .eh_frame_hdr */
	bool is_eh;
};

/* What the entries of many functions share. */
struct cfi_cie {
	uint64_t code_align;
	int64_t data_align;
	uint64_t ra_reg;
	struct cfi_bytes program;
	uint8_t encoding;	/* of addresses in its FDEs: DW_EH_PE_… */
	bool has_augmentation;	/* FDEs have data of the language between address and program */
	bool is_signal;
};

/* A function, or a part of one. */
struct cfi_fde {
	struct cfi_cie cie;
	uint64_t start, size;	/* addresses [start, start + size) */
	struct cfi_bytes program;
};

enum cfi_entry { CFI_ENTRY_FDE, CFI_ENTRY_CIE, CFI_ENTRY_BAD, CFI_ENTRY_END };

/*
 * Reads the entry at `at`. *next is the offset of the entry behind it, also where this one is
 * damaged; it is greater than `at` for all results but END. *fde is set for CFI_ENTRY_FDE only.
 * The bytes that it points to are the section's.
 */
enum cfi_entry cfi_section_read(const struct cfi_section *section, uint64_t at,
				struct cfi_fde *fde, uint64_t *next);

/* A pointer encoded as DW_EH_PE_… says. Sets bytes->is_bad where it cannot be read. */
uint64_t cfi_section_pointer(const struct cfi_section *section, struct cfi_bytes *bytes,
			     uint8_t encoding);

#endif
