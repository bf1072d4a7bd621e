/* hufu trust export [FOLDER] [--json] [--dry-run] */
#include "trust/export.h"

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Three paths, each byte up to six in JSON, and a page of text. */
enum { OUTPUT_MAX = 3 * 6 * PATH_MAX + 16 * 1024 };

static const char guide[] = HUFU_DATADIR "/import/index.html";

struct request {
    const char *folder;
    bool json;
    bool dry_run;
    bool help;
};

struct words {
    const char *usage;
    const char *states[HUFU_EXPORT_REFUSED + 1]; /* padded to one width */
    const char *dry_run;
    const char *move;  /* the step when something else has the name */
    const char *other; /* the step when the folder is of no use */
    const char *pictures;
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .usage = "Usage: hufu trust export [FOLDER] [--json] [--dry-run]\n\n"
                     "  FOLDER     where the files go; without it, the current folder\n"
                     "  --json     answer as JSON, for programs\n"
                     "  --dry-run  write nothing, and say what would come of it\n",
            .states = {[HUFU_EXPORT_PRESENT] = "present",
                       [HUFU_EXPORT_WRITTEN] = "written",
                       [HUFU_EXPORT_REFUSED] = "refused"},
            .dry_run = "Nothing was written. This is what would come of it:\n",
            .move = "Move that file away, or name another folder: hufu trust export FOLDER",
            .other = "Name a folder that you may write to: hufu trust export FOLDER",
            .pictures = "\nThe same with pictures: ",
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .usage = "用法：hufu trust export [資料夾] [--json] [--dry-run]\n\n"
                     "  資料夾     存放檔案的位置；省略時為目前的資料夾\n"
                     "  --json     以 JSON 輸出，供程式使用\n"
                     "  --dry-run  不寫入任何檔案，只顯示實際執行的結果\n",
            .states = {[HUFU_EXPORT_PRESENT] = "已存在",
                       [HUFU_EXPORT_WRITTEN] = "已寫入",
                       [HUFU_EXPORT_REFUSED] = "未處理"},
            .dry_run = "未寫入任何檔案，實際執行的結果會是：\n",
            .move = "請移走該檔案，或指定其他資料夾：hufu trust export 資料夾",
            .other = "請指定您可以寫入的資料夾：hufu trust export 資料夾",
            .pictures = "\n附圖的說明：",
        },
};

/* Watched in Chromium 156 and Firefox 153; web/import has the same steps. */
static const char *const steps[] = {
    [HUFU_LANGUAGE_EN] =
        "\nWhere `hufu trust install` cannot help, do it by hand.\n"
        "\nChromium, in each of its profiles:\n"
        "  1. Open chrome://certificate-manager and click \"Installed by you\".\n"
        "  2. Beside \"Trusted Certificates\", click \"Import\" and choose\n"
        "     hufu-localhost.pem.\n"
        "  3. The certificate is in the list, with the SHA-256 above.\n"
        "\nFirefox, in each of its profiles. It takes only authorities from a file, and\n"
        "this is none, so allow the addresses of hufu, while hufu is running:\n"
        "  1. Open about:preferences#connectionSecurity, scroll down to \"Certificates\"\n"
        "     and click \"Manage certificates\".\n"
        "  2. Click the tab \"Servers\".\n"
        "  3. Click \"Add Exception...\".\n"
        "  4. Type https://localhost:56421 and click \"Get Certificate\".\n"
        "  5. Click \"Confirm Security Exception\".\n"
        "  6. The address is in the list, with the SHA-256 above. Do the same for\n"
        "     https://localhost:56521 and https://localhost:56621.\n"
        "\nDo it again when hufu has a new certificate, about every two years.\n",
    [HUFU_LANGUAGE_ZH_TW] =
        "\n若 `hufu trust install` 無法處理，請自行匯入。\n"
        "\nChromium（每個設定檔都要做一次）：\n"
        "  1. 開啟 chrome://certificate-manager，按「你安裝的項目」。\n"
        "  2. 在「信任的憑證」旁按「匯入」，選取 hufu-localhost.pem。\n"
        "  3. 清單中會出現憑證，SHA-256 與上方相同。\n"
        "\nFirefox（每個設定檔都要做一次）。Firefox 只接受從檔案匯入憑證機構的憑證，\n"
        "而這張憑證不是，因此請在虎符執行時，允許虎符的位址：\n"
        "  1. 開啟 about:preferences#connectionSecurity，捲到「憑證」，按「管理憑證」。\n"
        "  2. 按「伺服器」分頁。\n"
        "  3. 按「新增例外網站…」。\n"
        "  4. 輸入 https://localhost:56421，按「取得憑證」。\n"
        "  5. 按「確認安全例外」。\n"
        "  6. 清單中會出現這個位址，SHA-256 與上方相同。再對 https://localhost:56521 與\n"
        "     https://localhost:56621 各做一次。\n"
        "\n虎符大約每兩年更換憑證，更換後請再做一次。\n",
};

static const struct reason {
    int problem;
    const char *text[2]; /* by enum hufu_language */
} reasons[] = {
    {.problem = EEXIST, .text = {"something else has this name", "已有其他檔案使用這個名稱"}},
    {.problem = ENOENT, .text = {"there is no such folder", "沒有這個資料夾"}},
    {.problem = ENOTDIR, .text = {"that is not a folder", "這不是資料夾"}},
    {.problem = ENAMETOOLONG, .text = {"the path is too long", "路徑太長"}},
    {.problem = ENOSPC, .text = {"the disk is full", "磁碟已滿"}},
    {.problem = 0, .text = {"it could not be written", "無法寫入"}}, /* any other */
};

static const char *reason_text(int problem, enum hufu_language language)
{
    const struct reason *reason = reasons;
    while (reason->problem && reason->problem != problem)
        reason++;
    return reason->text[language];
}

static bool take_word(struct request *request, const char *word)
{
    if (strcmp(word, "--json") == 0)
        return request->json = true;
    if (strcmp(word, "--dry-run") == 0)
        return request->dry_run = true;
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return request->help = true;
    if (word[0] == '-' || !word[0] || request->folder)
        return false;
    request->folder = word;
    return true;
}

static bool parse(int argc, char **argv, struct request *ret_request)
{
    struct request request = {0};
    for (int i = 1; i < argc; i++)
        if (!take_word(&request, argv[i]))
            return false;
    *ret_request = request;
    return true;
}

static const char *step_of(const struct hufu_export *export, enum hufu_language language)
{
    for (size_t i = 0; i < HUFU_EXPORT_FORM_COUNT; i++)
        if (export->files[i].state == HUFU_EXPORT_REFUSED)
            return export->files[i].problem == EEXIST ? words[language].move
                                                      : words[language].other;
    return "";
}

static void add_json(struct hufu_buf *buf, const struct hufu_export *export, bool dry_run)
{
    hufu_buf_add_text(buf, "{\"files\":[");
    for (size_t i = 0; i < HUFU_EXPORT_FORM_COUNT; i++) {
        const struct hufu_export_file *file = &export->files[i];
        hufu_buf_add_text(buf, i ? ",{\"path\":" : "{\"path\":");
        hufu_print_json(buf, file->path);
        hufu_buf_add_text(buf, ",\"state\":");
        hufu_print_json(buf, words[HUFU_LANGUAGE_EN].states[file->state]);
        hufu_buf_add_text(buf, ",\"detail\":");
        hufu_print_json(buf, file->problem ? reason_text(file->problem, HUFU_LANGUAGE_EN) : "");
        hufu_buf_add_text(buf, "}");
    }
    hufu_buf_add_text(buf, "],\"guide\":");
    hufu_print_json(buf, access(guide, R_OK) ? NULL : guide);
    hufu_buf_add_text(buf, ",\"sha256\":");
    hufu_print_json(buf, export->leaf.sha256);
    hufu_buf_add_text(buf, ",\"step\":");
    hufu_print_json(buf, step_of(export, HUFU_LANGUAGE_EN));
    hufu_buf_printf(buf, ",\"dry_run\":%s,\"ok\":%s}\n", dry_run ? "true" : "false",
                    export->ok ? "true" : "false");
}

static void add_guide(struct hufu_buf *buf, const struct hufu_export *export,
                      enum hufu_language language)
{
    hufu_buf_printf(buf, "SHA-256  %s\n%s", export->leaf.sha256, steps[language]);
    if (access(guide, R_OK) == 0)
        hufu_buf_printf(buf, "%sfile://%s\n", words[language].pictures, guide);
}

static void add_text(struct hufu_buf *buf, const struct hufu_export *export, bool dry_run)
{
    enum hufu_language language = hufu_language_of_environment();
    const struct words *in = &words[language];
    hufu_buf_add_text(buf, dry_run ? in->dry_run : "");
    for (size_t i = 0; i < HUFU_EXPORT_FORM_COUNT; i++) {
        const struct hufu_export_file *file = &export->files[i];
        hufu_buf_printf(buf, "%s  ", in->states[file->state]);
        hufu_print_plain(buf, file->path);
        if (file->problem)
            hufu_buf_printf(buf, ": %s", reason_text(file->problem, language));
        hufu_buf_add_text(buf, "\n");
    }
    if (export->ok)
        add_guide(buf, export, language);
    else
        hufu_buf_printf(buf, "%s\n", step_of(export, language));
}

static int run(const struct request *request)
{
    char real[PATH_MAX];
    const char *folder = request->folder ? request->folder : ".";
    struct hufu_export export;
    struct hufu_error err = {0};
    /* A person has to find the files again: the path from the root, where there is one. */
    if (realpath(folder, real))
        folder = real;
    if (hufu_trust_export(folder, request->dry_run, &export, &err) != HUFU_OK)
        return hufu_print_failure(&err);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = OUTPUT_MAX};
    if (request->json)
        add_json(&text, &export, request->dry_run);
    else
        add_text(&text, &export, request->dry_run);
    fputs(hufu_buf_text(&text), stdout);
    return export.ok && !text.failed ? HUFU_EXIT_DONE : HUFU_EXIT_FAILED;
}

int hufu_cli_trust_export(int argc, char **argv)
{
    struct request request = {0};
    bool valid = parse(argc, argv, &request);
    if (valid && !request.help)
        return run(&request);
    fputs(words[hufu_language_of_environment()].usage, valid ? stdout : stderr);
    return valid ? HUFU_EXIT_DONE : HUFU_EXIT_USAGE;
}
