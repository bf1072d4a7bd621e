/* hufu kit fault [WORD [FOLDER]] */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "cli/cli.h"
#include "cli/kit.h"
#include "kit/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MODE = 0600, WORD_MAX = 32, CODE_DIGITS_MAX = 10 };

static const struct {
    const char *word;
    const char *text[HUFU_LANGUAGE_COUNT];
} faults[] = {
#define HUFU_KIT_FAULT(name, en, zh, ...) {.word = name, .text = {en, zh}},
#include "kit/faults.def"
};

static const char *const coded[] = {HUFU_KIT_FAULT_SIGN, HUFU_KIT_FAULT_LOGIN};

static const char *const code_text[] = {
    [HUFU_LANGUAGE_EN] = "that function of the card answers with a code of PKCS#11",
    [HUFU_LANGUAGE_ZH_TW] = "卡片的這個函式以 PKCS#11 代碼回應",
};

static const char *const no_kit[] = {
    [HUFU_LANGUAGE_EN] = "hufu: there is no kit, or more than one. Name its folder: "
                         "hufu kit fault WORD FOLDER\n",
    [HUFU_LANGUAGE_ZH_TW] = "hufu：沒有執行中的 kit，或不只一個。請指定資料夾："
                            "hufu kit fault 詞 資料夾\n",
};

static const char *const not_written[] = {
    [HUFU_LANGUAGE_EN] = "hufu: no kit runs in that folder.\n",
    [HUFU_LANGUAGE_ZH_TW] = "hufu：那個資料夾裡沒有執行中的 kit。\n",
};

/* A number of PKCS#11 other than CKR_OK, in hexadecimal. */
static bool is_code(const char *text)
{
    size_t len = strlen(text);
    return strncmp(text, "0x", 2) == 0 && len > 2 && len <= CODE_DIGITS_MAX &&
           strspn(text + 2, "0123456789abcdefABCDEF") == len - 2 && strtoul(text, NULL, 16) != 0;
}

bool hufu_kit_fault_known(const char *word)
{
    for (size_t i = 0; i < sizeof coded / sizeof coded[0]; i++)
        if (strncmp(word, coded[i], strlen(coded[i])) == 0)
            return is_code(word + strlen(coded[i]));
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (strcmp(word, faults[i].word) == 0)
            return true;
    return false;
}

static void list(FILE *out, enum hufu_language language)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        fprintf(out, "%-16s %s\n", faults[i].word, faults[i].text[language]);
    for (size_t i = 0; i < sizeof coded / sizeof coded[0]; i++)
        fprintf(out, "%s%-*s %s\n", coded[i], 16 - (int)strlen(coded[i]), "0x30",
                code_text[language]);
}

static bool write_word(const char *folder, const char *word)
{
    char path[PATH_MAX];
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = WORD_MAX};
    hufu_buf_printf(&text, "%s\n", word);
    return !text.failed && hufu_kit_runs(folder) &&
           hufu_path_join(path, folder, HUFU_KIT_FAULT_FILE) &&
           hufu_file_write(path, FILE_MODE, hufu_buf_bytes(&text)) == 0;
}

int hufu_cli_kit_fault(int argc, char **argv)
{
    char found[PATH_MAX];
    enum hufu_language language = hufu_language_of_environment();
    if (argc == 1) {
        list(stdout, language);
        return HUFU_EXIT_DONE;
    }
    if (argc > 3 || !hufu_kit_fault_known(argv[1])) {
        list(stderr, language);
        return HUFU_EXIT_USAGE;
    }
    const char *folder = argc == 3 ? argv[2] : found;
    if (argc == 2 && !hufu_kit_find(found)) {
        fputs(no_kit[language], stderr);
        return HUFU_EXIT_FAILED;
    }
    if (write_word(folder, argv[1]))
        return HUFU_EXIT_DONE;
    fputs(not_written[language], stderr);
    return HUFU_EXIT_FAILED;
}
