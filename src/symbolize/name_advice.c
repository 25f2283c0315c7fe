/*
 * name_advice.c - see name_advice.h.
 */
#include "symbolize/name_advice.h"

#include "base/format.h"

static char *advise_programs(const struct pmc_file_search *search, const struct unnamed *unnamed)
{
	if (unnamed->replaced)
		return pmc_sprintf(" Programs and libraries: %s%s is there, but it is another "
				   "build than the recorded one: import again with --symfs DIR "
				   "where the same build is.", search->symfs, unnamed->replaced);
	if (unnamed->missing)
		return pmc_sprintf(" Programs and libraries: import again with --symfs DIR where "
				   "DIR%s is, of the same build%s.", unnamed->missing,
				   search->symfs ? "; it is not below the folder that was named" :
						   "");
	if (unnamed->stripped)
		return pmc_sprintf(" Programs and libraries: install the debug symbols of %s and "
				   "others, and import again.", unnamed->stripped);
	if (unnamed->told)
		return pmc_sprintf(" The text has no names for %s and others: write it again where "
				   "their symbols are, or import the recording itself.",
				   unnamed->told);
	return pmc_strdup("");
}

static char *advise_image(const struct pmc_file_search *search, const struct pmc_module_row *row)
{
	const char *release = search->release ? search->release : "";
	char hex[2 * PMC_BUILD_ID_MAX + 1];

	if (!row)
		return pmc_strdup("");
	if (!row->base)
		return pmc_strdup(" Where the kernel was is not told: record with the right to "
				  "read /proc/kallsyms (as root, or with kernel.kptr_restrict 0).");
	pmc_format_hex(hex, row->build_id, row->build_id_len);
	if (!hex[0])
		return pmc_sprintf(" For the kernel, import again with --kernel VMLINUX: that of "
				   "the very build%s%s, which has no build-id in the recording.",
				   release[0] ? " of Linux " : "", release);
	return pmc_sprintf(" For the kernel, import again with --kernel VMLINUX, or --symfs DIR "
			   "where it is DIR/usr/lib/debug/boot/vmlinux-%s: the one with build-id "
			   "%s.", release[0] ? release : "RELEASE", hex);
}

static char *advise_kmod(const char *kmod)
{
	if (!kmod)
		return pmc_strdup("");
	if (kmod[0] == '/')
		return pmc_sprintf(" For modules of the kernel, import again with --symfs DIR "
				   "where DIR%s is.", kmod);
	return pmc_sprintf(" For %s and other modules of the kernel, import again with --kallsyms "
			   "FILE, a copy of its /proc/kallsyms.", kmod);
}

char *name_advice(const struct pmc_file_search *search, const struct unnamed *unnamed)
{
	PMC_FREE char *programs = advise_programs(search, unnamed);
	PMC_FREE char *image = advise_image(search, unnamed->image);
	PMC_FREE char *kmod = advise_kmod(unnamed->kmod);

	return pmc_sprintf("Samples in code without a name, shown as [module+0xoffset].%s%s%s",
			   image, kmod, programs);
}
