#include "cli/trust_step.h"

#include <string.h>
#include <time.h>

/* What a person does next, the most urgent first. */
enum step {
    STEP_INSTALL,
    STEP_INSTALL_SYSTEM,
    STEP_REFUSED, /* the reason knows the step */
    STEP_RELOAD,
    STEP_REPAIR,
    STEP_RESTART, /* the browsers' names stand in the middle */
    STEP_END,     /* and here the port's number */
    STEP_START,
    STEP_NONE,
};

struct sentence {
    const char *before;
    const char *after;
};

static const struct sentence sentences[][STEP_NONE + 1] = {
    [HUFU_LANGUAGE_EN] =
        {
            [STEP_INSTALL] = {"Run: hufu trust install", ""},
            [STEP_INSTALL_SYSTEM] = {"Run: sudo hufu trust install --system", ""},
            [STEP_REFUSED] = {"", ""},
            [STEP_RELOAD] = {"hufud still uses an older certificate. Run: pkill -HUP -x hufud", ""},
            [STEP_REPAIR] = {"Run: hufu trust repair", ""},
            [STEP_RESTART] = {"Restart ", "."},
            [STEP_END] = {"Another program answers on hufud's port ", ". End it, then run: hufud"},
            [STEP_START] = {"hufud is not running, so no handshake was made. Run: hufud", ""},
            [STEP_NONE] = {"", ""},
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            [STEP_INSTALL] = {"請執行：hufu trust install", ""},
            [STEP_INSTALL_SYSTEM] = {"請執行：sudo hufu trust install --system", ""},
            [STEP_REFUSED] = {"", ""},
            [STEP_RELOAD] = {"hufud 仍在使用較舊的憑證，請執行：pkill -HUP -x hufud", ""},
            [STEP_REPAIR] = {"請執行：hufu trust repair", ""},
            [STEP_RESTART] = {"請重新啟動 ", "。"},
            [STEP_END] = {"hufud 的連接埠 ", " 由其他程式回應，請結束該程式，再執行：hufud"},
            [STEP_START] = {"hufud 沒有執行，因此未實際連線測試，請執行：hufud", ""},
            [STEP_NONE] = {"", ""},
        },
};

static bool is_trusted(const struct hufu_trust_answer *answer)
{
    return answer->state == HUFU_TRUST_TRUSTED || answer->state == HUFU_TRUST_ADDED ||
           answer->state == HUFU_TRUST_REPAIRED;
}

/* Of hufud, only the handshake knows. */
static enum step step_of_system(const struct hufu_trust_answer *answer, bool asked)
{
    static const enum step steps[] = {
        [HUFU_TRUST_UNTRIED] = STEP_START,
        [HUFU_TRUST_PASSED] = STEP_NONE,
        [HUFU_TRUST_FAILED] = STEP_RELOAD,
    };
    if (!asked)
        return STEP_NONE;
    return is_trusted(answer) ? steps[answer->handshake] : STEP_INSTALL_SYSTEM;
}

static enum step step_of_store(const struct hufu_trust_report *report,
                               const struct hufu_trust_answer *answer, bool asked)
{
    if (answer->state == HUFU_TRUST_REFUSED)
        return STEP_REFUSED;
    if (report->system)
        return step_of_system(answer, asked);
    if (asked && !is_trusted(answer))
        return STEP_INSTALL;
    if (answer->handshake == HUFU_TRUST_FAILED)
        return report->server.state == HUFU_SERVER_OUTDATED ? STEP_RELOAD : STEP_REPAIR;
    return answer->restart ? STEP_RESTART : STEP_NONE;
}

static enum step step_of_service(const struct hufu_trust_report *report, bool asked)
{
    static const enum step steps[] = {
        [HUFU_SERVER_ABSENT] = STEP_START,
        [HUFU_SERVER_STRANGE] = STEP_END,
        [HUFU_SERVER_OUTDATED] = STEP_RELOAD,
        [HUFU_SERVER_CURRENT] = STEP_NONE,
    };
    if (report->system)
        return STEP_NONE;
    if (asked && (!report->has_leaf || report->leaf.not_after <= time(NULL)))
        return STEP_INSTALL;
    return asked ? steps[report->server.state] : STEP_NONE;
}

static void add_browsers(struct hufu_buf *buf, const struct hufu_trust_report *report)
{
    const char *last = "";
    for (size_t i = 0; i < report->stores.count; i++) {
        const struct hufu_store *store = &report->stores.items[i];
        if (!store->answer.restart || strcmp(store->browser, last) == 0)
            continue;
        hufu_buf_printf(buf, "%s%s", last[0] ? ", " : "", store->browser);
        last = store->browser;
    }
}

/* `store` is the one that it is about; its name alone where there is one. */
static void add_step(struct hufu_buf *buf, const struct hufu_trust_report *report, enum step step,
                     const struct hufu_store *store, enum hufu_language language)
{
    const struct sentence *sentence = &sentences[language][step];
    hufu_buf_add_text(buf, sentence->before);
    if (step == STEP_REFUSED)
        hufu_trust_reason_add_step(buf, store->answer.reason, store->path, language);
    else if (step == STEP_END)
        hufu_buf_printf(buf, "%u", (unsigned)report->server.port);
    else if (step == STEP_RESTART && store)
        hufu_buf_add_text(buf, store->browser);
    else if (step == STEP_RESTART)
        add_browsers(buf, report);
    hufu_buf_add_text(buf, sentence->after);
}

void hufu_trust_add_step(struct hufu_buf *buf, const struct hufu_trust_report *report,
                         const struct hufu_store *store, bool asked, enum hufu_language language)
{
    add_step(buf, report, step_of_store(report, &store->answer, asked), store, language);
}

void hufu_trust_add_next_step(struct hufu_buf *buf, const struct hufu_trust_report *report,
                              bool asked, enum hufu_language language)
{
    enum step first = step_of_service(report, asked);
    const struct hufu_store *refused = NULL;
    for (size_t i = 0; i < report->stores.count; i++) {
        const struct hufu_store *store = &report->stores.items[i];
        enum step step = step_of_store(report, &store->answer, asked);
        if (step == STEP_REFUSED && !refused)
            refused = store;
        if (step < first)
            first = step;
    }
    add_step(buf, report, first, first == STEP_REFUSED ? refused : NULL, language);
}
