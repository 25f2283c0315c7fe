/*
 * shell_line.h - one line from the terminal: editing, history, completion.
 *
 * With libedit where it was built in (HAVE_LIBEDIT), else plain lines.
 */
#ifndef PMC_CLI_SHELL_LINE_H
#define PMC_CLI_SHELL_LINE_H

#include <stdbool.h>

struct line_reader;

/*
 * `words` (NULL-terminated, borrowed) are offered by the tab key; history is kept in
 * `history_path` (NULL: not).
 */
struct line_reader *line_reader_new(const char *const *words, const char *history_path);
void line_reader_free(struct line_reader *reader);

enum line_result { LINE_TEXT, LINE_INTERRUPTED, LINE_END };

/*
 * The next line without its end, valid until the next call. LINE_INTERRUPTED: Ctrl-C, the line is
 * to be forgotten.
 */
enum line_result line_read(struct line_reader *reader, const char *prompt, const char **line);

/* Remembers an entry, which may have had several lines. */
void line_remember(struct line_reader *reader, const char *entry);

/*
 * Path of the history file: $XDG_STATE_HOME/pmc/sql_history, else
 * ~/.local/state/pmc/sql_history. Its folder is made. NULL where there is no home or no folder can
 * be made. The caller frees.
 */
char *line_history_path(void);

#endif
