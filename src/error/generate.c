/* Writes what is made of the table of codes when hufu is built, to standard output:
 *
 *     generate manual    hufu-errors(7), for scdoc
 *     generate page      the web page of codes, in both languages
 */
#include "error/codes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- escaping --- */

static void put_escaped(const char *text, const char *special, const char *(*replace)(char c))
{
    for (; *text; text++)
        if (strchr(special, *text))
            fputs(replace(*text), stdout);
        else
            putchar(*text);
}

static const char *manual_escape(char c)
{
    static char escaped[] = "\\?";
    escaped[1] = c;
    return escaped;
}

static const char *page_escape(char c)
{
    return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&quot;";
}

static void put_manual(const char *text)
{
    put_escaped(text, "\\*_~`#[]|<>.-", manual_escape);
}

static void put_page(const char *text)
{
    put_escaped(text, "&<>\"", page_escape);
}

/* --- families --- */

static bool is_of(const struct hufu_code *code, const struct hufu_family *family)
{
    return code->number >= family->first && code->number <= family->last;
}

static void each_code(const struct hufu_family *family, enum hufu_language language,
                      void (*put)(const struct hufu_code *, enum hufu_language))
{
    for (size_t i = 0; i < hufu_codes_count(); i++)
        if (is_of(hufu_codes_at(i), family))
            put(hufu_codes_at(i), language);
}

/* --- the manual page --- */

static void put_manual_code(const struct hufu_code *code, enum hufu_language language)
{
    const struct hufu_says *says = &code->says[language];
    printf("*%d* ", code->number);
    put_manual(says->text);
    fputs("\n\tWhy: ", stdout);
    put_manual(says->cause);
    fputs("\n\n\tNext: ", stdout);
    put_manual(says->remedy);
    fputs("\n\n", stdout);
    if (!code->raised)
        fputs("\tNot raised by hufu, but by pages or other components.\n\n", stdout);
}

static void put_title(const char *title)
{
    for (; *title; title++)
        putchar(*title >= 'a' && *title <= 'z' ? *title - 'a' + 'A' : *title);
}

static void write_manual(void)
{
    fputs(
        "hufu-errors(7)\n\n# NAME\n\nhufu-errors - the codes that pages show, and what to do\n\n"
        "# DESCRIPTION\n\n"
        "A page that cannot use your card shows a number. Here is what each of them means, why it\n"
        "comes, and the one next step. *hufu errors* _CODE_ says the same at the prompt, in your\n"
        "language.\n\n"
        "Some numbers come from the page itself or from other components; hufu never raises them,\n"
        "and they are here because people meet them.\n\n",
        stdout);
    for (size_t i = 1; i < hufu_families_count(); i++) {
        fputs("# ", stdout);
        put_title(hufu_families_at(i)->title[HUFU_LANGUAGE_EN]);
        fputs("\n\n", stdout);
        each_code(hufu_families_at(i), HUFU_LANGUAGE_EN, put_manual_code);
    }
    fputs("# SEE ALSO\n\n*hufu*(1), *hufu-errors*(1), *hufud*(8)\n", stdout);
}

/* --- the web page --- */

struct words {
    const char *tag;    /* of the language */
    const char *suffix; /* of an id: links to a number alone lead to the first language */
    const char *title;
    const char *lead;
    const char *other; /* a link to the other language */
    const char *families;
    const char *why;
    const char *next;
    const char *not_ours;
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .tag = "en",
            .suffix = "-en",
            .title = "The codes, and what to do",
            .lead = "A page that cannot use your card shows a number. Find it here: what happened, "
                    "why, and the one next step. At the prompt, <code>hufu errors CODE</code> says "
                    "the same.",
            .other = "<a href=\"#zh-TW\" lang=\"zh-TW\" hreflang=\"zh-TW\">中文</a>",
            .families = "Families of codes",
            .why = "Why",
            .next = "Next step",
            .not_ours = "Not raised by hufu, but by pages or other components.",
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .tag = "zh-TW",
            .suffix = "",
            .title = "代碼與處理方式",
            .lead =
                "網頁無法使用卡片時會顯示一個代碼。在這裡可以查到發生什麼事、為什麼，以及下一步。"
                "也可以執行 <code>hufu errors 代碼</code> 查詢。",
            .other = "<a href=\"#en\" lang=\"en\" hreflang=\"en\">English</a>",
            .families = "代碼分類",
            .why = "原因",
            .next = "下一步",
            .not_ours = "虎符不會回報這個代碼，它來自網頁或其他元件。",
        },
};

static void put_page_code(const struct hufu_code *code, enum hufu_language language)
{
    const struct hufu_says *says = &code->says[language];
    const struct words *in = &words[language];
    printf("<section id=\"%d%s\">\n<h3><a href=\"#%d%s\">%d</a> ", code->number, in->suffix,
           code->number, in->suffix, code->number);
    put_page(says->text);
    printf("</h3>\n<dl>\n<dt>%s</dt><dd>", in->why);
    put_page(says->cause);
    printf("</dd>\n<dt>%s</dt><dd>", in->next);
    put_page(says->remedy);
    fputs("</dd>\n</dl>\n", stdout);
    if (!code->raised)
        printf("<p class=\"note\">%s</p>\n", in->not_ours);
    fputs("</section>\n", stdout);
}

static void put_families(enum hufu_language language)
{
    printf("<nav aria-label=\"%s\">\n<ul>\n", words[language].families);
    for (size_t i = 1; i < hufu_families_count(); i++) {
        const struct hufu_family *family = hufu_families_at(i);
        printf("<li><a href=\"#family-%d%s\">", family->first, words[language].suffix);
        put_page(family->title[language]);
        fputs("</a></li>\n", stdout);
    }
    fputs("</ul>\n</nav>\n", stdout);
}

static void put_article(enum hufu_language language)
{
    const struct words *in = &words[language];
    printf("<article lang=\"%s\" id=\"%s\">\n<h1>%s</h1>\n<p>%s</p>\n<p>%s</p>\n", in->tag, in->tag,
           in->title, in->other, in->lead);
    put_families(language);
    for (size_t i = 1; i < hufu_families_count(); i++) {
        const struct hufu_family *family = hufu_families_at(i);
        printf("<h2 id=\"family-%d%s\">", family->first, in->suffix);
        put_page(family->title[language]);
        fputs("</h2>\n", stdout);
        each_code(family, language, put_page_code);
    }
    fputs("</article>\n", stdout);
}

static void write_page(void)
{
    fputs("<!doctype html>\n<html lang=\"zh-TW\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\">\n"
          "<title>虎符 Hufu：代碼 Codes</title>\n"
          "<link rel=\"stylesheet\" href=\"errors.css\">\n</head>\n<body>\n",
          stdout);
    put_article(HUFU_LANGUAGE_ZH_TW);
    put_article(HUFU_LANGUAGE_EN);
    fputs("</body>\n</html>\n", stdout);
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    if (strcmp(what, "manual") == 0)
        write_manual();
    else if (strcmp(what, "page") == 0)
        write_page();
    else
        return 2;
    return fflush(stdout) || ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
