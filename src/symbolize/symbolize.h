/*
 * symbolize.h - (module, offset) to function, file, line and inlined frames.
 *
 * Names are looked up once for each distinct location, on the thread that calls; one thread at a
 * time. All state (open files, tables, name pool) belongs to the symbolizer.
 *
 * And, by the same files, from a sample's registers and stack to its callers: the unwinder, which
 * has state of its own and may run on another thread.
 */
#ifndef PMC_SYMBOLIZE_H
#define PMC_SYMBOLIZE_H

#include "base/err.h"
#include "base/model.h"
#include "base/unwind.h"

/* Where the files of a recording are that was not made here and now. */
struct pmc_file_search {
	const char *symfs;	/* folder that paths begin below; NULL: / */
	bool is_this_host;	/* recorded on this machine: files of the same path are believed
				 * where no build-id is known */
	const char *release;	/* of the recorded kernel; NULL or "": not known */
	const char *kernel;	/* its image (vmlinux), where the user named it; else NULL */
};

/*
 * Whether a file is the image of the recorded kernel, as far as that can be told: by build-id (in
 * hex), else by release; "" where the recording does not know it. -1 with err: it is not, or it has
 * no symbols.
 */
int pmc_kernel_file_check(const char *path, const char *build_id, const char *release,
			  struct pmc_err *err);

/*
 * Whether a file lists a kernel's functions as /proc/kallsyms does. -1 with err: it does not, or
 * its addresses were hidden from whoever copied it.
 */
int pmc_kallsyms_check(const char *path, struct pmc_err *err);

struct pmc_symbolizer_opts {
	const char *debug_dirs;		/* colon-separated; NULL: /usr/lib/debug and the file's own
					 * folder */
	const char *kallsyms;		/* path; NULL: /proc/kallsyms */
	bool kallsyms_first;		/* its names win over those of the kernel's files */
	const struct pmc_file_search *foreign;	/* copied; NULL: modules are those of this machine
						 * now, and mapped by processes that may live */
	bool lines;			/* look up lines and inlined frames by DWARF (true is the
					 * default of pmc) */
};

struct pmc_symbolizer;

/* Never fails: what is missing on this machine shows as unresolved names and in the notes. */
struct pmc_symbolizer *pmc_symbolizer_new(const struct pmc_symbolizer_opts *opts);
void pmc_symbolizer_free(struct pmc_symbolizer *symbolizer);

/*
 * Fills batch->names, frames, frames_count and frame_first for batch->locations. Takes note of the
 * batch's texts, modules and ksyms, so every batch of a session must pass through, in order.
 * The filled arrays are the symbolizer's and valid until its next call. A location without a name
 * gets one frame with function 0. Cannot fail: a damaged file gives names as far as they can be
 * read. Of a recording it sets the advice on unresolved samples.
 */
void pmc_symbolizer_resolve(struct pmc_symbolizer *symbolizer, struct pmc_batch *batch);

/*
 * What would name the code of a recording that has no name; NULL: of what runs here. Valid until
 * the next batch.
 */
const char *pmc_symbolizer_advice(const struct pmc_symbolizer *symbolizer);

/* What one module's names came from: for doctor, reports and tests. */
enum pmc_names_source {
	PMC_NAMES_NONE, PMC_NAMES_DYNSYM, PMC_NAMES_SYMTAB, PMC_NAMES_DEBUG_FILE,
	PMC_NAMES_KALLSYMS, PMC_NAMES_KSYM,
};
enum pmc_names_source pmc_symbolizer_module_source(const struct pmc_symbolizer *symbolizer,
						   uint32_t module,
						   bool *has_lines);

/* ---- unwinding ---- */

struct pmc_unwinder;

/* Of samples of one machine. Never fails. Until it is freed, it handles SIGBUS (files that shrink
 * while they are read), so it is made before, and freed after, a symbolizer of another thread. */
struct pmc_unwinder *pmc_unwinder_new(enum pmc_arch arch);
void pmc_unwinder_free(struct pmc_unwinder *unwinder);

/* The samples are those of such a recording. Before the first step; copied. */
void pmc_unwinder_search(struct pmc_unwinder *unwinder, const struct pmc_file_search *foreign);

/*
 * What the collector is given; valid as long as the unwinder. A module is opened by the first frame
 * in it, its rules are read page by page as frames need them, and both are kept by the module's id.
 */
struct pmc_unwind_ops pmc_unwinder_ops(struct pmc_unwinder *unwinder);

/* What an unwinder knows and has cost: for doctor, benches and tests. */
struct pmc_unwinder_figures {
	uint32_t modules;	/* met so far */
	uint32_t missing;	/* of them, without a file that could be read */
	uint32_t pages;		/* of code whose rules were read */
	uint32_t rules;		/* distinct ones */
	uint64_t rows;		/* ranges of addresses with a rule each */
	uint64_t table_bytes;	/* memory of all that */
};
void pmc_unwinder_figures(const struct pmc_unwinder *unwinder,
			  struct pmc_unwinder_figures *figures);

/* Demangles C++ and Rust names. Result: caller frees; a copy of `name` where it is not mangled. */
char *pmc_demangle(const char *name);

/* True when built with a demangler. */
bool pmc_demangle_available(void);

/* Versions of the libraries used: "elfutils 0.188, demangler: libiberty". */
void pmc_symbolize_versions(char *text, size_t size);

#endif
