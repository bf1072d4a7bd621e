#include "bytes.h"

#include "wire/version.h"

struct row {
    const char *text;
    uint64_t version;
};

static const struct row rows[] = {
    {"", 0},
    {"0.0.0.0", 0},
    {"0.0.0.1", 1},
    {"1.0.22.0517", 0x0001000000160205},
    {"1,0,22,0517", 0x0001000000160205},
    {"1.0,22.517", 0x0001000000160205},
    {"65535.65535.65535.65535", UINT64_MAX},
    {"00001.00000.00022.00517", 0x0001000000160205},
};

static void packs_four_groups(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t version = 1;
        assert_int_equal(hufu_version_parse(rows[i].text, &version, NULL), HUFU_OK);
        assert_true(version == rows[i].version);
    }
}

static void later_versions_are_larger(void **state)
{
    (void)state;
    static const char *const order[] = {"1.0.17.0000", "1.0.18.1219",  "1.0.20.0423", "1.0.22.0517",
                                        "1.0.26.0625", "1.1.0.0",      "2.0.0.0",     "9.9.99.9999",
                                        "10.0.0.0",    "10.0.0.10000", "10.0.1.0"};
    uint64_t before = 0;
    for (size_t i = 0; i < COUNT(order); i++) {
        uint64_t version = 0;
        assert_int_equal(hufu_version_parse(order[i], &version, NULL), HUFU_OK);
        assert_true(version > before);
        before = version;
    }
}

static void refuses_everything_else(void **state)
{
    (void)state;
    static const char *const broken[] = {"1",
                                         "1.0",
                                         "1.0.0",
                                         "1.0.0.",
                                         "1.0.0.0.",
                                         "1.0.0.0.0",
                                         ".0.0.0",
                                         "1..0.0",
                                         "1.0.0.x",
                                         "x",
                                         " 1.0.0.0",
                                         "1.0.0.0 ",
                                         "1. 0.0.0",
                                         "-1.0.0.0",
                                         "+1.0.0.0",
                                         "1.0.0.-1",
                                         "1.0.0.65536",
                                         "65536.0.0.0",
                                         "000001.0.0.0",
                                         "1.0.0.000001",
                                         "1.0.0.0x1",
                                         "1;0;0;0",
                                         "1.0.0.99999999999999999999",
                                         "undefined",
                                         "v1.0.0.0",
                                         "１.0.0.0"};
    for (size_t i = 0; i < COUNT(broken); i++) {
        uint64_t version = 42;
        struct hufu_error err = {0};
        assert_int_equal(hufu_version_parse(broken[i], &version, &err), HUFU_E_VERSION_FORMAT);
        assert_int_equal(err.status, HUFU_E_VERSION_FORMAT);
        assert_int_equal(version, 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_four_groups),
        cmocka_unit_test(later_versions_are_larger),
        cmocka_unit_test(refuses_everything_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
