#include "cli/cli.h"

#include "base/log.h"
#include "error/error.h"

#include <stdio.h>
#include <string.h>

static const struct hufu_command commands[] = {
    {
        .name = "sites",
        .run = hufu_cli_sites,
        .summary = {"which websites may do what with your card", "哪些網站可以用您的卡片做什麼"},
    },
    {
        .name = "log",
        .run = hufu_cli_log,
        .summary = {"show which website did what with your card", "顯示哪個網站何時使用了您的卡片"},
    },
    {
        .name = "trust",
        .run = hufu_cli_trust,
        .summary = {"make your browsers trust hufu on this computer",
                    "讓您的瀏覽器信任這台電腦上的虎符"},
    },
    {
        .name = "doctor",
        .run = hufu_cli_doctor,
        .summary = {"say what is wrong, and the one next step", "說明哪裡有問題與下一步"},
    },
    {
        .name = "open",
        .run = hufu_cli_open,
        .summary = {"show in your browser what works, and mend what does not",
                    "在瀏覽器中顯示狀態，並修復問題"},
    },
    {
        .name = "card",
        .run = hufu_cli_card,
        .summary = {"which readers and cards are there", "有哪些讀卡機與卡片"},
    },
    {
        .name = "errors",
        .run = hufu_cli_errors,
        .summary = {"explain a code that a page showed, and the next step",
                    "說明網頁顯示的代碼與下一步"},
    },
    {
        .name = "restart",
        .run = hufu_cli_restart,
        .summary = {"start hufu anew, when something does not work",
                    "無法正常運作時，重新啟動虎符"},
    },
    {
        .name = "setup",
        .run = hufu_cli_setup,
        .summary = {"start hufu for you, now and at each login", "為您啟動虎符，每次登入時也是"},
    },
    {
        .name = "kit",
        .run = hufu_cli_kit,
        .summary = {"try your website with made-up cards", "以虛構的卡片試用您的網站"},
    },
};

static const char *const usage_head[] = {
    [HUFU_LANGUAGE_EN] = "Usage: hufu COMMAND ...\n       hufu --help | --version\n\nCommands:\n",
    [HUFU_LANGUAGE_ZH_TW] = "用法：hufu 指令 ...\n      hufu --help | --version\n\n指令：\n",
};

static void print_usage(FILE *out)
{
    enum hufu_language language = hufu_language_of_environment();
    fputs(usage_head[language], out);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary[language]);
}

static int run(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_usage(stdout);
        return HUFU_EXIT_DONE;
    }
    if (strcmp(name, "--version") == 0) {
        puts("hufu " HUFU_VERSION);
        return HUFU_EXIT_DONE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    print_usage(stderr);
    return HUFU_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    hufu_log_init("hufu");
    int status = run(argc, argv);
    /* A full disk behind `> file` must not look like success. */
    return fflush(stdout) || ferror(stdout) ? HUFU_EXIT_FAILED : status;
}
