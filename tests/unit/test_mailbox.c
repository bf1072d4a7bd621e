#include "bytes.h"

#include "base/clock.h"
#include "service/mailbox.h"

#include <stdio.h>

/* The clock of these tests: no test waits. */
int64_t __wrap_hufu_clock_ms(void);

static int64_t now_ms = 1000;

int64_t __wrap_hufu_clock_ms(void)
{
    return now_ms;
}

static const char site_a[] = "https://a.gov.tw";
static const char site_b[] = "https://b.gov.tw";

static int setup(void **state)
{
    *state = hufu_mailboxes_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    hufu_mailboxes_free(*state);
    return 0;
}

static enum hufu_status set(struct hufu_mailboxes *boxes, const char *origin, const char *channel,
                            const char *domains, const char *timeout, const char *value)
{
    return hufu_mailbox_set(boxes, origin, channel, domains, timeout, value, NULL);
}

static void keeps_a_value_for_its_own_site(void **state)
{
    assert_string_equal(hufu_mailbox_get(*state, site_a, "c"), "");
    assert_int_equal(set(*state, site_a, "c", "", "60", "登入"), HUFU_OK);
    assert_string_equal(hufu_mailbox_get(*state, site_a, "c"), "登入");
    assert_string_equal(hufu_mailbox_get(*state, site_a, "c"), "登入"); /* may be read again */
    assert_string_equal(hufu_mailbox_get(*state, site_a, "other"), "");
    assert_string_equal(hufu_mailbox_get(*state, site_b, "c"), "");
}

static void the_second_value_replaces_the_first(void **state)
{
    assert_int_equal(set(*state, site_a, "c", "", "60", "first"), HUFU_OK);
    assert_int_equal(set(*state, site_a, "c", "", "60", "second"), HUFU_OK);
    assert_string_equal(hufu_mailbox_get(*state, site_a, "c"), "second");
}

static void another_site_cannot_replace_it(void **state)
{
    assert_int_equal(set(*state, site_a, "c", "", "60", "mine"), HUFU_OK);
    assert_int_equal(set(*state, site_b, "c", "", "60", "yours"), HUFU_OK);
    assert_string_equal(hufu_mailbox_get(*state, site_a, "c"), "mine");
    assert_string_equal(hufu_mailbox_get(*state, site_b, "c"), "yours");
}

struct reader {
    const char *domains;
    const char *origin;
    bool may_read;
};

static const struct reader readers[] = {
    {"b.gov.tw", "https://b.gov.tw", true},
    {"b.gov.tw", "https://b.gov.tw:8443", true},
    {"x.tw;b.gov.tw", "https://b.gov.tw", true},
    {"x.tw,b.gov.tw,y.tw", "https://b.gov.tw", true},
    {" x.tw  b.gov.tw ", "https://b.gov.tw", true},
    {"x.tw; b.gov.tw", "https://b.gov.tw", true},
    {"", "https://b.gov.tw", false},
    {";;,, ", "https://b.gov.tw", false},
    {"*", "https://b.gov.tw", false},
    {"gov.tw", "https://b.gov.tw", false},
    {".gov.tw", "https://b.gov.tw", false},
    {"b.gov.tw.evil.com", "https://b.gov.tw", false},
    {"xb.gov.tw", "https://b.gov.tw", false},
    {"b.gov.tw", "https://xb.gov.tw", false},
    {"b.gov.tw", "https://b.gov.tw.evil.com", false},
    {"https://b.gov.tw", "https://b.gov.tw", false}, /* hosts, not origins */
    {"[2001:db8::1]", "https://[2001:db8::1]", true},
    {"[2001:db8::1]", "https://[2001:db8::1]:8443", true},
    {"[2001", "https://[2001:db8::1]", false},
};

static void the_list_says_who_may_read(void **state)
{
    for (size_t i = 0; i < COUNT(readers); i++) {
        assert_int_equal(set(*state, site_a, "c", readers[i].domains, "60", "value"), HUFU_OK);
        const char *value = hufu_mailbox_get(*state, readers[i].origin, "c");
        if (strcmp(value, readers[i].may_read ? "value" : "") != 0)
            fail_msg("[%s] %s", readers[i].domains, readers[i].origin);
    }
}

struct lifetime {
    const char *timeout;
    int64_t ms;
};

static const struct lifetime lifetimes[] = {
    {"0", 0},        {"1", 1000},     {"001", 1000},     {"599", 599000},
    {"600", 600000}, {"601", 600000}, {"86400", 600000}, {"99999999999999999999999", 600000},
};

static void a_value_ends(void **state)
{
    for (size_t i = 0; i < COUNT(lifetimes); i++) {
        assert_int_equal(set(*state, site_a, "c", "", lifetimes[i].timeout, "value"), HUFU_OK);
        now_ms += lifetimes[i].ms ? lifetimes[i].ms - 1 : 0;
        assert_string_equal(hufu_mailbox_get(*state, site_a, "c"), lifetimes[i].ms ? "value" : "");
        now_ms += 1;
        assert_string_equal(hufu_mailbox_get(*state, site_a, "c"), "");
    }
}

static void the_lifetime_is_a_number(void **state)
{
    static const char *const broken[] = {"x", "60x", "6 0", "1.5", "0x10", "-1", "+1", " 1"};
    for (size_t i = 0; i < COUNT(broken); i++)
        if (set(*state, site_a, "c", "", broken[i], "value") != HUFU_E_CONVERSION)
            fail_msg("[%s]", broken[i]);
    assert_int_equal(set(*state, site_a, "c", "", "", "value"), HUFU_E_CONVERSION_EMPTY);
    assert_string_equal(hufu_mailbox_get(*state, site_a, "c"), "");
}

static void bounds_every_text(void **state)
{
    HUFU_AUTO(hufu_free) char *channel = repeat('c', HUFU_MAILBOX_CHANNEL_MAX + 1);
    HUFU_AUTO(hufu_free) char *domains = repeat('d', HUFU_MAILBOX_DOMAINS_MAX + 1);
    HUFU_AUTO(hufu_free) char *value = repeat('v', HUFU_MAILBOX_VALUE_MAX + 1);
    assert_int_equal(set(*state, site_a, channel + 1, domains + 1, "60", value + 1), HUFU_OK);
    assert_string_equal(hufu_mailbox_get(*state, site_a, channel + 1), value + 1);
    assert_int_equal(set(*state, site_a, channel, "", "60", ""), HUFU_E_REQUEST);
    assert_int_equal(set(*state, site_a, "c", domains, "60", ""), HUFU_E_REQUEST);
    assert_int_equal(set(*state, site_a, "c", "", "60", value), HUFU_E_REQUEST);
}

static void bounds_their_number(void **state)
{
    char channel[16];
    for (int i = 0; i < HUFU_MAILBOXES_MAX; i++) {
        snprintf(channel, sizeof channel, "%d", i);
        assert_int_equal(set(*state, site_a, channel, "", i ? "60" : "30", "value"), HUFU_OK);
    }
    assert_int_equal(set(*state, site_b, "more", "", "60", "value"), HUFU_E_BUSY);
    assert_int_equal(set(*state, site_a, "5", "", "60", "another"), HUFU_OK); /* replaced */
    assert_string_equal(hufu_mailbox_get(*state, site_a, "5"), "another");
    now_ms += 30000; /* the first one ends */
    assert_int_equal(set(*state, site_b, "more", "", "60", "value"), HUFU_OK);
    assert_int_equal(set(*state, site_b, "still more", "", "60", "value"), HUFU_E_BUSY);
}

static void nothing_can_be_freed(void **state)
{
    (void)state;
    hufu_mailboxes_free(NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_a_value_for_its_own_site),
        TEST(the_second_value_replaces_the_first),
        TEST(another_site_cannot_replace_it),
        TEST(the_list_says_who_may_read),
        TEST(a_value_ends),
        TEST(the_lifetime_is_a_number),
        TEST(bounds_every_text),
        TEST(bounds_their_number),
        cmocka_unit_test(nothing_can_be_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
