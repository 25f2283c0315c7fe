/*
 * name_advice.h - what to do about code of a recording that has no names.
 */
#ifndef PMC_NAME_ADVICE_H
#define PMC_NAME_ADVICE_H

#include "base/model.h"
#include "symbolize/symbolize.h"

/* One of each kind that has code without a name; NULL: there is none. */
struct unnamed {
	const char *replaced;			/* path of a program or library that is another
						 * build below the folder that was named */
	const char *missing;			/* path of a program or library not found */
	const char *stripped;			/* … of one that has no symbols */
	const char *told;			/* name of one of a text, which has no paths */
	const struct pmc_module_row *image;	/* the kernel's */
	const char *kmod;			/* what the file of a kernel module is called */
};

/* In the words of this recording, with the least that would help. Caller frees. */
char *name_advice(const struct pmc_file_search *search, const struct unnamed *unnamed);

#endif
