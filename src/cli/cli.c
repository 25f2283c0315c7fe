/*
 * cli.c - how pmc talks: errors, remarks, the look of a stream, the end of output.
 *
 * Job: the one place that knows of stderr, terminals and exit statuses; every message leaves in one
 * write, so that lines of several processes do not mix.
 * Not here: what is said (each command), and tables (report/).
 */
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/format.h"
#include "base/mem.h"

static bool may_color(FILE *stream)
{
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");

	return isatty(fileno(stream)) && !(no_color && no_color[0]) && term && strcmp(term, "dumb");
}

/* Appends `text` to *message, cleaned for a terminal; later lines of it are set in by 8. */
static void add_lines(char **message, const char *text)
{
	PMC_FREE char *copy = pmc_strdup(text);
	char *rest = copy, *line;
	bool first = true;

	while ((line = strsep(&rest, "\n"))) {
		const size_t size = strlen(line) + 1;
		PMC_FREE char *clean = pmc_calloc(size, 1);
		char *longer;

		if (!first && !*line)
			continue;
		longer = pmc_sprintf("%s%s%s\n", *message, first ? "" : "        ",
				     pmc_format_name(clean, size, line, 0));
		free(*message);
		*message = longer;
		first = false;
	}
}

static void write_message(const char *message)
{
	fflush(stdout);		/* results before what is said about them */
	fputs(message, stderr);
	fflush(stderr);
}

int pmc_cli_fail(const struct pmc_err *err)
{
	const bool color = may_color(stderr);
	PMC_FREE char *message = pmc_sprintf("%spmc:%s ", color ? "\033[1;31m" : "",
					     color ? "\033[0m" : "");

	add_lines(&message, err->message[0] ? err->message : "failed, and nothing says why");
	if (err->hint[0]) {
		char *longer = pmc_sprintf("%s  %shint:%s ", message, color ? "\033[1;36m" : "",
					   color ? "\033[0m" : "");

		free(message);
		message = longer;
		add_lines(&message, err->hint);
	}
	write_message(message);
	return err->kind == PMC_ERR_USAGE ? PMC_EXIT_USAGE : PMC_EXIT_FAILED;
}

int pmc_cli_command_status(const struct pmc_err *err, int otherwise)
{
	switch (err->kind) {
	case PMC_ERR_NOT_FOUND:
		return 127;
	case PMC_ERR_NOT_EXECUTABLE:
		return 126;
	default:
		return otherwise;
	}
}

void pmc_cli_say(const char *fmt, ...)
{
	PMC_FREE char *message = pmc_strdup("pmc: ");
	PMC_FREE char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	add_lines(&message, text ? text : fmt);
	write_message(message);
}

const char *pmc_cli_db_path(const char *option)
{
	const char *env = getenv("PMC_DB");

	return option ? option : env && env[0] ? env : "pmc.db";
}

/* As the C library would decide, which nothing else here asks about locales. */
static bool is_utf8_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < PMC_COUNT(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

struct pmc_style pmc_cli_style(FILE *stream)
{
	struct pmc_style style = { .color = may_color(stream), .ascii = !is_utf8_locale() };
	struct winsize size;

	if (isatty(fileno(stream))) {
		const char *columns = getenv("COLUMNS");

		style.width = 80;
		if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col)
			style.width = size.ws_col;
		else if (columns && atoi(columns) > 0)
			style.width = (unsigned)atoi(columns);
	}
	return style;
}

int pmc_cli_finish(FILE *stream, int status)
{
	struct pmc_err err = { 0 };
	int errnum;

	errno = 0;
	if (fflush(stream) == 0) {
		/* An earlier write failed and its reason is gone; a pipe can still be asked. */
		struct pollfd fd = { .fd = fileno(stream), .events = POLLOUT };

		if (!ferror(stream))
			return status;
		errnum = poll(&fd, 1, 0) == 1 && fd.revents & POLLERR ? EPIPE : EIO;
	} else {
		errnum = errno;
	}
	if (errnum == EPIPE)
		return status;
	pmc_err_errno(&err, errnum, "cannot write the output");
	if (errnum == ENOSPC)
		pmc_err_hint(&err, "what was written is cut; free some space or write elsewhere");
	return pmc_cli_fail(&err);
}
