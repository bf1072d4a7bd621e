/* hufu log [--site ORIGIN] [--json] */
#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "sites/uselog.h"

#include <stdio.h>
#include <string.h>

/* Twice the two files: a line of text or JSON says little more than the line it was made from. */
enum { OUTPUT_MAX = 8 * HUFU_USELOG_BYTES_MAX };

struct words {
    const char *usage;
    const char *uses[HUFU_USE_COUNT];
    const char *done;
    const char *nothing;
    const char *no_site;
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .usage = "Usage: hufu log [--site ORIGIN] [--json]\n\n"
                     "  --site    only what this website did, such as https://portal.example.tw\n"
                     "  --json    answer as JSON, for programs\n",
            .uses = {[HUFU_USE_SEE] = "look for a card",
                     [HUFU_USE_READ] = "read certificates",
                     [HUFU_USE_SIGN] = "sign",
                     [HUFU_USE_DECRYPT] = "decrypt",
                     [HUFU_USE_PIN] = "PIN from the page",
                     [HUFU_USE_CONSENT] = "ask for permission",
                     [HUFU_USE_TLS] = "connect"},
            .done = "done",
            .nothing = "No website has used your card.\n",
            .no_site = "(no website)",
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .usage = "用法：hufu log [--site 網站來源] [--json]\n\n"
                     "  --site    只顯示這個網站，例如 https://portal.example.tw\n"
                     "  --json    以 JSON 輸出，供程式使用\n",
            .uses = {[HUFU_USE_SEE] = "查看卡片",
                     [HUFU_USE_READ] = "讀取憑證",
                     [HUFU_USE_SIGN] = "簽章",
                     [HUFU_USE_DECRYPT] = "解密",
                     [HUFU_USE_PIN] = "由網頁提供 PIN 碼",
                     [HUFU_USE_CONSENT] = "徵求同意",
                     [HUFU_USE_TLS] = "連線"},
            .done = "完成",
            .nothing = "沒有網站使用過您的卡片。\n",
            .no_site = "（非網站）",
        },
};

struct request {
    const char *site; /* NULL for all */
    bool json;
    bool help;
};

static bool parse(int argc, char **argv, struct request *ret_request)
{
    struct request request = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            request.json = true;
        else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            request.help = true;
        else if (strcmp(argv[i], "--site") == 0 && i + 1 < argc && hufu_origin_valid(argv[i + 1]))
            request.site = argv[++i];
        else
            return false;
    }
    *ret_request = request;
    return true;
}

struct output {
    const struct request *request;
    enum hufu_language language;
    struct hufu_buf text;
};

/* The one form of this output that scripts rely on. */
static void add_json(struct output *output, const struct hufu_use_event *event)
{
    struct hufu_buf *text = &output->text;
    hufu_buf_add_text(text, text->len ? ",{\"time\":" : "{\"time\":");
    hufu_print_json(text, event->time);
    hufu_buf_add_text(text, ",\"origin\":");
    hufu_print_json(text, event->origin[0] ? event->origin : NULL);
    hufu_buf_printf(text, ",\"use\":\"%s\",\"code\":%d,\"ok\":%s}", hufu_use_name(event->use),
                    event->code, event->code == 0 ? "true" : "false");
}

/* 2026-11-24 14:03  https://portal.example.tw  sign  done */
static void add_text(struct output *output, const struct hufu_use_event *event)
{
    const struct words *say = &words[output->language];
    struct hufu_buf *text = &output->text;
    hufu_buf_printf(text, "%.10s %.5s  ", event->time, event->time + sizeof "2026-11-24");
    hufu_print_plain(text, event->origin[0] ? event->origin : say->no_site);
    hufu_buf_printf(text, "  %s  ", say->uses[event->use]);
    if (event->code)
        hufu_buf_printf(text, "%d %s\n", event->code,
                        hufu_status_text(hufu_status_from_code(event->code), output->language));
    else
        hufu_buf_printf(text, "%s\n", say->done);
}

static void add(void *context, const struct hufu_use_event *event)
{
    struct output *output = context;
    if (output->request->site && strcmp(output->request->site, event->origin) != 0)
        return;
    if (output->request->json)
        add_json(output, event);
    else
        add_text(output, event);
}

int hufu_cli_log(int argc, char **argv)
{
    struct request request;
    enum hufu_language language = hufu_language_of_environment();
    bool valid = parse(argc, argv, &request);
    if (!valid || request.help) {
        fputs(words[language].usage, valid ? stdout : stderr);
        return valid ? HUFU_EXIT_DONE : HUFU_EXIT_USAGE;
    }
    struct hufu_error err = {0};
    struct output output = {.request = &request, .language = language, .text = {.max = OUTPUT_MAX}};
    enum hufu_status status = hufu_uselog_read(add, &output, &err);
    if (status == HUFU_OK && request.json)
        printf("{\"events\":[%s]}\n", hufu_buf_text(&output.text));
    else if (status == HUFU_OK)
        fputs(output.text.len ? hufu_buf_text(&output.text) : words[language].nothing, stdout);
    bool failed = output.text.failed;
    hufu_buf_done(&output.text);
    return status != HUFU_OK ? hufu_print_failure(&err)
                             : (failed ? HUFU_EXIT_FAILED : HUFU_EXIT_DONE);
}
