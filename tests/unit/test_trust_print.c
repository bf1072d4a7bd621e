#include "unit.h"

#include "base/cleanup.h"
#include "cli/trust_print.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* 2100-01-01 and 2100-12-31 at noon, and 2001-09-09. */
static const time_t later = 4102488000;
static const time_t later_still = 4133937600;
static const time_t long_ago = 1000000000;

static struct hufu_store store(const char *browser, const char *path, enum hufu_trust_state state)
{
    struct hufu_store store = {
        .kind = "kind", .browser = browser, .package = "", .answer = {.state = state}};
    snprintf(store.path, sizeof store.path, "%s", path);
    return store;
}

static struct hufu_trust_report report(struct hufu_store *items, size_t count)
{
    struct hufu_trust_report report = {
        .certificate = "/leaf.pem",
        .has_leaf = true,
        .leaf = {.sha256 = "ab12", .not_after = later},
        .server = {.state = HUFU_SERVER_CURRENT, .port = 56420},
        .stores = {.items = items, .count = count},
        .ok = true,
    };
    return report;
}

static void expect_text(const struct hufu_trust_report *report, bool asked,
                        enum hufu_language language, const char *expected)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 64 * 1024};
    hufu_trust_print_text(&buf, report, asked, language);
    assert_string_equal(hufu_buf_text(&buf), expected);
}

static void expect_step(const struct hufu_trust_report *report, bool asked, const char *expected)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 64 * 1024};
    hufu_trust_print_text(&buf, report, asked, HUFU_LANGUAGE_EN);
    const char *text = hufu_buf_text(&buf);
    assert_non_null(strstr(text, expected));
    assert_string_equal(strstr(text, expected), expected); /* it ends the text */
}

static void one_line_a_store(void **state)
{
    struct hufu_store items[] = {
        store("Chromium", "/home/a/.pki/nssdb", HUFU_TRUST_TRUSTED),
        store("Firefox", "/home/a/snap/x", HUFU_TRUST_TRUSTED),
        store("Firefox", "/home/a/p\x1b[2Jq\n", HUFU_TRUST_ABSENT),
    };
    (void)state;
    items[0].answer.handshake = items[1].answer.handshake = HUFU_TRUST_PASSED;
    items[1].package = "snap";
    struct hufu_trust_report all = report(items, 3);
    expect_text(&all, true, HUFU_LANGUAGE_EN,
                "trusted      Chromium        /home/a/.pki/nssdb\n"
                "trusted      Firefox (snap)  /home/a/snap/x\n"
                "not trusted  Firefox         /home/a/p?[2Jq?\n"
                "The certificate is good until 2100-01-01.\n"
                "Run: hufu trust install\n");
    expect_text(&all, true, HUFU_LANGUAGE_ZH_TW,
                "已信任  Chromium        /home/a/.pki/nssdb\n"
                "已信任  Firefox (snap)  /home/a/snap/x\n"
                "未信任  Firefox         /home/a/p?[2Jq?\n"
                "憑證有效期限至 2100-01-01。\n"
                "請執行：hufu trust install\n");
    all.stores.count = 2;
    expect_text(&all, true, HUFU_LANGUAGE_EN,
                "trusted      Chromium        /home/a/.pki/nssdb\n"
                "trusted      Firefox (snap)  /home/a/snap/x\n"
                "The certificate is good until 2100-01-01.\n");
    expect_text(&all, false, HUFU_LANGUAGE_ZH_TW,
                "已信任  Chromium        /home/a/.pki/nssdb\n"
                "已信任  Firefox (snap)  /home/a/snap/x\n");
}

static void all_that_is_wrong_with_a_store(void **state)
{
    struct hufu_store items[] = {store("Chromium", "/a", HUFU_TRUST_TRUSTED),
                                 store("Firefox", "/b", HUFU_TRUST_REPAIRED),
                                 store("Firefox", "/c", HUFU_TRUST_REFUSED)};
    (void)state;
    items[0].answer.handshake = HUFU_TRUST_FAILED;
    items[0].answer.restart = items[1].answer.restart = true;
    snprintf(items[1].answer.copy, sizeof items[1].answer.copy, "/kept\r");
    items[1].answer.saved = 3;
    items[1].answer.lost = 1;
    items[1].answer.uncounted = true;
    items[2].answer.reason = HUFU_TRUST_UNREADABLE;
    snprintf(items[2].answer.cause, sizeof items[2].answer.cause, "SEC_ERROR_BAD_DATABASE");
    struct hufu_trust_report all = report(items, 3);
    expect_text(&all, false, HUFU_LANGUAGE_EN,
                "trusted      Chromium  /a: the handshake with hufud failed; it has to be "
                "restarted\n"
                "repaired     Firefox   /b: it has to be restarted; a copy is kept in /kept?; "
                "entries saved: 3, lost: 1 or more\n"
                "refused      Firefox   /c: it could not be opened (SEC_ERROR_BAD_DATABASE)\n"
                "Close the browser and try again; if it stays, make a new browser profile.\n");
    all.stores.count = 2;
    expect_text(&all, false, HUFU_LANGUAGE_ZH_TW,
                "已信任  Chromium  /a: 與 hufud 連線測試失敗；需重新啟動\n"
                "已修復  Firefox   /b: 需重新啟動；副本保存於 /kept?；救回的項目：3，遺失：1 以上\n"
                "請執行：hufu trust repair\n");
}

static void dates_of_the_certificate(void **state)
{
    struct hufu_store items[] = {store("Chromium", "/a", HUFU_TRUST_TRUSTED)};
    struct hufu_trust_report all = report(items, 1);
    (void)state;
    all.has_next = true;
    all.next.not_after = later_still;
    expect_step(&all, true,
                "The certificate is good until 2100-01-01. The next one is good until "
                "2100-12-31.\n");
    all.has_next = false;
    all.leaf.not_after = long_ago;
    expect_step(&all, true, "The certificate ended on 2001-09-09.\nRun: hufu trust install\n");
    all.has_leaf = false;
    expect_step(&all, true, "There is no certificate yet.\nRun: hufu trust install\n");
}

/* Takes the most urgent away, one after the other. */
static void the_most_urgent_step_is_named(void **state)
{
    struct hufu_store items[] = {
        store("Chromium", "/a", HUFU_TRUST_ABSENT), store("Chromium", "/b", HUFU_TRUST_REFUSED),
        store("Chromium", "/c", HUFU_TRUST_TRUSTED), store("Chromium", "/d", HUFU_TRUST_TRUSTED),
        store("Firefox", "/e", HUFU_TRUST_TRUSTED)};
    struct hufu_trust_report all = report(items, 5);
    (void)state;
    items[1].answer.reason = HUFU_TRUST_NO_ANSWER;
    items[2].answer.handshake = HUFU_TRUST_FAILED;
    items[3].answer.restart = items[4].answer.restart = true;
    all.server.state = HUFU_SERVER_OUTDATED;
    expect_step(&all, true, "\nRun: hufu trust install\n");
    expect_step(&all, false, "\nClose the browser and try again.\n");
    items[0].answer.state = HUFU_TRUST_TRUSTED;
    expect_step(&all, true, "\nClose the browser and try again.\n");
    items[1].answer = items[0].answer;
    expect_step(&all, true, "older certificate. Run: pkill -HUP -x hufud\n");
    all.server.state = HUFU_SERVER_CURRENT;
    expect_step(&all, true, "\nRun: hufu trust repair\n");
    items[2].answer.handshake = HUFU_TRUST_PASSED;
    items[2].answer.restart = true;
    expect_step(&all, true, "\nRestart Chromium, Firefox.\n");
    items[2].answer.restart = items[3].answer.restart = items[4].answer.restart = false;
    all.server.state = HUFU_SERVER_STRANGE;
    expect_step(&all, true,
                "\nAnother program answers on hufud's port 56420. End it, then run: hufud\n");
    all.server.state = HUFU_SERVER_ABSENT;
    expect_step(&all, true, "\nhufud is not running, so no handshake was made. Run: hufud\n");
    expect_step(&all, false, "Firefox   /e\n");
}

static void programs_get_every_member(void **state)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 64 * 1024};
    struct hufu_store items[] = {store("Chromium", "/a\"\xff", HUFU_TRUST_TRUSTED),
                                 store("Firefox", "/b", HUFU_TRUST_REFUSED)};
    struct hufu_trust_report all = report(items, 2);
    (void)state;
    items[0].answer.handshake = HUFU_TRUST_PASSED;
    items[0].answer.restart = true;
    items[1].package = "flatpak";
    items[1].answer.reason = HUFU_TRUST_NO_ANSWER;
    snprintf(items[1].answer.copy, sizeof items[1].answer.copy, "/kept");
    all.ok = false;
    hufu_trust_print_json(&buf, &all, true);
    assert_string_equal(
        hufu_buf_text(&buf),
        "{\"certificate\":{\"path\":\"/leaf.pem\",\"sha256\":\"ab12\","
        "\"not_after\":\"2100-01-01T12:00:00Z\"},\"next\":null,\"port\":56420,\"stores\":["
        "{\"kind\":\"kind\",\"browser\":\"Chromium\",\"package\":\"\",\"path\":\"/a\\\"\\ufffd"
        "\",\"state\":\"trusted\",\"detail\":\"\",\"step\":\"Restart Chromium.\","
        "\"handshake\":\"passed\",\"restart\":true,\"copy\":null},"
        "{\"kind\":\"kind\",\"browser\":\"Firefox\",\"package\":\"flatpak\",\"path\":\"/b\","
        "\"state\":\"refused\",\"detail\":\"it did not answer in time\","
        "\"step\":\"Close the browser and try again.\",\"handshake\":\"none\",\"restart\":false,"
        "\"copy\":\"/kept\"}],\"dry_run\":false,\"step\":\"Close the browser and try again.\","
        "\"ok\":false}\n");
}

static void programs_learn_what_is_not_there(void **state)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 64 * 1024};
    struct hufu_trust_report all = report(NULL, 0);
    (void)state;
    all.server.state = HUFU_SERVER_STRANGE;
    all.has_leaf = false;
    all.has_next = true;
    snprintf(all.next_certificate, sizeof all.next_certificate, "/next.pem");
    all.next = (struct hufu_leaf_info){.sha256 = "cd34", .not_after = later_still};
    all.dry_run = true;
    hufu_trust_print_json(&buf, &all, true);
    assert_string_equal(hufu_buf_text(&buf),
                        "{\"certificate\":{\"path\":\"/leaf.pem\",\"sha256\":null,"
                        "\"not_after\":null},\"next\":{\"path\":\"/next.pem\",\"sha256\":\"cd34\","
                        "\"not_after\":\"2100-12-31T12:00:00Z\"},\"port\":null,\"stores\":[],"
                        "\"dry_run\":true,\"step\":\"Run: hufu trust install\",\"ok\":true}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_a_store),
        cmocka_unit_test(all_that_is_wrong_with_a_store),
        cmocka_unit_test(dates_of_the_certificate),
        cmocka_unit_test(the_most_urgent_step_is_named),
        cmocka_unit_test(programs_get_every_member),
        cmocka_unit_test(programs_learn_what_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
