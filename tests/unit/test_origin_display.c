#include "bytes.h"

#include "wire/origin.h"

#include <stdio.h>

static const struct shown {
    const char *origin;
    const char *text;
} origins[] = {
    {"https://portal.example.tw", "https://portal.example.tw"},
    {"http://127.0.0.1:3000", "http://127.0.0.1:3000"},
    {"https://[::1]:8443", "https://[::1]:8443"},
    {"https://axn--mxtq1m.tw", "https://axn--mxtq1m.tw"},
    {"https://xn--mxtq1m.tw", "https://xn--mxtq1m.tw (政府.tw)"},
    {"https://www.xn--mxtq1m.tw:444", "https://www.xn--mxtq1m.tw:444 (www.政府.tw)"},
    /* Cyrillic letters that look Latin: the punycode stands first */
    {"https://xn--80ak6aa92e.com", "https://xn--80ak6aa92e.com (аррӏе.com)"},
    {"https://xn--maana-pta.com", "https://xn--maana-pta.com (mañana.com)"},
    /* a zero-width space, an override, a filler, a control character, a zero-width joiner */
    {"https://xn--ab-g1t.com", "https://xn--ab-g1t.com"},
    {"https://xn--ab-g4t.com", "https://xn--ab-g4t.com"},
    {"https://xn--ab-3w4a.com", "https://xn--ab-3w4a.com"},
    {"https://xn--a-cja.com", "https://xn--a-cja.com"},
    {"https://xn--11b2ezcw70k.com", "https://xn--11b2ezcw70k.com"},
    /* from right to left */
    {"https://xn--9dbne9b.com", "https://xn--9dbne9b.com"},
    /* no punycode, whatever it begins with */
    {"https://xn--a.com", "https://xn--a.com"},
    {"https://xn--.com", "https://xn--.com"},
    {"https://xn--99999999.com", "https://xn--99999999.com"},
};

static void check(const char *origin, const char *text)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 1000};
    hufu_origin_display(origin, &buf);
    assert_string_equal(hufu_buf_text(&buf), text);
}

static void shows_origins(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(origins); i++)
        check(origins[i].origin, origins[i].text);
}

static void shows_nothing_else(void **state)
{
    (void)state;
    check("", "");
    check("null", "");
    check("https://a.tw\n", "");
}

static void keeps_both_ends_of_a_long_one(void **state)
{
    (void)state;
    check("https://portal.gov.tw.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.evil.com",
          "https://portal.gov.tw.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.evil.com"); /* 64 */
    check("https://portal.gov.tw.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.evil.com",
          "https://portal.…v.tw.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.evil.com");
}

static void keeps_both_ends_of_a_long_name(void **state)
{
    (void)state;
    check(
        "https://xn--5bvaaaaaaaaaaaaaaaaaaa.xn--mxtaaaaaaaaaaaaaaaaaaa.xn--kpraaaaaaaaaaaaaaaaaaa."
        "gov.tw",
        "https://xn--5bv…aaaaaaaaaaaaaa.xn--kpraaaaaaaaaaaaaaaaaaa.gov.tw "
        "(政政政政政政政政政政政政政政政…"
        "府府府府府府府府府府府府府府府府府府府府.台台台台台台台台台台台台台台台台台台台台.gov."
        "tw)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_origins),
        cmocka_unit_test(shows_nothing_else),
        cmocka_unit_test(keeps_both_ends_of_a_long_one),
        cmocka_unit_test(keeps_both_ends_of_a_long_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
