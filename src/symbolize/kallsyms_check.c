/*
 * kallsyms_check.c - whether the file that a user named is a list of a kernel's functions.
 *
 * Job: say no with the reason, before names would be missing or wrong without one.
 * Not here: what the list names (kallsyms.c).
 *
 *      name ─► a regular file that may be read? ─► lines of a list? ─► an address that is not zero?
 */
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbolize/kallsyms.h"
#include "symbolize/symbolize.h"

enum {
	LINES_CHECKED = 1000,	/* of that form, with an address: so are the others */
	LINE_MAX_BYTES = 2048,	/* the kernel's KSYM_NAME_LEN is 512 */
	DIGITS_MIN = 8,		/* of an address, on machines of 32 bits */
};

static int hint_at_list(struct pmc_err *err)
{
	return pmc_err_hint(err, "it takes a copy of the recorded machine's /proc/kallsyms, made "
				 "by root: lines as 'ffffffff81000000 T name [module]'");
}

static int check_kind(const char *path, struct pmc_err *err)
{
	struct stat st;

	if (stat(path, &st) || access(path, R_OK))
		return pmc_err_errno(err, errno, "cannot read --kallsyms '%.300s'", path);
	if (S_ISREG(st.st_mode))
		return 0;
	pmc_err_set(err, PMC_ERR_USAGE, "--kallsyms '%.300s' is %s", path,
		    S_ISDIR(st.st_mode) ? "a folder, not a list of names" : "no regular file");
	return hint_at_list(err);
}

static bool is_row(const char *line, struct kallsyms_line *row)
{
	const char *end = line + strcspn(line, "\n");

	if (!kallsyms_parse(line, end, row) || row->name - line < DIGITS_MIN + 3)
		return false;
	for (size_t i = 0; i < row->name_len; i++)
		if (!isgraph((unsigned char)row->name[i]))
			return false;
	return isalpha((unsigned char)row->type) || row->type == '?';
}

static int refuse(const char *path, const char *line, unsigned number, struct pmc_err *err)
{
	if (number == 1 && !memcmp(line, ELFMAG, SELFMAG)) {
		pmc_err_set(err, PMC_ERR_DATA, "%.300s is an ELF file, not a list of names", path);
		return pmc_err_hint(err, "--kernel takes the image of a kernel (vmlinux), "
					 "--kallsyms a copy of its /proc/kallsyms");
	}
	pmc_err_set(err, PMC_ERR_DATA,
		    "%.300s is no list of names: line %u has not an address, a type and a name",
		    path, number);
	return hint_at_list(err);
}

/* `line` has room for LINE_MAX_BYTES, and is zeroed. */
static int check_lines(const char *path, FILE *file, char *line, struct pmc_err *err)
{
	struct kallsyms_line row;
	bool has_address = false;
	unsigned number = 0;

	while ((number < LINES_CHECKED || !has_address) && fgets(line, LINE_MAX_BYTES, file)) {
		number++;
		if (is_row(line, &row))
			has_address |= row.addr != 0;
		else if (number == 1 || !feof(file))	/* a copy may end within a line */
			return refuse(path, line, number, err);
	}
	if (ferror(file))
		return pmc_err_errno(err, errno, "cannot read --kallsyms '%.300s'", path);
	if (has_address)
		return 0;
	if (!number) {
		pmc_err_set(err, PMC_ERR_DATA, "%.300s is empty, no list of names", path);
		return hint_at_list(err);
	}
	pmc_err_set(err, PMC_ERR_DATA, "%.300s has names without addresses: all are zero", path);
	return pmc_err_hint(err, "the kernel hides them from who copies /proc/kallsyms: copy it as "
				 "root, or with kernel.kptr_restrict 0");
}

int pmc_kallsyms_check(const char *path, struct pmc_err *err)
{
	char line[LINE_MAX_BYTES] = { 0 };
	FILE *file;
	int status;

	if (check_kind(path, err))
		return -1;
	file = fopen(path, "re");
	if (!file)
		return pmc_err_errno(err, errno, "cannot read --kallsyms '%.300s'", path);
	status = check_lines(path, file, line, err);
	fclose(file);
	return status;
}
