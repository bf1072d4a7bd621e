#include "wire/problems.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char file_name[] = "problems";

enum {
    FILE_MAX = HUFU_PROBLEMS_MAX * (2 * PATH_MAX + 64),
    FOLDER_MODE = 0700,
    FILE_MODE = 0600,
    LINE_MAX_NUMBER = 1024 * 1024 /* a file of configuration has fewer bytes */
};

static const struct row {
    const char *symbol;
    const char *text[2]; /* by enum hufu_language */
} rows[HUFU_EXPECTED_COUNT] = {
#define HUFU_EXPECTED(symbol, en, zh)                                                              \
    [HUFU_EXPECTED_##symbol] = {#symbol, {[HUFU_LANGUAGE_EN] = (en), [HUFU_LANGUAGE_ZH_TW] = (zh)}},
#include "wire/problems.def"
#undef HUFU_EXPECTED
};

/* A file's name may hold anything; here it stands in a line, between tabs. */
static void copy_path(char ret_path[PATH_MAX], const char *path)
{
    snprintf(ret_path, PATH_MAX, "%s", path ? path : "");
    for (char *at = ret_path; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
}

void hufu_problems_add(struct hufu_problems *problems, const char *file, unsigned line,
                       enum hufu_expected expected, const char *other)
{
    if (problems->count == HUFU_PROBLEMS_MAX)
        return;
    struct hufu_problem *problem = &problems->items[problems->count++];
    problem->line = line;
    problem->expected = expected;
    copy_path(problem->file, file);
    copy_path(problem->other, other);
}

void hufu_problem_text(const struct hufu_problem *problem, enum hufu_language language,
                       struct hufu_buf *buf)
{
    bool english = language == HUFU_LANGUAGE_EN;
    hufu_buf_add_text(buf, problem->file);
    if (problem->line)
        hufu_buf_printf(buf, english ? ", line %u" : "，第 %u 行", problem->line);
    hufu_buf_add_text(buf, english ? ": expected " : "：應為");
    hufu_buf_add_text(buf, rows[problem->expected].text[language]);
    if (problem->other[0])
        hufu_buf_printf(buf, " %s", problem->other);
}

/* --- the file --- */

static bool find(char ret_path[PATH_MAX])
{
    char folder[PATH_MAX];
    return hufu_path_state(folder) && hufu_path_join(ret_path, folder, file_name);
}

int hufu_problems_write(const struct hufu_problems *problems)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FILE_MAX};
    if (!hufu_path_state(folder) || !find(path))
        return ENAMETOOLONG;
    if (problems->count == 0)
        return unlink(path) && errno != ENOENT ? errno : 0;
    for (size_t i = 0; i < problems->count; i++) {
        const struct hufu_problem *problem = &problems->items[i];
        hufu_buf_printf(&text, "%u\t%s\t%s\t%s\n", problem->line, rows[problem->expected].symbol,
                        problem->file, problem->other);
    }
    int problem = text.failed ? ENOMEM : hufu_folder_make(folder, FOLDER_MODE);
    return problem ? problem : hufu_file_write(path, FILE_MODE, hufu_buf_bytes(&text));
}

/* Up to the next tab, which becomes its end; NULL when there is none. */
static char *take_field(char **at)
{
    char *field = *at;
    char *tab = strchr(field, '\t');
    if (!tab)
        return NULL;
    *tab = 0;
    *at = tab + 1;
    return field;
}

static enum hufu_expected expected_named(const char *symbol)
{
    size_t i = 0;
    while (i < HUFU_EXPECTED_COUNT && strcmp(rows[i].symbol, symbol) != 0)
        i++;
    return (enum hufu_expected)i;
}

static void read_line(struct hufu_problems *problems, char *line)
{
    char *number = take_field(&line);
    char *symbol = number ? take_field(&line) : NULL;
    char *file = symbol ? take_field(&line) : NULL;
    char *end = NULL;
    unsigned long at = number ? strtoul(number, &end, 10) : 0;
    enum hufu_expected expected = symbol ? expected_named(symbol) : HUFU_EXPECTED_COUNT;
    if (file && end > number && *end == 0 && at <= LINE_MAX_NUMBER && file[0] == '/' &&
        expected < HUFU_EXPECTED_COUNT)
        hufu_problems_add(problems, file, (unsigned)at, expected, line);
}

void hufu_problems_read(struct hufu_problems *ret_problems)
{
    char path[PATH_MAX];
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FILE_MAX};
    ret_problems->count = 0;
    if (!find(path) || hufu_file_read(path, &text))
        return;
    char *line = (char *)text.data;
    for (char *end; line && (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        read_line(ret_problems, line);
    }
}
