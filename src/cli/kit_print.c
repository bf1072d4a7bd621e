#include "cli/kit.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "cli/print.h"
#include "crypto/leaf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A few paths, each byte of which may become six in JSON, and the websites. */
enum { OUTPUT_MAX = 256 * 1024, PORTS_MAX = 512 };

struct facts {
    struct hufu_leaf_paths leaf;
    struct hufu_leaf_info info;
    char page[PATH_MAX];
    char hierarchy[PATH_MAX];
    char revoked[PATH_MAX];
    char log[PATH_MAX];
    char home[PATH_MAX];
    char browser[PATH_MAX];
    struct hufu_buf ports; /* "gpki 20000 20001 20002\n...", by data/kit/up */
};

static void done(struct facts *facts)
{
    hufu_buf_done(&facts->ports);
}

static enum hufu_status read_leaf(struct facts *facts, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_LEAF_MAX};
    if (setenv("HOME", facts->home, 1) || unsetenv("XDG_DATA_HOME"))
        return hufu_fail(err, HUFU_E_START, "no memory");
    HUFU_TRY(hufu_leaf_paths(&facts->leaf, err));
    HUFU_TRY(hufu_leaf_read(&der, err));
    return hufu_leaf_info(hufu_buf_bytes(&der), &facts->info, err);
}

/* Beside data/ in the sources. */
static bool find_page(char ret_page[PATH_MAX], const char *data)
{
    char found[PATH_MAX];
    if (!hufu_path_join(found, data, "kit/page") || access(found, X_OK) == 0 ||
        !hufu_path_join(found, data, "../web/kit"))
        return hufu_path_join(ret_page, data, "kit/page");
    return realpath(found, ret_page) || hufu_path_join(ret_page, data, "kit/page");
}

static enum hufu_status gather(const struct hufu_kit *kit, const struct hufu_kit_order *order,
                               struct facts *facts, struct hufu_error *err)
{
    char ports[PATH_MAX];
    facts->ports = (struct hufu_buf){.max = PORTS_MAX};
    if (!hufu_path_join(facts->home, kit->folder, "home") || !find_page(facts->page, order->data) ||
        !hufu_path_join(facts->hierarchy, kit->folder, "citizens/hierarchy.pem") ||
        !hufu_path_join(facts->revoked, kit->folder, "citizens/ca/revoked.crl") ||
        !hufu_path_join(facts->log, kit->folder, "hufud.log") ||
        !hufu_path_join(facts->browser, kit->folder, "home/chromium") ||
        !hufu_path_join(ports, kit->folder, "ports") || hufu_file_read(ports, &facts->ports))
        return hufu_fail(err, HUFU_E_START, "the folder cannot be read");
    return read_leaf(facts, err);
}

/* --- JSON --- */

static void add_member(struct hufu_buf *out, const char *name, const char *value)
{
    hufu_buf_printf(out, "\"%s\":", name);
    hufu_print_json(out, value);
    hufu_buf_add_text(out, ",");
}

/* The words of `text` as a list of texts, or of numbers. */
static void add_list(struct hufu_buf *out, const char *text, bool quoted)
{
    const char *comma = "";
    hufu_buf_add_text(out, "[");
    for (size_t len; *(text += strspn(text, " ")); text += len, comma = ",") {
        len = strcspn(text, " ");
        const char *quote = quoted ? "\"" : "";
        hufu_buf_printf(out, "%s%s%.*s%s", comma, quote, (int)len, text, quote);
    }
    hufu_buf_add_text(out, "]");
}

/* Calls `add_one` with the product and its ports of each line. */
static void each_product(const struct facts *facts, struct hufu_buf *out,
                         void (*add_one)(struct hufu_buf *out, const char *product,
                                         const char *ports))
{
    char line[PORTS_MAX];
    for (const char *at = hufu_buf_text(&facts->ports), *end; (end = strchr(at, '\n'));
         at = end + 1) {
        snprintf(line, sizeof line, "%.*s", (int)(end - at), at);
        char *gap = strchr(line, ' ');
        if (!gap)
            continue;
        *gap = 0;
        add_one(out, line, gap + 1);
    }
}

static void add_product_json(struct hufu_buf *out, const char *product, const char *ports)
{
    hufu_buf_printf(out, "\"%s\":", product);
    add_list(out, ports, false);
    hufu_buf_add_text(out, ",");
}

/* The last comma makes room for what closes the list. */
static void close_with(struct hufu_buf *out, const char *end)
{
    hufu_buf_shorten(out, 1);
    hufu_buf_add_text(out, end);
}

/* The one form of this output that scripts rely on. */
static void add_json(struct hufu_buf *out, const struct hufu_kit *kit,
                     const struct hufu_kit_order *order, const struct facts *facts)
{
    hufu_buf_add_text(out, "{\"ports\":{");
    each_product(facts, out, add_product_json);
    close_with(out, "},\"cards\":");
    add_list(out, order->cards, true);
    hufu_buf_add_text(out, ",\"origins\":[");
    for (size_t i = 0; i < order->origin_count; i++) {
        hufu_print_json(out, order->origins[i]);
        hufu_buf_add_text(out, ",");
    }
    close_with(out, "],");
    add_member(out, "pin", order->pin);
    add_member(out, "certificate", facts->leaf.certificate);
    add_member(out, "sha256", facts->info.sha256);
    add_member(out, "spki", facts->info.spki);
    add_member(out, "hierarchy", facts->hierarchy);
    add_member(out, "revoked", facts->revoked);
    add_member(out, "page", facts->page);
    add_member(out, "log", facts->log);
    add_member(out, "home", facts->home);
    add_member(out, "folder", kit->folder);
    close_with(out, "}\n");
}

/* --- for people --- */

struct words {
    const char *ready;
    const char *cards;
    const char *pin;
    const char *ports;
    const char *certificate;
    const char *websites;
    const char *hierarchy;
    const char *revoked;
    const char *log;
    const char *page;
    const char *clients;
    const char *faults;
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .ready = "hufu kit is ready. Ctrl+C ends it and removes all of it.",
            .cards = "cards          ",
            .pin = "PIN            ",
            .ports = "ports          ",
            .certificate = "certificate    ",
            .websites = "websites       ",
            .hierarchy = "cards' CA      ",
            .revoked = "revoked        ",
            .log = "log            ",
            .page = "A page that calls each function:",
            .clients = "What trusts this hufud, and nothing of yours changes:",
            .faults = "Faults, while it runs: hufu kit fault",
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .ready = "hufu kit 已就緒。按 Ctrl+C 結束，並移除它的一切。",
            .cards = "卡片           ",
            .pin = "PIN 碼         ",
            .ports = "連接埠         ",
            .certificate = "憑證           ",
            .websites = "網站           ",
            .hierarchy = "卡片的憑證機構 ",
            .revoked = "廢止清冊       ",
            .log = "紀錄           ",
            .page = "呼叫每個函式的網頁：",
            .clients = "信任這個 hufud 的程式，不會改變您自己的任何設定：",
            .faults = "執行中製造故障：hufu kit fault",
        },
};

static void add_row(struct hufu_buf *out, const char *name, const char *value)
{
    hufu_buf_printf(out, "  %s", name);
    hufu_print_plain(out, value);
    hufu_buf_add_text(out, "\n");
}

static void add_product(struct hufu_buf *out, const char *product, const char *ports)
{
    hufu_buf_printf(out, "%s %s  ", product, ports);
}

static void add_rows(struct hufu_buf *out, const struct hufu_kit_order *order,
                     const struct facts *facts, const struct words *say)
{
    hufu_buf_printf(out, "%s\n\n", say->ready);
    add_row(out, say->cards, order->cards);
    add_row(out, say->pin, order->pin);
    hufu_buf_printf(out, "  %s", say->ports);
    each_product(facts, out, add_product);
    hufu_buf_add_text(out, "\n");
    add_row(out, say->certificate, facts->leaf.certificate);
    add_row(out, "SHA-256        ", facts->info.sha256);
    for (size_t i = 0; i < order->origin_count; i++)
        add_row(out, say->websites, order->origins[i]);
    add_row(out, say->hierarchy, facts->hierarchy);
    add_row(out, say->revoked, facts->revoked);
    add_row(out, say->log, facts->log);
}

/* Lines for a shell; a path with a space or worse in it is shown all the same. */
static void add_line(struct hufu_buf *out, const char *const parts[])
{
    hufu_buf_add_text(out, "  ");
    for (size_t i = 0; parts[i]; i++)
        hufu_print_plain(out, parts[i]);
    hufu_buf_add_text(out, "\n");
}

static void add_lines(struct hufu_buf *out, const struct facts *facts, const struct words *say)
{
    char ports[PORTS_MAX];
    char address[PORTS_MAX];
    snprintf(ports, sizeof ports, "%s", strchr(hufu_buf_text(&facts->ports), ' ') + 1);
    ports[strcspn(ports, "\n")] = 0;
    for (char *gap; (gap = strchr(ports, ' '));)
        *gap = ',';
    snprintf(address, sizeof address, "'http://localhost:8000/?ports=%.100s'", ports);
    ports[strcspn(ports, ",")] = 0;
    const char *const lines[][8] = {
        {"python3 -m http.server --bind 127.0.0.1 --directory ", facts->page, " 8000"},
        {"chromium --user-data-dir=", facts->browser,
         " --ignore-certificate-errors-spki-list=", facts->info.spki, " ", address},
        {"firefox --no-remote --profile ", facts->home, "/.mozilla/firefox/kit ", address},
        {"curl --cacert ", facts->leaf.certificate, " https://localhost:", ports, "/"},
        {"NODE_EXTRA_CA_CERTS=", facts->leaf.certificate, " node ..."},
    };
    hufu_buf_printf(out, "\n%s\n", say->page);
    add_line(out, lines[0]);
    hufu_buf_printf(out, "\n%s\n", say->clients);
    for (size_t i = 1; i < sizeof lines / sizeof lines[0]; i++)
        add_line(out, lines[i]);
    hufu_buf_printf(out, "\n%s\n", say->faults);
}

enum hufu_status hufu_kit_print(const struct hufu_kit *kit, const struct hufu_kit_order *order,
                                struct hufu_error *err)
{
    HUFU_AUTO(done) struct facts facts = {.ports = {.max = 0}};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf out = {.max = OUTPUT_MAX};
    const struct words *say = &words[hufu_language_of_environment()];
    HUFU_TRY(gather(kit, order, &facts, err));
    if (!strchr(hufu_buf_text(&facts.ports), ' '))
        return hufu_fail(err, HUFU_E_START, "no ports");
    if (order->json) {
        add_json(&out, kit, order, &facts);
    } else {
        add_rows(&out, order, &facts, say);
        add_lines(&out, &facts, say);
    }
    fputs(hufu_buf_text(&out), stdout);
    (void)fflush(stdout); /* a program may read it; main looks for failures */
    return out.failed ? hufu_fail(err, HUFU_E_START, "no memory") : HUFU_OK;
}
