/*
 * tree_root.c - the function that was meant by --root.
 *
 * Job: a text to functions of the session; or an error that names what could be meant.
 *
 *   text                      takes
 *   work, ns::work(int)       the full name
 *   prog:work, main.c:work    the same, of a module or source file: where the name alone is not one
 *   ns::work, work            without parameters, then without namespaces: if there is only one
 *
 * Functions with the same name, module and file cannot be told apart by what a report shows, and
 * are one root.
 */
#include <string.h>

#include "base/nearest.h"
#include "report/forest.h"
#include "report/text.h"

/* Ways to take a text, from the strictest. */
enum way { FULL_NAME, QUALIFIED, WITHOUT_PARAMETERS, LAST_PART, WAYS };

/*
 * Length of a name up to its parameters: "a::operator()(int)" to before "(int)". Brackets that are
 * part of the name ("(anonymous namespace)::f") have something behind them.
 */
static size_t without_parameters(const char *name)
{
	size_t len = strlen(name), at;
	int depth = 0;

	while (len && name[len - 1] != ')')	/* "f(int) const", "f(int) [clone .part.0]" */
		len--;
	if (!len)
		return strlen(name);
	for (at = len; at-- > 0;) {
		depth += name[at] == ')';
		depth -= name[at] == '(';
		if (!depth)
			break;
	}
	if (depth || !at || !strncmp(name + len, "::", 2))
		return strlen(name);
	return at;
}

/* Where the last part of a name of `len` bytes begins: behind the last "::" outside of brackets. */
static size_t last_part(const char *name, size_t len)
{
	int depth = 0;

	for (size_t at = len; at-- > 0;) {
		depth += name[at] == ')' || (name[at] == '>' && at && name[at - 1] != '-');
		depth -= name[at] == '(' || name[at] == '<';
		if (depth <= 0 && at && name[at] == ':' && name[at - 1] == ':')
			return at + 1;
	}
	return 0;
}

static bool is_text(const char *text, const char *name, size_t len)
{
	return strlen(text) == len && !memcmp(text, name, len);
}

/* "QUALIFIER:NAME" */
static bool is_qualified(const char *text, const char *qualifier, const char *name)
{
	const size_t len = strlen(qualifier);

	return len && !strncmp(text, qualifier, len) && text[len] == ':' &&
	       !strcmp(text + len + 1, name);
}

static bool is_meant(const struct profile *profile, const struct stacks_function *row,
		     const char *text, enum way way)
{
	const char *name = profile_text(profile, row->function);
	size_t len;

	switch (way) {
	case FULL_NAME:
		return !strcmp(text, name);
	case QUALIFIED:
		return is_qualified(text, text_base_name(profile_text(profile, row->module)),
				    name) ||
		       is_qualified(text, text_base_name(profile_text(profile, row->file)), name);
	case WITHOUT_PARAMETERS:
		return is_text(text, name, without_parameters(name));
	case LAST_PART:
		len = without_parameters(name);
		return is_text(text, name + last_part(name, len), len - last_part(name, len));
	case WAYS:
		break;
	}
	return false;
}

static bool is_same(const struct stacks_function *a, const struct stacks_function *b)
{
	return a->function == b->function && a->module == b->module && a->file == b->file;
}

static int fail_unknown(const struct stacks *stacks, const struct profile *profile,
			const char *text, struct pmc_err *err)
{
	PMC_FREE char *clean = text_clean(text, 120);
	struct pmc_nearest nearest;
	char names[PMC_NEAREST_MAX * PMC_NEAREST_LEN + 32];

	pmc_err_set(err, PMC_ERR_USAGE, "no function '%s' in session %lld", clean,
		    (long long)profile->session.id);
	pmc_nearest_init(&nearest, text);
	for (size_t i = 0; i < stacks->functions.count; i++) {
		const char *name = profile_text(profile, stacks->functions.items[i].function);
		size_t len = without_parameters(name);
		PMC_FREE char *last = pmc_strndup(name + last_part(name, len),
						  len - last_part(name, len));

		pmc_nearest_offer(&nearest, name);
		pmc_nearest_offer(&nearest, last);
	}
	if (nearest.count) {
		PMC_FREE char *near = text_clean(pmc_nearest_text(&nearest, names, sizeof(names)),
						 0);

		return pmc_err_hint(err, "did you mean %s?", near);
	}
	return pmc_err_hint(err, "`pmc report --session %lld --limit 0` lists its functions",
			    (long long)profile->session.id);
}

/* What tells a function from the others with its name: the module, else the file, else the name. */
static char *tell_apart(const struct profile *profile, const struct stacks_function *row,
			const struct stacks_function *other)
{
	const char *name = profile_text(profile, row->function);
	const char *module = text_base_name(profile_text(profile, row->module));
	const char *file = text_base_name(profile_text(profile, row->file));

	if (row->function != other->function)
		return pmc_strdup(name);
	if (row->module != other->module || !*file)
		return pmc_sprintf("%s:%s", module, name);
	return pmc_sprintf("%s:%s", file, name);
}

static int fail_ambiguous(const struct stacks *stacks, const struct profile *profile,
			  const char *text, const bool *marks, struct pmc_err *err)
{
	enum { NAMED = 5 };
	PMC_FREE char *clean = text_clean(text, 120);
	const struct stacks_function *named[NAMED] = { NULL };
	char list[400] = "";
	size_t count = 0;

	for (size_t i = 0; i < stacks->functions.count && count < NAMED; i++) {
		bool known = !marks[i];

		for (size_t n = 0; n < count; n++)
			known |= is_same(named[n], &stacks->functions.items[i]);
		if (!known)
			named[count++] = &stacks->functions.items[i];
	}
	for (size_t n = 0; n < count; n++) {
		PMC_FREE char *raw = tell_apart(profile, named[n], named[n ? 0 : 1]);
		PMC_FREE char *one = text_clean(raw, 70);
		const size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%s", n ? ", " : "", one);
	}
	pmc_err_set(err, PMC_ERR_USAGE, "'%s' may be several functions of session %lld", clean,
		    (long long)profile->session.id);
	return pmc_err_hint(err, "name one: %s", list);
}

int tree_find_root(const struct stacks *stacks, struct profile *profile, const char *text,
		   bool *marks, struct pmc_err *err)
{
	const struct stacks_function *first = NULL;

	for (enum way way = FULL_NAME; way < WAYS && !first; way++) {
		for (size_t i = 0; i < stacks->functions.count; i++) {
			const struct stacks_function *row = &stacks->functions.items[i];

			marks[i] = is_meant(profile, row, text, way);
			if (marks[i] && !first)
				first = row;
		}
	}
	if (!first)
		return fail_unknown(stacks, profile, text, err);
	for (size_t i = 0; i < stacks->functions.count; i++) {
		if (marks[i] && !is_same(&stacks->functions.items[i], first))
			return fail_ambiguous(stacks, profile, text, marks, err);
	}
	profile->root = first->function;
	return 0;
}
