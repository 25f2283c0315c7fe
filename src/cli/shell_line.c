/*
 * shell_line.c - one line from the terminal; see shell_line.h.
 *
 * Signals arrive only while nothing else happens: SIGINT and SIGWINCH are blocked from the start of
 * a line to its end, but for the wait for a key (ppoll), so that none falls between a check and the
 * read, and none meets the line editing halfway.
 */
#include "cli/shell_line.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#ifdef HAVE_LIBEDIT
#include <histedit.h>
#endif

#include "base/mem.h"

enum { HISTORY_ENTRIES = 1000 };

static volatile sig_atomic_t interrupted, resized;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

static void on_resize(int signal_number)
{
	(void)signal_number;
	resized = 1;
}

/* How signals were before a line, and the mask to wait with. */
struct signals {
	struct sigaction interrupt, resize;
	sigset_t mask;
};

static void hold_signals(struct signals *before)
{
	const struct sigaction interrupt = { .sa_handler = on_interrupt };
	const struct sigaction resize = { .sa_handler = on_resize };
	sigset_t held;

	interrupted = 0;
	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGWINCH);
	sigprocmask(SIG_BLOCK, &held, &before->mask);
	sigaction(SIGINT, &interrupt, &before->interrupt);
	sigaction(SIGWINCH, &resize, &before->resize);
}

static void release_signals(const struct signals *before)
{
	sigaction(SIGINT, &before->interrupt, NULL);
	sigaction(SIGWINCH, &before->resize, NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

/* Until there is something to read: 1. A signal came instead: 0. */
static int wait_for_input(const struct signals *before)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	return ppoll(&input, 1, NULL, &before->mask) < 0 && errno == EINTR ? 0 : 1;
}

/* Makes all folders above the last slash of path. */
static bool make_folders(char *path)
{
	for (char *at = path + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		if (mkdir(path, 0700) && errno != EEXIST) {
			*at = '/';
			return false;
		}
		*at = '/';
	}
	return true;
}

char *line_history_path(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path;

	/* The XDG rules: a path that is not absolute is as good as none. */
	if (state && state[0] == '/')
		path = pmc_sprintf("%s/pmc/sql_history", state);
	else if (home && home[0] == '/')
		path = pmc_sprintf("%s/.local/state/pmc/sql_history", home);
	else
		return NULL;
	if (make_folders(path))
		return path;
	free(path);
	return NULL;
}

#ifdef HAVE_LIBEDIT

struct line_reader {
	EditLine *edit;
	History *history;
	const char *const *words;
	const char *prompt;
	char *history_path;
	char *text;
	struct signals before;	/* valid while a line is read */
};

static char *get_prompt(EditLine *edit)
{
	struct line_reader *reader;

	el_get(edit, EL_CLIENTDATA, &reader);
	return (char *)reader->prompt;
}

/* ---- completion ---- */

static bool is_word(char c)
{
	return c == '_' || c == '.' || (c >= '0' && c <= '9') ||
	       ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static size_t common_start(const char *a, const char *b, size_t len)
{
	size_t same = 0;

	while (same < len && a[same] && a[same] == b[same])
		same++;
	return same;
}

static void list_matches(const struct line_reader *reader, const char *start, size_t len)
{
	size_t column = 0;

	putchar('\n');
	for (size_t i = 0; reader->words[i]; i++) {
		if (strncasecmp(reader->words[i], start, len))
			continue;
		column += (size_t)printf("%-18s ", reader->words[i]);
		if (column >= 72) {
			putchar('\n');
			column = 0;
		}
	}
	if (column)
		putchar('\n');
	fflush(stdout);
}

/*
 * The tab key: adds what all words with the start before the cursor have in common, or lists
 * them.
 */
static unsigned char complete(EditLine *edit, int key)
{
	const LineInfo *line = el_line(edit);
	const char *start = line->cursor, *first = NULL;
	struct line_reader *reader;
	size_t len, same = 0, count = 0;
	PMC_FREE char *added = NULL;
	const char *dot;

	(void)key;
	el_get(edit, EL_CLIENTDATA, &reader);
	while (start > line->buffer && is_word(start[-1]))
		start--;
	/* After "t." only the column counts; a dot at the line's start is a shell command. */
	dot = memrchr(start, '.', (size_t)(line->cursor - start));
	if (dot && dot != line->buffer)
		start = dot + 1;
	len = (size_t)(line->cursor - start);
	if (!len)
		return CC_ERROR;
	for (size_t i = 0; reader->words[i]; i++) {
		if (strncasecmp(reader->words[i], start, len))
			continue;
		same = first ? common_start(first, reader->words[i], same)
			     : strlen(reader->words[i]);
		first = first ? first : reader->words[i];
		count++;
	}
	if (!count)
		return CC_ERROR;
	if (same > len || count == 1) {
		added = pmc_sprintf("%.*s%s", (int)(same - len), first + len,
				    count == 1 ? " " : "");
		return el_insertstr(edit, added) ? CC_ERROR : CC_REFRESH;
	}
	list_matches(reader, start, len);
	return CC_REDISPLAY;
}

/* ---- lines ---- */

/* The next character for libedit: 1; 0 at the end of input and where the line is to be given up. */
static int read_character(EditLine *edit, wchar_t *character)
{
	struct line_reader *reader;
	mbstate_t state = { 0 };
	char byte;

	el_get(edit, EL_CLIENTDATA, &reader);
	for (;;) {
		size_t len;

		if (!wait_for_input(&reader->before)) {
			if (interrupted)
				return 0;
			if (resized)
				el_resize(edit);
			resized = 0;
			continue;
		}
		if (read(STDIN_FILENO, &byte, 1) != 1)
			return 0;
		len = mbrtowc(character, &byte, 1, &state);
		if (len == (size_t)-2)
			continue;
		if (len == (size_t)-1)
			*character = L'?';
		return 1;
	}
}

struct line_reader *line_reader_new(const char *const *words, const char *history_path)
{
	struct line_reader *reader = pmc_calloc(1, sizeof(*reader));
	HistEvent event;

	setlocale(LC_CTYPE, "");	/* what is typed is UTF-8 only if libedit is told so */
	reader->words = words;
	reader->history_path = history_path ? pmc_strdup(history_path) : NULL;
	reader->history = history_init();
	history(reader->history, &event, H_SETSIZE, HISTORY_ENTRIES);
	history(reader->history, &event, H_SETUNIQUE, 1);
	if (history_path)
		history(reader->history, &event, H_LOAD, history_path);
	reader->edit = el_init("pmc", stdin, stdout, stderr);
	if (!reader->edit) {
		line_reader_free(reader);
		return NULL;
	}
	el_set(reader->edit, EL_CLIENTDATA, reader);
	el_set(reader->edit, EL_PROMPT, get_prompt);
	el_set(reader->edit, EL_GETCFN, read_character);
	el_set(reader->edit, EL_EDITOR, "emacs");
	el_set(reader->edit, EL_HIST, history, reader->history);
	el_set(reader->edit, EL_ADDFN, "pmc-complete", "complete a name", complete);
	el_set(reader->edit, EL_BIND, "^I", "pmc-complete", NULL);
	el_set(reader->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
	el_source(reader->edit, NULL);
	return reader;
}

void line_reader_free(struct line_reader *reader)
{
	if (!reader)
		return;
	if (reader->edit)
		el_end(reader->edit);
	history_end(reader->history);
	free(reader->history_path);
	free(reader->text);
	free(reader);
}

enum line_result line_read(struct line_reader *reader, const char *prompt, const char **line)
{
	const char *text;
	int len;

	reader->prompt = prompt;
	hold_signals(&reader->before);
	text = el_gets(reader->edit, &len);
	release_signals(&reader->before);
	if (interrupted) {
		el_reset(reader->edit);
		fputs("^C\n", stdout);
		return LINE_INTERRUPTED;
	}
	if (!text || len <= 0)
		return LINE_END;
	free(reader->text);
	reader->text = pmc_strndup(text, (size_t)len - (text[len - 1] == '\n'));
	*line = reader->text;
	return LINE_TEXT;
}

void line_remember(struct line_reader *reader, const char *entry)
{
	PMC_FREE char *text = pmc_strdup(entry);
	HistEvent event;
	mode_t mask;

	for (char *at = text; *at; at++)
		*at = *at == '\n' ? ' ' : *at;
	history(reader->history, &event, H_ENTER, text);
	if (!reader->history_path)
		return;
	mask = umask(077);	/* queries may hold what is nobody else's business */
	history(reader->history, &event, H_SAVE, reader->history_path);
	umask(mask);
}

#else

struct line_reader {
	char *text;
	size_t size;
};

struct line_reader *line_reader_new(const char *const *words, const char *history_path)
{
	(void)words;
	(void)history_path;
	return pmc_calloc(1, sizeof(struct line_reader));
}

void line_reader_free(struct line_reader *reader)
{
	if (!reader)
		return;
	free(reader->text);
	free(reader);
}

enum line_result line_read(struct line_reader *reader, const char *prompt, const char **line)
{
	struct signals before;
	ssize_t len = 0;

	fputs(prompt, stdout);
	fflush(stdout);
	hold_signals(&before);
	while (!interrupted && !wait_for_input(&before))
		;
	if (!interrupted)
		len = getline(&reader->text, &reader->size, stdin);
	release_signals(&before);
	if (interrupted) {
		putchar('\n');
		return LINE_INTERRUPTED;
	}
	if (len < 0)
		return LINE_END;
	if (len && reader->text[len - 1] == '\n')
		reader->text[len - 1] = '\0';
	*line = reader->text;
	return LINE_TEXT;
}

void line_remember(struct line_reader *reader, const char *entry)
{
	(void)reader;
	(void)entry;
}

#endif
