#include "unit.h"

#include "open/token.h"

#include <stdio.h>
#include <string.h>

static const char name[] = "hufu-open-43210";

static void makes_another_one_each_time(void **state)
{
    struct hufu_token one;
    struct hufu_token other;
    (void)state;
    assert_true(hufu_token_new(&one) && hufu_token_new(&other));
    assert_int_equal(strlen(one.text), 64);
    assert_int_equal(strspn(one.text, "0123456789abcdef"), 64);
    assert_string_not_equal(one.text, other.text);
}

static void equals_itself_only(void **state)
{
    struct hufu_token token;
    char text[HUFU_TOKEN_SIZE];
    (void)state;
    assert_true(hufu_token_new(&token));
    assert_true(hufu_token_equals(&token, token.text));
    for (size_t i = 0; i < HUFU_TOKEN_SIZE - 1; i++) {
        memcpy(text, token.text, sizeof text);
        text[i] = text[i] == '0' ? '1' : '0';
        assert_false(hufu_token_equals(&token, text));
        text[i] = 0;
        assert_false(hufu_token_equals(&token, text));
    }
    assert_false(hufu_token_equals(&token, ""));
}

static void equals_nothing_when_there_is_none(void **state)
{
    const struct hufu_token none = {{0}};
    char zeros[HUFU_TOKEN_SIZE] = {0};
    (void)state;
    assert_false(hufu_token_equals(&none, ""));
    memset(zeros, '0', sizeof zeros - 1);
    assert_false(hufu_token_equals(&none, zeros));
    assert_false(hufu_cookie_is("hufu-open-43210=", name, &none));
}

static void has_the_port_in_the_name_of_its_cookie(void **state)
{
    char made[HUFU_COOKIE_NAME_SIZE];
    (void)state;
    hufu_cookie_name(43210, made);
    assert_string_equal(made, name);
    hufu_cookie_name(65535, made);
    assert_string_equal(made, "hufu-open-65535");
}

/* The token in the place of each %s. */
static bool accepts(const struct hufu_token *token, const char *before, const char *after)
{
    char header[512];
    snprintf(header, sizeof header, "%s%s%s", before, token->text, after);
    return hufu_cookie_is(header, name, token);
}

static void finds_its_cookie_among_others(void **state)
{
    struct hufu_token token;
    (void)state;
    assert_true(hufu_token_new(&token));
    assert_true(accepts(&token, "hufu-open-43210=", ""));
    assert_true(accepts(&token, "a=b; hufu-open-43210=", "; c=d"));
    assert_true(accepts(&token, "hufu-open-4321=x; hufu-open-43210=", "; hufu-open-432100=y"));
    assert_true(accepts(&token, "; ; hufu-open-43210=", ";"));
}

static void takes_no_other_cookie(void **state)
{
    struct hufu_token token;
    (void)state;
    assert_true(hufu_token_new(&token));
    assert_false(hufu_cookie_is(NULL, name, &token));
    assert_false(hufu_cookie_is("", name, &token));
    assert_false(hufu_cookie_is("hufu-open-43210", name, &token));
    assert_false(accepts(&token, "hufu-open-43211=", ""));
    assert_false(accepts(&token, "hufu-open-43210= ", ""));
    assert_false(accepts(&token, "hufu-open-43210=\"", "\""));
    assert_false(accepts(&token, "hufu-open-43210=", "0"));
    assert_false(accepts(&token, "xhufu-open-43210=", ""));
    assert_false(accepts(&token, "Hufu-open-43210=", ""));
    assert_false(accepts(&token, "a=hufu-open-43210=", ""));
    assert_false(accepts(&token, "hufu-open-43210=0; hufu-open-43210=", "")); /* two of them */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_another_one_each_time),
        cmocka_unit_test(equals_itself_only),
        cmocka_unit_test(equals_nothing_when_there_is_none),
        cmocka_unit_test(has_the_port_in_the_name_of_its_cookie),
        cmocka_unit_test(finds_its_cookie_among_others),
        cmocka_unit_test(takes_no_other_cookie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
