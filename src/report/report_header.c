/*
 * report_header.c - what a text report says before its table: what was recorded, and how well.
 *
 * Health lines are shown where they would change what a reader concludes: errors always, the others
 * from a share of the samples on. JSON and SQL have them all.
 */
#include "report/report_header.h"

#include <inttypes.h>
#include <string.h>

#include "base/format.h"
#include "base/health.h"
#include "report/text.h"

enum { INDENT = 10, COMMAND_MAX = 400 };

/* Shares of the samples from on which a warning, a remark is worth a line. */
#define TELL_WARNING 0.005
#define TELL_INFO 0.05
#define TELL_ESTIMATE 0.05
#define TELL_ESTIMATE_SAMPLES 500

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

/* "host: Some CPU, 8 CPUs, Linux 6.1", of what is known; recordings need not tell all of it. */
static char *describe_machine(const struct profile *profile)
{
	const struct profile_session *session = &profile->session;
	const char *kernel = profile_text(profile, session->kernel);
	PMC_FREE char *cpus = session->cpus ? pmc_sprintf("%" PRId64 " CPU%s", session->cpus,
							  plural(session->cpus)) : pmc_strdup("");
	PMC_FREE char *linux_release = *kernel ? pmc_sprintf("Linux %s", kernel) : pmc_strdup("");
	char *parts = pmc_join(pmc_strdup(profile_text(profile, session->cpu)), ", ", cpus);
	char *text;

	parts = pmc_join(parts, ", ", linux_release);
	text = pmc_join(pmc_strdup(profile_text(profile, session->hostname)), ": ", parts);
	free(parts);
	return text;
}

/* What a reader must know of a session that did not end by itself; NULL: it did. */
static const char *describe_state(const char *state)
{
	if (!strcmp(state, "recording"))
		return "still being recorded; these are its figures so far";
	if (!strcmp(state, "interrupted"))
		return "interrupted by a signal; what was sampled until then is complete";
	if (!strcmp(state, "cut short"))
		return "cut short: its recorder was killed; up to two seconds at its end are "
		       "missing";
	return strcmp(state, "finished") ? state : NULL;
}

/* What became of an event that was only counted, where that is not what was asked for; or NULL. */
static char *describe_counted(const struct profile *profile, const struct profile_event *event)
{
	const char *requested = profile_text(profile, event->requested);
	const char *name = profile_text(profile, event->name);
	const char *fallback = profile_text(profile, event->fallback);

	if (*requested && strcmp(requested, name))
		return pmc_sprintf("%s; asked for %s%s%s", name, requested, *fallback ? ": " : "",
				   fallback);
	return *fallback ? pmc_sprintf("%s; %s", name, fallback) : NULL;
}

static char *describe_event(const struct profile *profile, const struct profile_event *event)
{
	const char *requested = profile_text(profile, event->requested);
	const char *name = profile_text(profile, event->name);
	const char *fallback = profile_text(profile, event->fallback);
	bool fell_back = *fallback || (*requested && strcmp(requested, name));
	char value[PMC_FORMAT_SIZE], rate[PMC_FORMAT_SIZE];
	PMC_FREE char *asked = NULL, *shared = NULL;
	bool frequency = !strcmp(profile_text(profile, event->mode), "frequency");

	if (event->is_time)
		pmc_format_ns(value, (double)event->value);
	else
		pmc_format_count(value, (double)event->value);
	if (frequency)
		snprintf(rate, sizeof(rate), "%" PRId64 " Hz", event->period);
	else if (event->is_time)
		pmc_format_ns(rate, (double)event->period);
	else
		snprintf(rate, sizeof(rate), "%" PRId64, event->period);
	shared = event->running_ns > 0 && event->running_ns < event->enabled_ns
			 ? pmc_sprintf(" scaled up, as it was counted %.0f %% of the time",
				       (double)event->running_ns * 100 / (double)event->enabled_ns)
			 : pmc_strdup("");
	asked = !fell_back ? pmc_strdup("") :
		*requested && strcmp(requested, name) ?
		pmc_sprintf("; asked for %s%s%s", requested, *fallback ? ": " : "", fallback) :
		pmc_sprintf("; %s", fallback);
	if (!strcmp(profile_text(profile, event->mode), "read"))
		return pmc_sprintf("%s read with each sample of its group: %s%s, gained in %" PRId64
				   " of them%s", name, value, shared, event->samples, asked);
	return pmc_sprintf("%s %s %s: %s%s, %" PRId64 " sample%s%s", name,
			   frequency ? "at" : "every", rate, value, shared, event->samples,
			   plural(event->samples), asked);
}

/* A command line of a screen or less: scripts have many lines, compilers long ones. */
static char *describe_command(const struct profile *profile)
{
	PMC_FREE char *command = pmc_strdup(profile_text(profile, profile->session.command));

	for (char *c = command; *c; c++)
		*c = *c == '\n' || *c == '\t' ? ' ' : *c;
	return text_clean(command, COMMAND_MAX);
}

/* ---- health ---- */

enum measure { IN_EVENTS, IN_SAMPLES, IN_LOST, IN_NS, IN_MILLIONTHS, SAID_ABOVE };

static enum measure measure_of(const char *name)
{
	static const unsigned char measures[PMC_HEALTH_COUNT] = {
		[PMC_HEALTH_LOST_RECORDS] = IN_LOST, [PMC_HEALTH_LOST_SAMPLES] = IN_LOST,
		[PMC_HEALTH_THROTTLED_NS] = IN_NS, [PMC_HEALTH_STACK_CUT] = IN_SAMPLES,
		[PMC_HEALTH_STACK_DEPTH] = IN_SAMPLES, [PMC_HEALTH_UNMAPPED] = IN_SAMPLES,
		[PMC_HEALTH_UNRESOLVED] = IN_SAMPLES, [PMC_HEALTH_UNKNOWN_TASK] = IN_SAMPLES,
		[PMC_HEALTH_UNWIND_NO_CFI] = IN_SAMPLES, [PMC_HEALTH_UNWIND_SHORT] = IN_SAMPLES,
		[PMC_HEALTH_UNWIND_BAD] = IN_SAMPLES, [PMC_HEALTH_UNWIND_NO_FILE] = IN_SAMPLES,
		[PMC_HEALTH_UNWIND_DEPTH] = IN_SAMPLES, [PMC_HEALTH_STACK_MISSING] = IN_SAMPLES,
		[PMC_HEALTH_ESTIMATE_ERROR] = IN_MILLIONTHS,
		[PMC_HEALTH_FALLBACK] = SAID_ABOVE, [PMC_HEALTH_INTERRUPTED] = SAID_ABOVE,
	};

	for (int i = 0; i < PMC_HEALTH_COUNT; i++) {
		if (!strcmp(pmc_health_describe(i)->name, name))
			return measures[i];
	}
	return IN_EVENTS;
}

static bool is_worth_telling(enum measure measure, const char *severity, double share,
			     int64_t samples)
{
	/* The part of a period that is always missing is much of a short recording. */
	if (measure == IN_MILLIONTHS)
		return share >= TELL_ESTIMATE && samples >= TELL_ESTIMATE_SAMPLES;
	if (measure == SAID_ABOVE)
		return false;
	if (!strcmp(severity, "error") || measure != IN_SAMPLES)
		return true;
	return share >= (strcmp(severity, "info") ? TELL_WARNING : TELL_INFO);
}

static void print_health(const struct profile *profile, const struct profile_health *health,
			 const struct pmc_style *style, FILE *out)
{
	const char *severity = profile_text(profile, health->severity);
	PMC_FREE char *name = pmc_strdup(profile_text(profile, health->name));
	enum measure measure = measure_of(name);
	int64_t of = profile->session.samples + (measure == IN_LOST ? profile->session.lost : 0);
	double share = measure == IN_MILLIONTHS ? (double)health->value / 1e6 :
		       of ? (double)health->value / (double)of : 0;
	enum text_tint tint = !strcmp(severity, "error") ? TEXT_ERROR :
			      !strcmp(severity, "warning") ? TEXT_WARNING : TEXT_PLAIN;
	char value[PMC_FORMAT_SIZE * 2];
	PMC_FREE char *text = NULL;

	if (!is_worth_telling(measure, severity, share, profile->session.samples))
		return;
	for (char *c = name; *c; c++)
		*c = *c == '_' ? ' ' : *c;
	if (measure == IN_NS) {
		name[strlen(name) - strlen("_ns")] = '\0';
		pmc_format_ns(value, (double)health->value);
	} else if (measure == IN_MILLIONTHS) {
		snprintf(value, sizeof(value), "%.1f %%", share * 100);
	} else if (measure != IN_EVENTS && of) {
		snprintf(value, sizeof(value), "%" PRId64 " (%s%.1f %%)", health->value,
			 share < 0.0005 ? "<" : "", share < 0.0005 ? 0.1 : share * 100);
	} else {
		snprintf(value, sizeof(value), "%" PRId64, health->value);
	}
	text = pmc_sprintf("%s: %s. %s", name, value, profile_text(profile, health->advice));
	text_paragraph(out, style, tint, severity, INDENT, text);
}

/* Errors before warnings before the rest. */
static void print_all_health(const struct profile *profile, const struct pmc_style *style,
			     FILE *out)
{
	static const char *const order[] = { "error", "warning", "info" };

	for (size_t s = 0; s < PMC_COUNT(order); s++) {
		for (size_t i = 0; i < profile->health.count; i++) {
			const struct profile_health *health = &profile->health.items[i];

			if (!strcmp(profile_text(profile, health->severity), order[s]))
				print_health(profile, health, style, out);
		}
	}
}

/* ---- all of it ---- */

static void print_when(const struct profile *profile, const struct pmc_style *style, FILE *out)
{
	const struct profile_session *session = &profile->session;
	const char *state = describe_state(profile_text(profile, session->state));
	char duration[PMC_FORMAT_SIZE];
	PMC_FREE char *when =
		pmc_sprintf("%s UTC, for %s", profile_text(profile, session->started_at),
			    pmc_format_ns(duration, (double)session->duration_ns));

	text_paragraph(out, style, TEXT_TITLE, "When", INDENT, when);
	if (state)
		text_paragraph(out, style, TEXT_WARNING, "State", INDENT, state);
}

static void print_window(const struct profile *profile, const struct pmc_style *style, FILE *out)
{
	char slice[PMC_FORMAT_SIZE], end[PMC_FORMAT_SIZE] = "the end";
	PMC_FREE char *text = NULL;
	int64_t samples = 0, all = 0;

	for (size_t e = 0; e < profile->events_count; e++) {
		samples += profile->events[e].window_samples;
		all += profile->events[e].samples;
	}
	if (profile->end_slice >= 0)
		snprintf(end, sizeof(end), "%g s",
			 (double)(profile->end_slice * profile->slice_ns) / 1e9);
	pmc_format_ns(slice, (double)profile->slice_ns);
	text = pmc_sprintf("%g s to %s, in whole slices of %s: %" PRId64 " of %" PRId64 " samples",
			   (double)(profile->first_slice * profile->slice_ns) / 1e9, end, slice,
			   samples, all);
	text_paragraph(out, style, TEXT_TITLE, "Window", INDENT, text);
}

/* What runs under the root, of all there is: what the shares are of. */
static void print_root(const struct profile *profile, const struct pmc_style *style, FILE *out)
{
	PMC_FREE char *text = pmc_sprintf("%s and what it called:",
					  profile_text(profile, profile->root));

	for (size_t e = 0; e < profile->events_count; e++) {
		const struct profile_event *event = &profile->events[e];
		const int64_t of = profile->windowed ? event->window_samples : event->samples;
		char value[PMC_FORMAT_SIZE];
		char *more;

		if (event->is_time)
			pmc_format_ns(value, (double)event->root_value);
		else
			pmc_format_count(value, (double)event->root_value);
		more = pmc_sprintf("%s%s %s of %s, %" PRId64 " of %" PRId64 " sample%s", text,
				   e ? ";" : "", value, profile_text(profile, event->name),
				   event->root_samples, of, plural(of));
		free(text);
		text = more;
	}
	text_paragraph(out, style, TEXT_TITLE, "Root", INDENT, text);
}

void report_header(const struct profile *profile, const struct pmc_style *style, FILE *out)
{
	const struct profile_session *session = &profile->session;
	const char *label = profile_text(profile, session->label);
	PMC_FREE char *number = session->label ?
		pmc_sprintf("%" PRId64 ", labelled %s", session->id, label) :
		pmc_sprintf("%" PRId64, session->id);
	PMC_FREE char *machine = describe_machine(profile), *command = describe_command(profile);

	text_paragraph(out, style, TEXT_TITLE, "Session", INDENT, number);
	text_paragraph(out, style, TEXT_TITLE, "Command", INDENT, command);
	if (session->source)
		text_paragraph(out, style, TEXT_TITLE, "Source", INDENT,
			       profile_text(profile, session->source));
	if (*machine)
		text_paragraph(out, style, TEXT_TITLE, "Machine", INDENT, machine);
	print_when(profile, style, out);
	for (size_t e = 0; e < profile->events_count; e++) {
		const struct profile_event *row = &profile->events[e];
		PMC_FREE char *event = profile_event_is_counted(profile, row) ?
			describe_counted(profile, row) : describe_event(profile, row);

		if (event)
			text_paragraph(out, style, TEXT_TITLE, "Event", INDENT, event);
	}
	if (profile->windowed)
		print_window(profile, style, out);
	if (profile->root)
		print_root(profile, style, out);
	print_all_health(profile, style, out);
	fputc('\n', out);
}
