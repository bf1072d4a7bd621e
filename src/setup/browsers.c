/* The browsers' trust, and the policies of an administrator. */
#include "setup/steps.h"

#include "base/cleanup.h"
#include "sites/sites.h"
#include "sites/suggestions.h"
#include "trust/policy.h"
#include "trust/trust.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

HUFU_DEFINE_AUTO(struct hufu_sites *, hufu_sites_free)
HUFU_DEFINE_AUTO(struct hufu_suggestions *, hufu_suggestions_free)

/* --- trust --- */

static bool changes(const struct hufu_trust_report *report, bool remove)
{
    if (report->has_leaf == remove)
        return true;
    for (size_t i = 0; i < report->stores.count; i++) {
        enum hufu_trust_state state = report->stores.items[i].answer.state;
        if (state == HUFU_TRUST_ADDED || state == HUFU_TRUST_REPAIRED ||
            state == HUFU_TRUST_REMOVED)
            return true;
    }
    return false;
}

static const struct hufu_store *refused(const struct hufu_trust_report *report)
{
    for (size_t i = 0; i < report->stores.count; i++)
        if (report->stores.items[i].answer.state == HUFU_TRUST_REFUSED)
            return &report->stores.items[i];
    return NULL;
}

static void add_restarts(const struct hufu_trust_report *report, struct hufu_setup_result *result)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf names = {.max = sizeof result->cause};
    const char *last = "";
    for (size_t i = 0; i < report->stores.count; i++) {
        const struct hufu_store *store = &report->stores.items[i];
        if (!store->answer.restart || strcmp(store->browser, last) == 0)
            continue;
        hufu_buf_printf(&names, "%s%s", last[0] ? ", " : "", store->browser);
        last = store->browser;
    }
    if (names.len)
        hufu_setup_end(result, result->state, HUFU_SETUP_RESTART, hufu_buf_text(&names));
}

static void trust(const struct hufu_setup_order *order, bool dry_run,
                  struct hufu_setup_result *result)
{
    const struct hufu_trust_options options = {.dry_run = dry_run};
    struct hufu_error err = {0};
    HUFU_AUTO(hufu_trust_report_done) struct hufu_trust_report report = {0};
    hufu_trust_action *action = order->remove ? hufu_trust_remove : hufu_trust_install;
    if (action(&options, &report, &err) != HUFU_OK) {
        hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_FILE, err.detail);
        return;
    }
    result->state = dry_run && !changes(&report, order->remove) ? HUFU_SETUP_DONE : HUFU_SETUP_OPEN;
    add_restarts(&report, result);
    const struct hufu_store *store = refused(&report);
    if (store && result->state == HUFU_SETUP_DONE) {
        hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_REFUSED, store->browser);
        result->reason = store->answer.reason;
        snprintf(result->path, sizeof result->path, "%s", store->path);
    } else if (!report.stores.count && !order->remove)
        result->note = HUFU_SETUP_NO_BROWSER;
}

void hufu_browsers_look(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    trust(order, true, result);
}

void hufu_browsers_make(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    trust(order, false, result);
}

void hufu_browsers_undo(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    trust(order, false, result);
}

/* --- policies --- */

enum { SITES_MAX = HUFU_SITES_MAX + HUFU_SUGGESTIONS_MAX };

/* As `hufu trust policy --suggested` has them: the sites that are allowed here, and those that are
 * known to use a card. */
static size_t list_sites(const struct hufu_sites *sites, const struct hufu_suggestions *suggestions,
                         const char *ret_origins[SITES_MAX])
{
    size_t count = 0;
    const char *origin = NULL;
    for (size_t i = 0; i < sites->count; i++)
        if (hufu_site_rights(&sites->items[i]).allowed)
            ret_origins[count++] = sites->items[i].origin;
    for (size_t i = 0; (origin = hufu_suggestions_origin(suggestions, i)); i++)
        if (origin[0])
            ret_origins[count++] = origin;
    return count;
}

static void judge(const struct hufu_policy_report *report, bool dry_run,
                  struct hufu_setup_result *result)
{
    result->state = dry_run ? HUFU_SETUP_DONE : HUFU_SETUP_OPEN;
    for (size_t i = 0; i < report->count; i++) {
        const struct hufu_policy_file *file = &report->files[i];
        if (file->state == HUFU_POLICY_WRITTEN || file->state == HUFU_POLICY_REMOVED)
            result->state = HUFU_SETUP_OPEN;
        if (file->state == HUFU_POLICY_REFUSED && file->reason != HUFU_POLICY_NOT_ALLOWED) {
            hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_POLICY, file->place->browser);
            return;
        }
    }
}

static void run_policies(const struct hufu_policy_order *order, struct hufu_setup_result *result)
{
    HUFU_AUTO(hufu_policy_report_done) struct hufu_policy_report report = {0};
    mode_t before = umask(022); /* every user's browser reads them */
    hufu_policy_run(order, &report);
    umask(before);
    judge(&report, order->dry_run, result);
}

static void policies(const struct hufu_setup_order *order, bool dry_run,
                     struct hufu_setup_result *result)
{
    const char *origins[SITES_MAX];
    struct hufu_error err = {0};
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = NULL;
    HUFU_AUTO(hufu_suggestions_free_auto) struct hufu_suggestions *suggestions = NULL;
    if (hufu_sites_load(&sites, &err) != HUFU_OK ||
        hufu_suggestions_load(order->data_folder, &suggestions, &err) != HUFU_OK) {
        hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_FILE, err.detail);
        return;
    }
    const struct hufu_policy_order policy = {
        .root = "",
        .sites = {.origins = origins, .count = list_sites(sites, suggestions, origins)},
        .remove = order->remove,
        .dry_run = dry_run,
    };
    run_policies(&policy, result);
}

/* Who may not write them may see whether there are any of hufu: whether taking them back would
 * change something. */
static void look_without_root(const struct hufu_setup_order *order,
                              struct hufu_setup_result *result)
{
    const struct hufu_policy_order policy = {.root = "", .remove = true, .dry_run = true};
    run_policies(&policy, result);
    if (result->state == HUFU_SETUP_OPEN && !order->system)
        hufu_setup_end(result, HUFU_SETUP_DONE, HUFU_SETUP_NO_NOTE, NULL);
    else if (order->system)
        hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_NOT_ROOT, NULL);
    else
        hufu_setup_end(result, HUFU_SETUP_LEFT, HUFU_SETUP_ASK_ROOT, NULL);
}

void hufu_policies_look(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    if (geteuid() == 0)
        policies(order, true, result);
    else
        look_without_root(order, result);
}

void hufu_policies_make(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    policies(order, false, result);
}

void hufu_policies_undo(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    policies(order, false, result);
}
