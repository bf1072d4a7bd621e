#include "trust/policy.h"

static const char *const state_names[HUFU_POLICY_STATE_COUNT] = {
    [HUFU_POLICY_ABSENT] = "absent",   [HUFU_POLICY_PRESENT] = "present",
    [HUFU_POLICY_WRITTEN] = "written", [HUFU_POLICY_REMOVED] = "removed",
    [HUFU_POLICY_REFUSED] = "refused",
};

static const struct row {
    const char *text[2]; /* by enum hufu_language */
    const char *step[2];
} rows[HUFU_POLICY_REASON_COUNT] = {
    [HUFU_POLICY_NO_REASON] = {.text = {"", ""}, .step = {"", ""}},
    [HUFU_POLICY_NOT_ALLOWED] =
        {
            .text = {"only the administrator may write there", "只有系統管理者可以寫入"},
            .step = {"Run as root:", "請以 root 權限執行："},
        },
    [HUFU_POLICY_OUTSIDE] =
        {
            .text = {"a link leads out of the folder that was named", "有連結指向指定的資料夾之外"},
            .step = {"Replace the link with a folder, then run this command again.",
                     "請將連結換成資料夾後，再次執行這個指令。"},
        },
    [HUFU_POLICY_NOT_PLAIN] =
        {
            .text = {"it is not a plain file", "它不是一般檔案"},
            .step = {"Replace it with a plain file, then run this command again.",
                     "請換成一般檔案後，再次執行這個指令。"},
        },
    [HUFU_POLICY_NOT_UNDERSTOOD] =
        {
            .text = {"it is no policy file that Firefox understands",
                     "它不是 Firefox 能讀懂的原則檔"},
            .step =
                {"Mend the file (Firefox says on about:policies what is wrong), then run this "
                 "command again.",
                 "請修正這個檔案（Firefox 的 about:policies 會說明錯誤）後，再次執行這個指令。"},
        },
    [HUFU_POLICY_TOO_LONG] =
        {
            .text = {"it is longer than any policy file", "它比任何原則檔都大"},
            .step = {"Replace it with a policy file, then run this command again.",
                     "請換成原則檔後，再次執行這個指令。"},
        },
    [HUFU_POLICY_NO_COPY] =
        {
            .text = {"the copy of it that hufu kept is gone", "虎符保留的副本不見了"},
            .step =
                {"Take hufu's entries out by hand, delete policies.json.hufu beside it, then run "
                 "this command again.",
                 "請自行移除虎符的項目，刪除旁邊的 policies.json.hufu，再次執行這個指令。"},
        },
    [HUFU_POLICY_HIDES] =
        {
            .text = {"with it Firefox would no longer read another policy file",
                     "有了它，Firefox 就不再讀取另一個原則檔"},
            .step = {"Copy that file to /etc/firefox/policies/policies.json, then run this command "
                     "again.",
                     "請將那個檔案複製到 /etc/firefox/policies/policies.json，再次執行這個指令。"},
        },
    [HUFU_POLICY_NARROWS] =
        {
            .text = {"another file sets the same lists and keeps the browser from joining them",
                     "另一個檔案設定了相同的清單，且未讓瀏覽器合併它們"},
            .step = {"Put * into PolicyListMultipleSourceMergeList of that file, then run this "
                     "command again.",
                     "請在那個檔案的 PolicyListMultipleSourceMergeList 加入 *，再次執行這個指令。"},
        },
    [HUFU_POLICY_FAILED] =
        {
            .text = {"it could not be written", "無法寫入"},
            .step = {"Mend what the system says, then run this command again.",
                     "請排除系統所說的問題後，再次執行這個指令。"},
        },
};

const char *hufu_policy_state_name(enum hufu_policy_state state)
{
    return state_names[state];
}

const char *hufu_policy_reason_text(enum hufu_policy_reason reason, enum hufu_language language)
{
    return rows[reason].text[language];
}

const char *hufu_policy_reason_step(enum hufu_policy_reason reason, enum hufu_language language)
{
    return rows[reason].step[language];
}
