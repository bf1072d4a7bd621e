#include "trust/answer.h"

struct row {
    const char *text[2];
    const char *step[2];
    bool path; /* the step ends with the store's path, quoted for a shell */
};

static const char *const state_names[] = {
    [HUFU_TRUST_ABSENT] = "absent",     [HUFU_TRUST_TRUSTED] = "trusted",
    [HUFU_TRUST_ADDED] = "added",       [HUFU_TRUST_REMOVED] = "removed",
    [HUFU_TRUST_REPAIRED] = "repaired", [HUFU_TRUST_REFUSED] = "refused",
};

static const char *const handshake_names[] = {
    [HUFU_TRUST_UNTRIED] = "none",
    [HUFU_TRUST_PASSED] = "passed",
    [HUFU_TRUST_FAILED] = "failed",
};

static const struct row rows[] = {
    [HUFU_TRUST_NO_REASON] = {.text = {"", ""}, .step = {"", ""}},
    [HUFU_TRUST_OUTSIDE] =
        {
            .text = {"it lies outside of the browser's own folder and of your home",
                     "它不在瀏覽器自己的資料夾內，也不在您的家目錄內"},
            .step = {"Move it into the browser's own folder and try again.",
                     "請將它移到瀏覽器自己的資料夾後再試一次。"},
        },
    [HUFU_TRUST_NOT_OURS] =
        {
            .text = {"it is a link, is not a folder, or belongs to another user",
                     "它是連結、不是資料夾，或屬於其他使用者"},
            .step = {"Replace it with a folder of your own and try again.",
                     "請換成您自己的資料夾後再試一次。"},
        },
    [HUFU_TRUST_BAD_LIST] =
        {
            .text = {"this list of profiles cannot be read to its end",
                     "這份設定檔清單無法完整讀取"},
            .step = {"Open about:profiles in the browser, and remove what should not be there.",
                     "請在瀏覽器開啟 about:profiles，移除不該有的設定檔。"},
        },
    [HUFU_TRUST_TOO_MANY] =
        {
            .text = {"it has more than 64 profiles; the others were left out",
                     "設定檔超過 64 個，其餘的未處理"},
            .step = {"Open about:profiles in the browser, and remove those that are not needed.",
                     "請在瀏覽器開啟 about:profiles，移除不需要的設定檔。"},
        },
    [HUFU_TRUST_LEGACY] =
        {
            .text = {"its certificates are still in the format from before 2018",
                     "其中的憑證仍是 2018 年以前的格式"},
            .step =
                {"Start the browser once with this profile, which converts them, and try again.",
                 "請以這個設定檔啟動瀏覽器一次以轉換格式，然後再試一次。"},
        },
    [HUFU_TRUST_BAD_FILE] =
        {
            .text = {"one of its files is a link or no plain file",
                     "其中有檔案是連結，或不是一般檔案"},
            .step = {"Close the browser, move that file out of the folder, and try again.",
                     "請關閉瀏覽器，將該檔案移出資料夾後再試一次。"},
        },
    [HUFU_TRUST_PASSWORD] =
        {
            .text = {"it has a primary password", "它設有主控密碼"},
            .step = {"Remove the primary password in the browser's settings, run this command "
                     "again, then set the password again.",
                     "請在瀏覽器設定中移除主控密碼，再次執行這個指令，然後重新設定密碼。"},
        },
    [HUFU_TRUST_UNREADABLE] =
        {
            .text = {"it could not be opened", "無法開啟"},
            .step = {"Close the browser and try again; if it stays, make a new browser profile.",
                     "請關閉瀏覽器後再試一次；若仍然發生，請建立新的瀏覽器設定檔。"},
        },
    [HUFU_TRUST_UNCHANGED] =
        {
            .text = {"it could not be changed", "無法變更"},
            .step = {"Check that its files are yours to write to and try again.",
                     "請確認您可以寫入其中的檔案後再試一次。"},
        },
    [HUFU_TRUST_NOT_ROOT] =
        {
            .text = {"only root may change it", "只有 root 可以變更"},
            .step = {"Run: sudo hufu trust install --system",
                     "請執行：sudo hufu trust install --system"},
        },
    [HUFU_TRUST_NO_SYSTEM] =
        {
            .text = {"hufu does not know how this system keeps it",
                     "虎符不認得這個系統存放憑證的方式"},
            .step = {"Run hufu trust export, and add the certificate to the programs that need it.",
                     "請執行 hufu trust export，並將憑證加入需要的程式。"},
        },
    [HUFU_TRUST_NO_AUTHORITY] =
        {
            .text = {"the user has no authority that may be added",
                     "使用者沒有可加入的憑證簽發單位"},
            .step = {"Run hufu trust install as the user, then this command again.",
                     "請先以該使用者執行 hufu trust install，再執行這個指令。"},
        },
    [HUFU_TRUST_NO_ANSWER] =
        {
            .text = {"it did not answer in time", "逾時未回應"},
            .step = {"Close the browser and try again.", "請關閉瀏覽器後再試一次。"},
        },
    [HUFU_TRUST_READ_ONLY] =
        {
            .text = {"you may not write to it", "您沒有寫入權限"},
            .step = {"Give yourself the permission to write to it and try again.",
                     "請取得寫入權限後再試一次。"},
        },
    [HUFU_TRUST_FULL] =
        {
            .text = {"the disk is full", "磁碟已滿"},
            .step = {"Make room on the disk and try again.", "請騰出磁碟空間後再試一次。"},
        },
    [HUFU_TRUST_OWNER] =
        {
            .text = {"file of another user", "檔案屬於其他使用者"},
            .step = {"Run: sudo chown -hR \"$(id -un):\" -- ",
                     "請執行：sudo chown -hR \"$(id -un):\" -- "},
            .path = true,
        },
    [HUFU_TRUST_HALF] =
        {
            .text = {"missing or empty file", "缺少檔案，或檔案為空"},
            .step = {"Run: hufu trust install", "請執行：hufu trust install"},
        },
    [HUFU_TRUST_PROTECTED] =
        {
            .text = {"you cannot write to its disk", "磁碟無法寫入"},
            .step = {"Make the disk writable and try again.", "請將磁碟改為可寫入後再試一次。"},
        },
    [HUFU_TRUST_PERMISSION] =
        {
            .text = {"read-only file or folder", "檔案或資料夾為唯讀"},
            .step = {"Run: hufu trust repair", "請執行：hufu trust repair"},
        },
    [HUFU_TRUST_IN_USE] =
        {
            .text = {"a running program is using it", "執行中的程式正在使用"},
            .step = {"Close that program, then run: hufu trust repair",
                     "請關閉該程式，然後執行：hufu trust repair"},
        },
    [HUFU_TRUST_DAMAGED] =
        {
            .text = {"damaged file", "檔案損壞"},
            .step = {"Run: hufu trust repair", "請執行：hufu trust repair"},
        },
    [HUFU_TRUST_NOT_MENDED] =
        {
            .text = {"damaged file; nothing was changed", "檔案損壞，未變更任何內容"},
            .step = {"Make a new browser profile.", "請建立新的瀏覽器設定檔。"},
        },
};

const char *hufu_trust_state_name(enum hufu_trust_state state)
{
    return state_names[state];
}

const char *hufu_trust_handshake_name(enum hufu_trust_handshake handshake)
{
    return handshake_names[handshake];
}

const char *hufu_trust_reason_text(enum hufu_trust_reason reason, enum hufu_language language)
{
    return rows[reason].text[language];
}

/* As one word of a shell: 'a'\\''b' is a'b. */
static void add_quoted(struct hufu_buf *buf, const char *text)
{
    hufu_buf_add_text(buf, "'");
    for (; *text; text++)
        if (*text == '\'')
            hufu_buf_add_text(buf, "'\\''");
        else
            hufu_buf_add_u8(buf, (uint8_t)*text);
    hufu_buf_add_text(buf, "'");
}

void hufu_trust_reason_add_step(struct hufu_buf *buf, enum hufu_trust_reason reason,
                                const char *path, enum hufu_language language)
{
    hufu_buf_add_text(buf, rows[reason].step[language]);
    if (rows[reason].path)
        add_quoted(buf, path);
}
