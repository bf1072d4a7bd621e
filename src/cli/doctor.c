/* hufu doctor [--all | --json | --report] | --fix [ID...] [--yes] [--json] */
#include "doctor/doctor.h"

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/doctor_print.h"
#include "cli/option.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    OUTPUT_MAX = 4 * 1024 * 1024, /* each check with four texts, each byte up to six in JSON */
    ROUNDS =
        4, /* what is mended lays open what was hidden behind it: certificate, service, trust */
};

struct request {
    bool json, all, report, fix, yes, help;
    unsigned wanted; /* a bit for each check that was named; 0: all */
};

static const struct hufu_option options[] = {
    {.name = "--json", .offset = offsetof(struct request, json)},
    {.name = "--all", .offset = offsetof(struct request, all)},
    {.name = "--report", .offset = offsetof(struct request, report)},
    {.name = "--fix", .offset = offsetof(struct request, fix)},
    {.name = "--yes", .offset = offsetof(struct request, yes)},
    {.name = "--help", .offset = offsetof(struct request, help)},
    {.name = "-h", .offset = offsetof(struct request, help)},
};

struct words {
    const char *usage;
    const char *ask; /* behind what would be done, as the next one */
    const char *no_terminal;
    const char *failed;
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .usage =
                "Usage: hufu doctor [--all] [--json]\n"
                "       hufu doctor --fix [ID...] [--yes] [--json]\n"
                "       hufu doctor --report\n\n"
                "Says what is wrong and the one next step; changes nothing without --fix.\n\n"
                "  --all     every check, also those that are fine\n"
                "  --fix     mend what can be mended safely; each asks first. ID names a check\n"
                "  --yes     do not ask\n"
                "  --report  for a support: without names, websites and folders of yours\n"
                "  --json    answer as JSON, for programs\n",
            .ask = "? [y/N] ",
            .no_terminal = ": needs --yes, as nobody can be asked here.\n",
            .failed = "That did not work.\n",
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .usage = "用法：hufu doctor [--all] [--json]\n"
                     "      hufu doctor --fix [ID...] [--yes] [--json]\n"
                     "      hufu doctor --report\n\n"
                     "說明哪裡有問題與下一步；未指定 --fix 時不變更任何內容。\n\n"
                     "  --all     列出所有檢查，包括正常的項目\n"
                     "  --fix     修復可以安全修復的項目，逐一詢問；ID 是檢查的代號\n"
                     "  --yes     不詢問\n"
                     "  --report  供客服人員使用：不含姓名、網站與您的資料夾\n"
                     "  --json    以 JSON 輸出，供程式使用\n",
            .ask = "？[y/N] ",
            .no_terminal = "：此處無法詢問，請加上 --yes。\n",
            .failed = "未能完成。\n",
        },
};

static bool parse(int argc, char **argv, struct request *ret_request)
{
    struct request request = {0};
    for (int i = 1; i < argc; i++) {
        if (hufu_option_take(options, sizeof options / sizeof options[0], &request, argc, argv, &i))
            continue;
        enum hufu_check check = hufu_check_named(argv[i]);
        if (check == HUFU_CHECK_COUNT)
            return false;
        request.wanted |= 1u << check;
    }
    *ret_request = request;
    bool one = request.json + request.all + request.report <= 1;
    return request.help || (one && (request.fix ? !request.all && !request.report
                                                : !request.wanted && !request.yes));
}

/* --- mending --- */

static bool was_tried(const struct hufu_doctor_fixed *fixed, enum hufu_fix fix)
{
    for (size_t i = 0; i < fixed->count; i++)
        if (fixed->fixes[i] == fix)
            return true;
    return false;
}

/* The first that was not tried yet, from ground to roof. */
static enum hufu_fix next_fix(const struct hufu_diagnosis *diagnosis, const struct request *request,
                              const struct hufu_doctor_fixed *fixed)
{
    for (size_t i = 0; i < HUFU_CHECK_COUNT; i++) {
        enum hufu_fix fix = hufu_finding_fix(&diagnosis->findings[i]);
        bool wanted = !request->wanted || request->wanted & 1u << i;
        if (fix != HUFU_FIX_NONE && wanted && !was_tried(fixed, fix))
            return fix;
    }
    return HUFU_FIX_NONE;
}

static bool is_confirmed(const char *what, const struct request *request,
                         enum hufu_language language)
{
    char answer[8];
    if (request->yes) {
        fprintf(stderr, "%s\n", what);
        return true;
    }
    if (!isatty(STDIN_FILENO)) {
        fprintf(stderr, "%s%s", what, words[language].no_terminal);
        return false;
    }
    fprintf(stderr, "%s%s", what, words[language].ask);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static void mend(struct hufu_diagnosis *diagnosis, const struct request *request,
                 struct hufu_doctor_fixed *fixed, enum hufu_language language)
{
    for (int round = 0; round < ROUNDS; round++) {
        enum hufu_fix fix = next_fix(diagnosis, request, fixed);
        if (fix == HUFU_FIX_NONE)
            return;
        size_t at = fixed->count++;
        fixed->fixes[at] = fix;
        if (!is_confirmed(hufu_fix_text(fix, language), request, language))
            continue;
        fixed->done[at] = hufu_fix_do(fix);
        if (!fixed->done[at])
            fputs(words[language].failed, stderr);
        hufu_doctor_run(diagnosis);
    }
}

/* --- the command --- */

static int run(const struct request *request)
{
    static struct hufu_diagnosis diagnosis;
    struct hufu_doctor_fixed fixed = {0};
    enum hufu_language language = hufu_language_of_environment();
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = OUTPUT_MAX};
    hufu_doctor_run(&diagnosis);
    if (request->fix)
        mend(&diagnosis, request, &fixed, language);
    if (request->json)
        hufu_doctor_print_json(&text, &diagnosis, request->fix ? &fixed : NULL);
    else if (request->report)
        hufu_doctor_print_report(&text, &diagnosis);
    else
        hufu_doctor_print_text(&text, &diagnosis, request->all, language);
    fputs(hufu_buf_text(&text), stdout);
    return diagnosis.ok && !text.failed ? HUFU_EXIT_DONE : HUFU_EXIT_FAILED;
}

int hufu_cli_doctor(int argc, char **argv)
{
    struct request request = {0};
    bool valid = parse(argc, argv, &request);
    if (valid && !request.help)
        return run(&request);
    fputs(words[hufu_language_of_environment()].usage, valid ? stdout : stderr);
    return valid ? HUFU_EXIT_DONE : HUFU_EXIT_USAGE;
}
