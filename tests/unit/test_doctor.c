/* Judging: states that are made up, each one thing away from a computer on which all is well. */
#include "unit.h"

#include "doctor/facts.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct hufu_facts facts;
static struct hufu_diagnosis diagnosis;

enum { DAY = 24 * 3600 };
static const time_t now = 1795824000; /* in November 2026 */

static void set(char *field, const char *text)
{
    memcpy(field, text, strlen(text) + 1);
}

static void make_base(void)
{
    facts = (struct hufu_facts){0};
    facts.program.looked = facts.program.has_home = facts.program.window_runs = true;
    for (size_t i = 0; i < HUFU_PROGRAMS; i++)
        facts.program.programs[i].there = facts.program.programs[i].runs = true;
    set(facts.program.programs[0].version, HUFU_VERSION);
    for (size_t i = 0; i < HUFU_FOLDERS; i++) {
        set(facts.program.folders[i].path, "/home/wang/.config/hufu");
        facts.program.folders[i].is_folder = facts.program.folders[i].is_ours = true;
        facts.program.folders[i].can_write = true;
    }
    facts.clock = (struct hufu_clock_facts){.looked = true, .now = now, .newest = now - DAY};
    facts.settings.looked = facts.settings.units = facts.settings.enabled = true;
    facts.loopback.looked = facts.proxy.looked = true;
    facts.permission.looked = true;
    facts.visits.looked = true;
    facts.visits.now = now;
}

static void make_service(void)
{
    facts.service.looked = facts.service.runs = facts.service.answered = facts.service.ours = true;
    facts.service.process = (struct hufu_process){.pid = 4711, .name = "hufud"};
    facts.service.asked = 56420;
    set(facts.service.products[0], "gpki");
    for (uint16_t i = 0; i < 3; i++)
        facts.service.ports[facts.service.port_count++] =
            (struct hufu_port_facts){.port = (uint16_t)(56420 + 100 * i),
                                     .held = true,
                                     .by_hufu = true,
                                     .is_ours = true,
                                     .process = facts.service.process};
}

static void make_trust(void)
{
    facts.trust.looked = facts.trust.has_leaf = facts.trust.has_key = true;
    facts.trust.not_after = now + 400 * DAY;
    facts.trust.server = HUFU_SERVER_CURRENT;
    facts.trust.count = 2;
    set(facts.trust.stores[0].browser, "Chromium");
    set(facts.trust.stores[1].browser, "Firefox");
    set(facts.trust.stores[1].package, "snap");
    for (size_t i = 0; i < 2; i++)
        facts.trust.stores[i].answer =
            (struct hufu_trust_answer){.state = HUFU_TRUST_TRUSTED, .handshake = HUFU_TRUST_PASSED};
}

static void make_card(void)
{
    facts.readers.looked = true;
    facts.readers.usb = 1;
    facts.readers.pcsc.service = HUFU_PCSC_RUNNING;
    facts.readers.pcsc.count = 1;
    facts.readers.pcsc.readers[0].card_present = true;
    set(facts.readers.pcsc.readers[0].name, "Reader 00 00");
    facts.driver_count = 1;
    struct hufu_driver_facts *driver = &facts.drivers[0];
    set(driver->path, "/usr/lib/opensc-pkcs11.so");
    set(driver->config, "/usr/share/p11-kit/modules/opensc.module");
    driver->guarded = driver->in_time = driver->pin_set = true;
    driver->stage = HUFU_DRIVER_DONE;
    driver->readers = driver->cards = 1;
    driver->certificates = 2;
    driver->not_before = now - 30 * DAY;
    driver->not_after = now + 900 * DAY;
}

static void make_well(void)
{
    make_base();
    make_service();
    make_trust();
    make_card();
}

/* --- one thing wrong --- */

#define CASE(name, ...)                                                                            \
    static void name(void)                                                                         \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }

CASE(no_program, facts.program.programs[1].there = false)
CASE(no_mode, facts.program.programs[0].runs = false)
CASE(other_version, set(facts.program.programs[0].version, "0.0.9"))
CASE(no_home, facts.program.has_home = false)
CASE(others_folder, facts.program.folders[2].can_write = facts.program.folders[2].is_ours = false)
CASE(read_only, facts.program.folders[2].can_write = false;
     facts.program.folders[2].read_only = true)
CASE(closed_folder, facts.program.folders[1].can_write = false)
CASE(file_for_folder, facts.program.folders[1].is_folder = false)
CASE(odd_umask, facts.program.umask = 0777)
CASE(full_disk, facts.program.folders[2].full = true)
CASE(clock_1970, facts.clock.now = 12345)
CASE(clock_2100, facts.clock.now = 4102444800)
CASE(clock_behind, facts.clock.newest = now + 3 * DAY)
CASE(typo, set(facts.settings.settings[0], "/etc/hufu/hufu.ini, line 3");
     set(facts.settings.settings[1], "/etc/hufu/hufu.ini"))
CASE(firewall, facts.loopback.own[0] = HUFU_DROPPED)
CASE(firewall_6, facts.loopback.own[1] = HUFU_REFUSED)
CASE(no_ipv6, facts.loopback.own[1] = HUFU_NO_ADDRESS)
CASE(lo_down, facts.loopback.own[0] = HUFU_NO_ADDRESS)
CASE(firewall_port, facts.service.ports[0].reach = HUFU_DROPPED; facts.service.answered = false)
CASE(proxy_set, set(facts.proxy.set, "https_proxy"))
CASE(proxy_list, set(facts.proxy.set, "https_proxy"); set(facts.proxy.list, "no_proxy"))
CASE(proxy_policy, set(facts.proxy.policy, "/etc/chromium/policies/managed/x.json"))
CASE(proxy_firefox, set(facts.proxy.firefox, "/home/wang/.mozilla/firefox/a/prefs.js"))
CASE(not_running, facts.service.runs = false; facts.service.asked = 0)
CASE(waiting, facts.service.runs = false; facts.service.held_for_it = true)
CASE(hanging, facts.service.answered = false)
CASE(deaf, facts.service.asked = 0)
CASE(strange, facts.service.ours = false)
CASE(not_enabled, facts.settings.enabled = false)
CASE(no_units, facts.settings.enabled = facts.settings.units = false)
CASE(no_leaf, facts.trust.has_leaf = false)
CASE(no_key, facts.trust.has_key = false)
CASE(old_leaf, facts.trust.not_after = now - DAY)
CASE(open_key, facts.trust.key_open = true)
CASE(no_stores, facts.trust.count = 0)
CASE(untrusted, facts.trust.stores[1].answer.state = HUFU_TRUST_ABSENT)
CASE(failed, facts.trust.stores[1].answer.handshake = HUFU_TRUST_FAILED)
CASE(outdated, facts.trust.stores[1].answer.handshake = HUFU_TRUST_FAILED;
     facts.trust.server = HUFU_SERVER_OUTDATED)
CASE(damaged, facts.trust.stores[0].answer = (struct hufu_trust_answer){
                  .state = HUFU_TRUST_REFUSED, .reason = HUFU_TRUST_DAMAGED, .cause = "cert9.db"})
CASE(password, facts.trust.stores[0].answer = (struct hufu_trust_answer){
                   .state = HUFU_TRUST_REFUSED, .reason = HUFU_TRUST_PASSWORD})
CASE(keeps_verdict, facts.trust.stores[0].answer.restart = true)
CASE(unproved, facts.trust.stores[0].answer.handshake = facts.trust.stores[1].answer.handshake =
                   HUFU_TRUST_UNTRIED)
CASE(old_tls, facts.visits.old.when = now - 60; set(facts.visits.old.program, "oldbrowser"))
CASE(old_tls_long_ago, facts.visits.old.when = now - DAY)
CASE(refuser, facts.visits.untrusted.runs = true; facts.visits.untrusted.pid = 99)
CASE(site_refused, set(facts.visits.refused.origin, "https://a.tw");
     set(facts.visits.refused.time, "2026-11-24T14:03:05+08:00"))
CASE(site_decided, site_refused(); facts.visits.refused.decided = true)
CASE(sites_typo, set(facts.settings.sites, "/etc/hufu/hufu.ini: line 3"))
CASE(sites_open, set(facts.settings.answers, "/x/sites.ini"); sites_typo())
CASE(denied_chromium, facts.permission.kind = HUFU_PERMISSION_CHROMIUM)
CASE(denied_firefox, facts.permission.kind = HUFU_PERMISSION_FIREFOX)
CASE(denied_all, facts.permission.kind = HUFU_PERMISSION_DEFAULT)
CASE(denied_policy, facts.permission.kind = HUFU_PERMISSION_POLICY)
CASE(will_ask, facts.permission.kind = HUFU_PERMISSION_ASKS)
CASE(no_window, facts.program.window_runs = false)
CASE(no_window_named, facts.program.window_runs = false; facts.program.window_named = true)
CASE(no_driver, facts.driver_count = 0)
CASE(missing_driver, facts.drivers[0].missing = true)
CASE(crashing_driver, facts.drivers[0].signal = SIGSEGV;
     facts.drivers[0].stage = HUFU_DRIVER_LOADING)
CASE(exiting_driver, facts.drivers[0].stage = HUFU_DRIVER_LOADING)
CASE(hanging_driver, facts.drivers[0].in_time = false)
CASE(broken_driver, facts.drivers[0].failed = HUFU_E_NO_DRIVER)
CASE(open_driver, facts.drivers[0].guarded = false)
CASE(pcscd_stopped, facts.readers.pcsc.service = HUFU_PCSC_ABSENT; facts.drivers[0].cards = 0;
     facts.readers.pcsc.count = 0)
CASE(pcscd_stopped_no_usb, pcscd_stopped(); facts.readers.usb = 0)
CASE(pcscd_unused, facts.readers.pcsc.service = HUFU_PCSC_ABSENT; facts.readers.usb = 0)
CASE(pcscd_missing, facts.readers.pcsc.service = HUFU_PCSC_MISSING)
CASE(pcscd_refuses, facts.readers.pcsc.service = HUFU_PCSC_REFUSED)
CASE(pcscd_silent, facts.readers.pcsc.service = HUFU_PCSC_SILENT)
CASE(pcscd_version, facts.readers.pcsc.service = HUFU_PCSC_VERSION)
CASE(no_card, facts.drivers[0].cards = 0; facts.readers.pcsc.readers[0].card_present = false)
CASE(no_reader, no_card(); facts.readers.pcsc.count = facts.readers.usb = 0)
CASE(no_ccid, no_card(); facts.readers.pcsc.count = 0)
CASE(reader_taken, no_ccid();
     facts.readers.taker = (struct hufu_process){.pid = 7, .name = "scdaemon"})
CASE(reader_broken, facts.readers.pcsc.readers[0].unavailable = true)
CASE(held, facts.readers.pcsc.readers[0].exclusive = true; facts.drivers[0].cards = 0;
     facts.readers.pcsc.taker = (struct hufu_process){.pid = 7, .name = "scdaemon"})
CASE(held_by_nobody, facts.readers.pcsc.readers[0].exclusive = true)
CASE(mute, facts.drivers[0].cards = 0; facts.readers.pcsc.readers[0].mute = true)
CASE(unknown_card, facts.drivers[0].cards = 0)
CASE(no_certificate, facts.drivers[0].certificates = 0)
CASE(ended, facts.drivers[0].not_after = now - DAY)
CASE(early, facts.drivers[0].not_before = now + DAY)
CASE(soon, facts.drivers[0].not_after = now + 20 * DAY)
CASE(locked, facts.drivers[0].pin_locked = facts.drivers[0].pin_low = true)
CASE(final, facts.drivers[0].pin_final = facts.drivers[0].pin_low = true)
CASE(low, facts.drivers[0].pin_low = true)
CASE(counted, facts.drivers[0].pin_wrong = 2)
CASE(no_pin, facts.drivers[0].pin_set = false)

static void take_port(size_t at, pid_t pid)
{
    struct hufu_port_facts *port = &facts.service.ports[at];
    port->by_hufu = false;
    port->is_ours = pid != 0;
    port->process = (struct hufu_process){.pid = pid, .name = "nginx"};
    set(port->user, "www-data");
}

CASE(one_port, take_port(0, 17))
CASE(others_port, take_port(1, 0))

static void all_ports(void)
{
    for (size_t i = 0; i < 3; i++)
        take_port(i, 17);
    facts.service.runs = false;
}

static void all_ports_of_others(void)
{
    for (size_t i = 0; i < 3; i++)
        take_port(i, 0);
}

static const struct {
    void (*make)(void);
    enum hufu_check check;
    enum hufu_finding_kind kind;
} cases[] = {
#define ROW(name, check_, kind_)                                                                   \
    {                                                                                              \
        name, HUFU_CHECK_##check_, HUFU_FOUND_##kind_                                              \
    }
    ROW(no_program, PROGRAMS, PROGRAMS_MISSING),
    ROW(no_mode, PROGRAMS, PROGRAMS_MODE),
    ROW(other_version, PROGRAMS, PROGRAMS_VERSION),
    ROW(no_home, HOME, HOME_NONE),
    ROW(others_folder, HOME, HOME_OWNER),
    ROW(read_only, HOME, HOME_READ_ONLY),
    ROW(closed_folder, HOME, HOME_MODE),
    ROW(file_for_folder, HOME, HOME_NO_FOLDER),
    ROW(odd_umask, HOME, HOME_UMASK),
    ROW(full_disk, DISK, DISK_FULL),
    ROW(clock_1970, CLOCK, CLOCK_WRONG),
    ROW(clock_2100, CLOCK, CLOCK_WRONG),
    ROW(clock_behind, CLOCK, CLOCK_BEHIND),
    ROW(typo, SETTINGS, SETTINGS_WRONG),
    ROW(firewall, LOOPBACK, LOOPBACK_BLOCKED),
    ROW(firewall_6, LOOPBACK, LOOPBACK_BLOCKED),
    ROW(no_ipv6, LOOPBACK, LOOPBACK_OK),
    ROW(lo_down, LOOPBACK, LOOPBACK_DOWN),
    ROW(firewall_port, LOOPBACK, LOOPBACK_PORT),
    ROW(proxy_set, PROXY, PROXY_SET),
    ROW(proxy_list, PROXY, PROXY_LIST),
    ROW(proxy_policy, PROXY, PROXY_POLICY),
    ROW(proxy_firefox, PROXY, PROXY_FIREFOX),
    ROW(one_port, PORTS, PORTS_PASSED),
    ROW(others_port, PORTS, PORTS_PASSED_BY),
    ROW(all_ports, PORTS, PORTS_TAKEN),
    ROW(all_ports_of_others, PORTS, PORTS_TAKEN_BY),
    ROW(not_running, SERVICE, SERVICE_ABSENT),
    ROW(waiting, SERVICE, SERVICE_WAITING),
    ROW(hanging, SERVICE, SERVICE_SILENT),
    ROW(deaf, SERVICE, SERVICE_DEAF),
    ROW(strange, SERVICE, SERVICE_STRANGE),
    ROW(not_enabled, START, START_OFF),
    ROW(no_units, START, START_HAND),
    ROW(no_leaf, CERTIFICATE, CERTIFICATE_NONE),
    ROW(no_key, CERTIFICATE, CERTIFICATE_KEY),
    ROW(old_leaf, CERTIFICATE, CERTIFICATE_ENDED),
    ROW(open_key, CERTIFICATE, CERTIFICATE_OPEN),
    ROW(no_stores, TRUST, TRUST_NONE),
    ROW(untrusted, TRUST, TRUST_ABSENT),
    ROW(failed, TRUST, TRUST_FAILED),
    ROW(outdated, TRUST, TRUST_SERVES),
    ROW(damaged, TRUST, TRUST_DAMAGED),
    ROW(password, TRUST, TRUST_REFUSED),
    ROW(keeps_verdict, TRUST, TRUST_RESTART),
    ROW(unproved, TRUST, TRUST_UNPROVED),
    ROW(old_tls, TLS, TLS_OLD),
    ROW(old_tls_long_ago, TLS, TLS_OK),
    ROW(refuser, TLS, TLS_UNTRUSTED),
    ROW(site_refused, SITES, SITES_REFUSED),
    ROW(site_decided, SITES, SITES_DECIDED),
    ROW(sites_typo, SITES, SITES_WRONG),
    ROW(sites_open, SITES, SITES_OPEN),
    ROW(denied_chromium, PERMISSION, PERMISSION_CHROMIUM),
    ROW(denied_firefox, PERMISSION, PERMISSION_FIREFOX),
    ROW(denied_all, PERMISSION, PERMISSION_DEFAULT),
    ROW(denied_policy, PERMISSION, PERMISSION_POLICY),
    ROW(will_ask, PERMISSION, PERMISSION_ASKS),
    ROW(no_window, WINDOW, WINDOW_MISSING),
    ROW(no_window_named, WINDOW, WINDOW_NAMED),
    ROW(no_driver, DRIVERS, DRIVERS_NONE),
    ROW(missing_driver, DRIVERS, DRIVERS_MISSING),
    ROW(crashing_driver, DRIVERS, DRIVERS_CRASH),
    ROW(exiting_driver, DRIVERS, DRIVERS_CRASH),
    ROW(hanging_driver, DRIVERS, DRIVERS_HANG),
    ROW(broken_driver, DRIVERS, DRIVERS_FAILED),
    ROW(open_driver, DRIVERS, DRIVERS_OPEN),
    ROW(pcscd_stopped, PCSCD, PCSCD_STOPPED_FOR),
    ROW(pcscd_stopped_no_usb, PCSCD, PCSCD_STOPPED),
    ROW(pcscd_unused, PCSCD, PCSCD_UNUSED),
    ROW(pcscd_missing, PCSCD, PCSCD_MISSING_FOR),
    ROW(pcscd_refuses, PCSCD, PCSCD_REFUSED),
    ROW(pcscd_silent, PCSCD, PCSCD_SILENT),
    ROW(pcscd_version, PCSCD, PCSCD_VERSION),
    ROW(no_reader, READERS, READERS_NONE),
    ROW(no_ccid, READERS, READERS_DRIVER),
    ROW(reader_taken, READERS, READERS_TAKEN),
    ROW(reader_broken, READERS, READERS_BROKEN),
    ROW(held, HELD, HELD_SCDAEMON),
    ROW(held_by_nobody, HELD, HELD_UNKNOWN),
    ROW(no_card, CARD, CARD_NONE),
    ROW(no_reader, CARD, NOTHING),
    ROW(mute, CARD, CARD_MUTE),
    ROW(unknown_card, CARD, CARD_UNKNOWN),
    ROW(no_certificate, CERTIFICATES, CERTIFICATES_NONE),
    ROW(ended, CERTIFICATES, CERTIFICATES_ENDED),
    ROW(early, CERTIFICATES, CERTIFICATES_EARLY),
    ROW(soon, CERTIFICATES, CERTIFICATES_SOON),
    ROW(locked, PIN, PIN_LOCKED),
    ROW(final, PIN, PIN_FINAL),
    ROW(low, PIN, PIN_LOW),
    ROW(counted, PIN, PIN_COUNTED),
    ROW(no_pin, PIN, PIN_NOT_SET),
#undef ROW
};

enum { CASES = sizeof cases / sizeof cases[0] };

/* --- tests --- */

static void finds_nothing_where_all_is_well(void **state)
{
    (void)state;
    make_well();
    hufu_doctor_judge(&facts, &diagnosis);
    for (size_t i = 0; i < HUFU_CHECK_COUNT; i++)
        if (hufu_finding_state(&diagnosis.findings[i]) != HUFU_STATE_OK)
            fail_msg("%s", hufu_check_id((enum hufu_check)i));
    assert_true(diagnosis.ok);
    assert_int_equal(diagnosis.first, HUFU_CHECK_COUNT);
}

static void finds_each_thing(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        make_well();
        cases[i].make();
        hufu_doctor_judge(&facts, &diagnosis);
        if (diagnosis.findings[cases[i].check].kind != cases[i].kind)
            fail_msg("row %zu: %s: %d", i, hufu_check_id(cases[i].check),
                     diagnosis.findings[cases[i].check].kind);
    }
}

/* One thing is wrong, and one line says so: no other check is in trouble because of it, and it
 * comes first. */
static void names_one_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        make_well();
        cases[i].make();
        hufu_doctor_judge(&facts, &diagnosis);
        enum hufu_check_state found = hufu_finding_state(&diagnosis.findings[cases[i].check]);
        for (size_t n = 0; n < HUFU_CHECK_COUNT; n++)
            if (n != cases[i].check &&
                hufu_finding_state(&diagnosis.findings[n]) == HUFU_STATE_TROUBLE &&
                cases[i].make != no_ccid && cases[i].make != reader_taken &&
                cases[i].make != firewall_port)
                fail_msg("row %zu: %s as well", i, hufu_check_id((enum hufu_check)n));
        if (found == HUFU_STATE_TROUBLE || found == HUFU_STATE_ATTENTION)
            assert_int_equal(diagnosis.first, cases[i].check);
        assert_int_equal(diagnosis.ok, found != HUFU_STATE_TROUBLE);
    }
}

/* A text whose values are not there would show its braces. */
static void fills_in_every_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        make_well();
        cases[i].make();
        hufu_doctor_judge(&facts, &diagnosis);
        const struct hufu_finding *finding = &diagnosis.findings[cases[i].check];
        for (int language = 0; language < 2; language++) {
            struct hufu_buf text = {.max = HUFU_FINDING_TEXT_MAX};
            hufu_finding_add_text(&text, finding, (enum hufu_language)language);
            assert_true(text.len > 0);
            hufu_finding_add_step(&text, finding, (enum hufu_language)language);
            if (strpbrk(hufu_buf_text(&text), "{}"))
                fail_msg("row %zu: %s", i, hufu_buf_text(&text));
            hufu_buf_done(&text);
        }
    }
}

/* Whatever a person can do something about has a step, and what can be mended says how. */
static void has_a_step_for_each_trouble(void **state)
{
    (void)state;
    for (int kind = 0; kind < HUFU_FOUND_COUNT; kind++) {
        struct hufu_finding finding = {.kind = (enum hufu_finding_kind)kind};
        enum hufu_check_state found = hufu_finding_state(&finding);
        for (int language = 0; language < 2; language++) {
            struct hufu_buf step = {.max = HUFU_FINDING_TEXT_MAX};
            hufu_finding_add_step(&step, &finding, (enum hufu_language)language);
            if (found == HUFU_STATE_TROUBLE || found == HUFU_STATE_ATTENTION)
                assert_true(step.len > 0);
            if (found == HUFU_STATE_OK)
                assert_int_equal(step.len, 0);
            hufu_buf_done(&step);
        }
        if (hufu_finding_fix(&finding) != HUFU_FIX_NONE)
            assert_true(found == HUFU_STATE_TROUBLE || found == HUFU_STATE_ATTENTION);
    }
}

static void says_of_what_was_not_looked_at_that_it_was_not(void **state)
{
    (void)state;
    facts = (struct hufu_facts){0};
    hufu_doctor_judge(&facts, &diagnosis);
    assert_int_equal(diagnosis.findings[HUFU_CHECK_PROGRAMS].kind, HUFU_FOUND_UNANSWERED);
    assert_int_equal(diagnosis.findings[HUFU_CHECK_TRUST].kind, HUFU_FOUND_UNANSWERED);
    assert_int_equal(diagnosis.findings[HUFU_CHECK_SERVICE].kind, HUFU_FOUND_UNANSWERED);
    for (size_t i = 0; i < HUFU_CHECK_COUNT; i++)
        if (i != HUFU_CHECK_DRIVERS)
            assert_int_not_equal(hufu_finding_state(&diagnosis.findings[i]), HUFU_STATE_OK);
}

static void does_not_believe_a_driver(void **state)
{
    (void)state;
    struct hufu_driver_facts wild;
    memset(&wild, 0xff, sizeof wild);
    hufu_driver_tame(&wild);
    assert_true(wild.stage < HUFU_DRIVER_STAGE_COUNT);
    assert_true(wild.failed < HUFU_STATUS_COUNT);
    assert_true(strlen(wild.reason) < sizeof wild.reason);
    assert_int_equal(wild.pin_locked, true);
}

static void knows_its_checks_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < HUFU_CHECK_COUNT; i++)
        assert_int_equal(hufu_check_named(hufu_check_id((enum hufu_check)i)), i);
    assert_int_equal(hufu_check_named("nothing"), HUFU_CHECK_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_nothing_where_all_is_well),
        cmocka_unit_test(finds_each_thing),
        cmocka_unit_test(names_one_cause),
        cmocka_unit_test(fills_in_every_text),
        cmocka_unit_test(has_a_step_for_each_trouble),
        cmocka_unit_test(says_of_what_was_not_looked_at_that_it_was_not),
        cmocka_unit_test(does_not_believe_a_driver),
        cmocka_unit_test(knows_its_checks_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
