#include "bytes.h"

#include "error/codes.h"

/* Every number of docs/protocol/servisign.md and of the list of components that it speaks of. */
struct range {
    int first, last;
};

static const struct range documented[] = {
    {61001, 61015}, {61102, 61105}, {61201, 61204}, {61902, 61902}, {61904, 61906}, {61908, 61908},
    {13, 13},       {3001, 3003},   {3005, 3021},   {3999, 3999},   {5001, 5008},   {5010, 5017},
    {5020, 5026},   {5028, 5028},   {5030, 5032},   {5034, 5038},   {5040, 5046},   {5050, 5053},
    {5060, 5067},   {5070, 5074},   {5080, 5081},   {5091, 5095},   {5100, 5100},   {5201, 5206},
    {5401, 5401},   {5410, 5418},   {5420, 5425},   {5500, 5505},   {5509, 5510},   {5901, 5909},
    {9001, 9083},   {9100, 9102},   {9110, 9112},   {9999, 9999},
};

/* hufu's own come after those of the ServiSign world. */
static const struct range own = {61911, 61999};

static bool is_within(const struct range *range, int number)
{
    return number >= range->first && number <= range->last;
}

static bool is_documented(int number)
{
    for (size_t i = 0; i < COUNT(documented); i++)
        if (is_within(&documented[i], number))
            return true;
    return is_within(&own, number);
}

static void every_documented_number_is_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(documented); i++)
        for (int number = documented[i].first; number <= documented[i].last; number++)
            if (!hufu_code_find(number))
                fail_msg("%d is missing", number);
}

static void no_number_is_made_up_or_there_twice(void **state)
{
    (void)state;
    assert_int_equal(hufu_codes_at(0)->number, 0);
    for (size_t i = 1; i < hufu_codes_count(); i++) {
        const struct hufu_code *code = hufu_codes_at(i);
        assert_true(is_documented(code->number));
        assert_ptr_equal(hufu_code_find(code->number), code);
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(code->symbol, hufu_codes_at(other)->symbol);
    }
    assert_null(hufu_code_find(61000));
    assert_null(hufu_code_find(-1));
    assert_null(hufu_code_find(4294967296 + 61005));
}

static void each_status_has_its_row(void **state)
{
    (void)state;
    size_t raised = 0;
    for (size_t i = 0; i < hufu_codes_count(); i++)
        raised += hufu_codes_at(i)->raised;
    assert_int_equal(raised, HUFU_STATUS_COUNT);
    for (int i = 0; i < HUFU_STATUS_COUNT; i++)
        assert_true(hufu_code_of((enum hufu_status)i)->raised);
    assert_int_equal(hufu_code_of(HUFU_E_CANCELLED)->number, 5070);
    assert_false(hufu_code_find(61006)->raised);
}

/* --- sentences --- */

/* A command to type ends a sentence as well as a full stop does. */
static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t end_len = strlen(end);
    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

static void check_sentences(int number, const struct hufu_says *says, const char *stop,
                            const char *between, const char *command)
{
    const char *texts[] = {says->text, says->cause, says->remedy};
    for (size_t i = 0; i < COUNT(texts); i++)
        if (!ends_with(texts[i], stop) && !(i == 2 && strstr(texts[i], command)))
            fail_msg("%d: no sentence: %s", number, texts[i]);
    if (count_of(says->remedy, between) > 1)
        fail_msg("%d: more than one step and a remark: %s", number, says->remedy);
}

static void every_cell_is_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < hufu_codes_count(); i++) {
        const struct hufu_code *code = hufu_codes_at(i);
        check_sentences(code->number, &code->says[HUFU_LANGUAGE_EN], ".", ". ", "un: ");
        check_sentences(code->number, &code->says[HUFU_LANGUAGE_ZH_TW], "。", "。", "執行：");
    }
}

static void english_is_ascii(void **state)
{
    (void)state;
    for (size_t i = 0; i < hufu_codes_count(); i++) {
        const struct hufu_says *says = &hufu_codes_at(i)->says[HUFU_LANGUAGE_EN];
        const char *texts[] = {says->text, says->cause, says->remedy};
        for (size_t n = 0; n < COUNT(texts); n++)
            for (const char *at = texts[n]; *at; at++) {
                if (strncmp(at, "“", 3) == 0 || strncmp(at, "”", 3) == 0)
                    at += 2;
                else if ((unsigned char)*at >= 0x80)
                    fail_msg("%d: %s", hufu_codes_at(i)->number, texts[n]);
            }
    }
}

/* --- Taiwan usage --- */

static bool is_han(const char *at)
{
    unsigned char lead = (unsigned char)*at;
    return lead >= 0xe3 && lead <= 0xe9;
}

/* A mark of English beside a Chinese character. */
static bool has_half_width(const char *text)
{
    for (const char *at = text; *at; at++)
        if (strchr(",;:!?()\"'", *at) && (is_han(at + 1) || (at - text >= 3 && is_han(at - 3) &&
                                                             ((unsigned char)at[-1] & 0x80))))
            return true;
    return strstr(text, "..") != NULL;
}

static void chinese_is_that_of_taiwan(void **state)
{
    (void)state;
    /* Put together, as no file may hold them. */
    static const char *const foreign[] = {
        "證"
        "書",
        "軟"
        "件",
        "程"
        "序",
        "文件"
        "夾",
        "服務"
        "器",
        "用"
        "戶",
        "信"
        "息",
        "網"
        "絡",
        "默"
        "認",
        "數"
        "據",
        "屏"
        "幕",
        "登"
        "錄",
        "加"
        "載",
        "激"
        "活",
    };
    for (size_t i = 0; i < hufu_codes_count(); i++) {
        const struct hufu_says *says = &hufu_codes_at(i)->says[HUFU_LANGUAGE_ZH_TW];
        const char *texts[] = {says->text, says->cause, says->remedy};
        for (size_t n = 0; n < COUNT(texts); n++) {
            for (size_t word = 0; word < COUNT(foreign); word++)
                if (strstr(texts[n], foreign[word]))
                    fail_msg("%s in: %s", foreign[word], texts[n]);
            if (has_half_width(texts[n]))
                fail_msg("half-width marks in: %s", texts[n]);
        }
    }
}

/* --- families --- */

static void codes_stand_by_family_and_number(void **state)
{
    (void)state;
    size_t family = 0;
    for (size_t i = 0; i < hufu_codes_count(); i++) {
        int number = hufu_codes_at(i)->number;
        while (number > hufu_families_at(family)->last || number < hufu_families_at(family)->first)
            assert_true(++family < hufu_families_count());
        const struct hufu_family *of = hufu_families_at(family);
        if (i > 0 && hufu_codes_at(i - 1)->number >= of->first &&
            hufu_codes_at(i - 1)->number <= of->last)
            assert_true(hufu_codes_at(i - 1)->number < number);
    }
    assert_int_equal(family, hufu_families_count() - 1);
}

struct nearest {
    long number;
    int first;
};

static const struct nearest nearest[] = {
    {61907, 61001}, {62000, 61001}, {2147483648, 61001}, {13, 13},     {14, 13},     {-5, 13},
    {4001, 13},     {4900, 5001},   {5207, 5201},        {5999, 5901}, {9084, 9001}, {10000, 9001},
};

static void unknown_numbers_have_a_nearest_family(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nearest); i++)
        assert_int_equal(hufu_family_nearest(nearest[i].number)->first, nearest[i].first);
    for (size_t i = 0; i < hufu_families_count(); i++)
        for (int language = 0; language < HUFU_LANGUAGE_COUNT; language++)
            assert_true(hufu_families_at(i)->title[language][0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_documented_number_is_there),
        cmocka_unit_test(no_number_is_made_up_or_there_twice),
        cmocka_unit_test(each_status_has_its_row),
        cmocka_unit_test(every_cell_is_a_sentence),
        cmocka_unit_test(english_is_ascii),
        cmocka_unit_test(chinese_is_that_of_taiwan),
        cmocka_unit_test(codes_stand_by_family_and_number),
        cmocka_unit_test(unknown_numbers_have_a_nearest_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
