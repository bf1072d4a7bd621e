/* hufu errors [CODE...] [--json] */
#include "error/codes.h"

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All codes in JSON take a ninth of it. */
enum { OUTPUT_MAX = 1024 * 1024 };

enum { CODES_MAX = 64 }; /* more than a command line has reason to name */

struct request {
    long codes[CODES_MAX];
    size_t count;
    bool json;
    bool help;
};

struct words {
    const char *usage;
    const char *not_a_number; /* behind the word */
    const char *unknown;      /* before the number */
    const char *nearest;      /* before a family */
    const char *all;
    const char *why; /* the labels are of one width, up to `column` */
    const char *next;
    const char *note;
    size_t column;
    const char *not_ours;
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .usage = "Usage: hufu errors [CODE...] [--json]\n",
            .not_a_number = " is no number.\n",
            .unknown = "hufu: there is no such code: ",
            .nearest = "The nearest ones: ",
            .all = "All of them: hufu errors\n",
            .why = "  Why   ",
            .next = "  Next  ",
            .note = "  Note  ",
            .column = 8,
            .not_ours = "hufu itself never raises this number; a page or another component does.",
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .usage = "用法：hufu errors [代碼...] [--json]\n",
            .not_a_number = " 不是數字。\n",
            .unknown = "hufu：沒有這個代碼：",
            .nearest = "最接近的代碼：",
            .all = "列出全部：hufu errors\n",
            .why = "  原因    ",
            .next = "  下一步  ",
            .note = "  備註    ",
            .column = 10,
            .not_ours = "虎符本身不會回報這個代碼，它來自網頁或其他元件。",
        },
};

/* --- the command line --- */

static bool take_word(struct request *request, const char *word, const struct words *in)
{
    if (strcmp(word, "--json") == 0)
        return request->json = true;
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return request->help = true;
    if (word[0] == '-' || request->count == CODES_MAX)
        return false;
    char *end = NULL;
    request->codes[request->count++] = strtol(word, &end, 10); /* too large a one is unknown */
    if (end != word && *end == 0)
        return true;
    fprintf(stderr, "%s%s", word, in->not_a_number);
    return false;
}

static bool parse(int argc, char **argv, struct request *request, const struct words *in)
{
    *request = (struct request){0};
    for (int i = 1; i < argc; i++)
        if (!take_word(request, argv[i], in))
            return false;
    return true;
}

/* --- output --- */

static void add_json_texts(struct hufu_buf *buf, const char *name, const char *en, const char *zh)
{
    hufu_buf_printf(buf, ",\"%s\":{\"en\":", name);
    hufu_print_json(buf, en);
    hufu_buf_add_text(buf, ",\"zh-TW\":");
    hufu_print_json(buf, zh);
    hufu_buf_add_text(buf, "}");
}

static void add_json(struct hufu_buf *buf, const struct hufu_code *code)
{
    const struct hufu_says *en = &code->says[HUFU_LANGUAGE_EN];
    const struct hufu_says *zh = &code->says[HUFU_LANGUAGE_ZH_TW];
    hufu_buf_printf(buf, "%s{\"code\":%d,\"symbol\":\"%s\",\"raised\":%s", buf->len ? "," : "",
                    code->number, code->symbol, code->raised ? "true" : "false");
    add_json_texts(buf, "text", en->text, zh->text);
    add_json_texts(buf, "cause", en->cause, zh->cause);
    add_json_texts(buf, "remedy", en->remedy, zh->remedy);
    hufu_buf_add_text(buf, "}");
}

static void add_answer(struct hufu_buf *buf, const struct hufu_code *code,
                       enum hufu_language language)
{
    const struct hufu_says *says = &code->says[language];
    const struct words *in = &words[language];
    const char *const parts[][2] = {{in->why, says->cause},
                                    {in->next, says->remedy},
                                    {in->note, code->raised ? NULL : in->not_ours}};
    char head[16];
    snprintf(head, sizeof head, "%d  ", code->number);
    hufu_buf_printf(buf, "%s%s", buf->len ? "\n" : "", head);
    hufu_wrap(buf, says->text, strlen(head));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i][1]) {
            hufu_buf_add_text(buf, parts[i][0]);
            hufu_wrap(buf, parts[i][1], in->column);
        }
}

static void add_one(struct hufu_buf *buf, const struct hufu_code *code,
                    const struct request *request, enum hufu_language language)
{
    if (request->json)
        add_json(buf, code);
    else
        add_answer(buf, code, language);
}

/* Under the title of its family, where there are titles. */
static void add_all(struct hufu_buf *buf, const struct request *request,
                    enum hufu_language language)
{
    const struct hufu_family *family = NULL;
    for (size_t i = 1; i < hufu_codes_count(); i++) { /* the first one is no error */
        const struct hufu_code *code = hufu_codes_at(i);
        if (request->json) {
            add_json(buf, code);
            continue;
        }
        if (family != hufu_family_nearest(code->number)) {
            family = hufu_family_nearest(code->number);
            hufu_buf_printf(buf, "%s%s\n", buf->len ? "\n" : "", family->title[language]);
        }
        hufu_buf_printf(buf, "%5d  %s\n", code->number, code->says[language].text);
    }
}

static void say_unknown(long number, enum hufu_language language)
{
    const struct words *in = &words[language];
    const struct hufu_family *family = hufu_family_nearest(number);
    fprintf(stderr, "%s%ld\n", in->unknown, number);
    fprintf(stderr, "%s%d-%d  %s\n%s", in->nearest, family->first, family->last,
            family->title[language], in->all);
}

static int print(const struct request *request, enum hufu_language language)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = OUTPUT_MAX};
    int status = HUFU_EXIT_DONE;
    if (request->count == 0)
        add_all(&text, request, language);
    for (size_t i = 0; i < request->count; i++) {
        const struct hufu_code *code = hufu_code_find(request->codes[i]);
        if (code) {
            add_one(&text, code, request, language);
            continue;
        }
        say_unknown(request->codes[i], language);
        status = HUFU_EXIT_FAILED;
    }
    printf("%s%s%s", request->json ? "{\"errors\":[" : "", hufu_buf_text(&text),
           request->json ? "]}\n" : "");
    return text.failed ? HUFU_EXIT_FAILED : status;
}

int hufu_cli_errors(int argc, char **argv)
{
    struct request request;
    enum hufu_language language = hufu_language_of_environment();
    const struct words *in = &words[language];
    bool valid = parse(argc, argv, &request, in);
    if (!valid || request.help) {
        fputs(in->usage, valid ? stdout : stderr);
        return valid ? HUFU_EXIT_DONE : HUFU_EXIT_USAGE;
    }
    return print(&request, language);
}
