#include "bytes.h"

#include "wire/origin.h"

#include <stdio.h>

static const char *const valid[] = {
    "https://a.gov.tw",
    "https://a.gov.tw:444",
    "http://a.gov.tw",
    "http://a.gov.tw:443",
    "https://a.gov.tw:80",
    "https://xn--fiq228c.tw",
    "https://xa.gov.tw",
    "https://a.gov.tw.evil.com",
    "https://127.0.0.1:56420",
    "https://localhost:3000",
    "https://[::1]",
    "https://[2001:db8::1]:8443",
    "https://a:1",
    "https://a_b.example:65535",
    "https://[::ffff:127.0.0.1]",
};

static const char *const invalid[] = {
    "",
    "null",
    "https",
    "https:",
    "https://",
    "https:///a.gov.tw",
    "https:a.gov.tw",
    "https:/a.gov.tw",
    "a.gov.tw",
    "//a.gov.tw",
    "HTTPS://a.gov.tw",
    "https://a.gov.tw:443",
    "http://a.gov.tw:80",
    "https://a.gov.tw/",
    "https://evil.com/a.gov.tw",
    "https://A.GOV.TW",
    "https://a.gov.tw.",
    "https://.a.gov.tw",
    "https://a..gov.tw",
    "https://a.gov.tw@evil.com",
    "https://user@a.gov.tw",
    "https://a.gov.tw evil",
    "https://a.gov.tw\t",
    "https://a.gov.tw\r\nX: y",
    " https://a.gov.tw",
    "https://a.gov.tw, https://b.gov.tw",
    "https://a.gov.tw https://b.gov.tw",
    "https://*.gov.tw",
    "https://%61.gov.tw",
    "https://政府.tw",
    "https://a.gov.tw?",
    "https://a.gov.tw#",
    "https://a.gov.tw:",
    "https://a.gov.tw:0",
    "https://a.gov.tw:0444",
    "https://a.gov.tw:+444",
    "https://a.gov.tw:-1",
    "https://a.gov.tw:65536",
    "https://a.gov.tw:100000",
    "https://a.gov.tw:44x",
    "https://a.gov.tw:444:445",
    "https://:444",
    "https://[]",
    "https://[::1",
    "https://::1",
    "https://[::1]x",
    "https://[::1]]",
    "https://[::G]",
    "https://[::1%25lo]",
    "https://x[::1]",
    "file://",
    "file:///etc/passwd",
    "about:blank",
    "data:",
    "ws://a.gov.tw",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "moz-extension://12345678-1234-1234-1234-123456789abc",
};

static void takes_what_browsers_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(valid); i++)
        if (!hufu_origin_valid(valid[i]))
            fail_msg("%s", valid[i]);
}

static void refuses_everything_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(invalid); i++)
        if (hufu_origin_valid(invalid[i]))
            fail_msg("%s", invalid[i]);
}

static void has_a_longest_one(void **state)
{
    (void)state;
    static const char scheme[] = "https://";
    HUFU_AUTO(hufu_free) char *text = repeat('a', HUFU_ORIGIN_MAX + 1);
    memcpy(text, scheme, sizeof scheme - 1);
    assert_false(hufu_origin_valid(text));
    text[HUFU_ORIGIN_MAX] = 0;
    assert_true(hufu_origin_valid(text));
    HUFU_AUTO(hufu_free) char *huge = repeat('a', 8192);
    memcpy(huge, scheme, sizeof scheme - 1);
    assert_false(hufu_origin_valid(huge));
}

struct host {
    const char *host;
    bool loopback;
};

static const struct host hosts[] = {
    {"localhost:56420", true},
    {"127.0.0.1:56420", true},
    {"[::1]:56420", true},
    {"", false},
    {"localhost", false},
    {"localhost:", false},
    {"localhost:56421", false},
    {"localhost:5642", false},
    {"localhost:564200", false},
    {"localhost:056420", false},
    {"localhost:+56420", false},
    {"localhost:56420 ", false},
    {" localhost:56420", false},
    {"localhost:56420, localhost:56420", false},
    {"localhost.:56420", false},
    {"LOCALHOST:56420", false},
    {"127.1:56420", false},
    {"127.0.0.2:56420", false},
    {"2130706433:56420", false},
    {"0.0.0.0:56420", false},
    {"::1:56420", false},
    {"[::]:56420", false},
    {"[0:0:0:0:0:0:0:1]:56420", false},
    {"[::ffff:127.0.0.1]:56420", false},
    {"evil.test:56420", false},
    {"127.0.0.1.nip.io:56420", false},
    {"evil.test#localhost:56420", false},
    {"user@localhost:56420", false},
    {"https://localhost:56420", false},
};

static void host_is_this_machine(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hosts); i++)
        if (hufu_host_is_loopback(hosts[i].host, 56420) != hosts[i].loopback)
            fail_msg("%s", hosts[i].host);
    assert_true(hufu_host_is_loopback("[::1]:65535", 65535));
    assert_true(hufu_host_is_loopback("localhost:1", 1));
}

/* Of any port; but as strict about the name and the digits. */
static void host_is_loopback_behind_a_forwarder(void **state)
{
    (void)state;
    static const char *const loopback[] = {
        "localhost", "127.0.0.1", "[::1]", "localhost:1", "127.0.0.1:56422", "[::1]:65535",
    };
    static const char *const others[] = {
        "",           "localhost:",       "localhost:0",      "localhost:65536", "localhost:056421",
        "localhost.", "localhost:+1",     "localhost:1:2",    "localhost:1 ",    "LOCALHOST:1",
        "127.1:1",    "xlocalhost:1",     "localhostx:1",     "localhost/:1",    "[::1",
        "::1",        "user@localhost:1", "localhost.evil:1", "localhost:443",   "127.0.0.1.a:1",
    };
    for (size_t i = 0; i < COUNT(loopback); i++)
        if (!hufu_host_is_loopback_elsewhere(loopback[i]))
            fail_msg("%s", loopback[i]);
    for (size_t i = 0; i < COUNT(others); i++)
        if (hufu_host_is_loopback_elsewhere(others[i]))
            fail_msg("%s", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_browsers_write),
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(has_a_longest_one),
        cmocka_unit_test(host_is_this_machine),
        cmocka_unit_test(host_is_loopback_behind_a_forwarder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
