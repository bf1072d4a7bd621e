/* hufu open [--print] */
#include "open/server.h"

#include "cli/cli.h"
#include "cli/print.h"

#include <stdio.h>
#include <string.h>

struct words {
    const char *usage;
    const char *no_browser;
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .usage = "Usage: hufu open [--print]\n\n"
                     "Shows in your browser what works, and mends what does not.\n\n"
                     "  --print           print the address instead of opening it\n"
                     "  --pages FOLDER    where the page is, instead of " HUFU_DATADIR "\n",
            .no_browser = "No browser could be opened. Open this address in yours, once:\n",
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .usage = "用法：hufu open [--print]\n\n"
                     "在您的瀏覽器中顯示哪些正常，並修復不正常的部分。\n\n"
                     "  --print           顯示網址，不開啟瀏覽器\n"
                     "  --pages 資料夾    網頁所在的資料夾，預設為 " HUFU_DATADIR "\n",
            .no_browser = "無法開啟瀏覽器。請在您的瀏覽器開啟這個網址，只能用一次：\n",
        },
};

static bool parse(int argc, char **argv, struct hufu_open_options *options, bool *ret_help)
{
    *ret_help = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--print") == 0)
            options->print = true;
        else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            *ret_help = true;
        else if (strcmp(argv[i], "--pages") == 0 && i + 1 < argc)
            options->pages = argv[++i];
        else
            return false;
    }
    return true;
}

static void say(const char *address, bool no_browser)
{
    if (no_browser)
        fputs(words[hufu_language_of_environment()].no_browser, stdout);
    puts(address);
    (void)fflush(stdout); /* a program may read it; main looks for failures */
}

int hufu_cli_open(int argc, char **argv)
{
    struct hufu_open_options options = {.pages = HUFU_DATADIR, .say = say};
    struct hufu_error err = {0};
    bool help = false;
    bool valid = parse(argc, argv, &options, &help);
    if (!valid || help) {
        fputs(words[hufu_language_of_environment()].usage, valid ? stdout : stderr);
        return valid ? HUFU_EXIT_DONE : HUFU_EXIT_USAGE;
    }
    return hufu_open_serve(&options, &err) == HUFU_OK ? HUFU_EXIT_DONE : hufu_print_failure(&err);
}
