/* Every file of tests/golden/json: one flat object, or not. The classes are those of the public
 * suites (numbers, escapes, surrogates, UTF-8, structure), in the dialect of one flat object. */
#include "bytes.h"

#include "base/file.h"
#include "wire/json.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>

enum { FILE_BYTES_MAX = 64 * 1024 };

static void judge(const char *path, enum hufu_status expected)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf file = {.max = FILE_BYTES_MAX};
    struct hufu_json *json = NULL;
    assert_int_equal(hufu_file_read(path, &file), 0);
    HUFU_AUTO(hufu_free) uint8_t *text = exact_copy(file.data, file.len);
    if (hufu_json_parse(hufu_bytes_of(text, file.len), &json, NULL) != expected)
        fail_msg("%s was %s", path, json ? "accepted" : "refused");
    hufu_json_free(json);
}

static void judge_folder(const char *name, enum hufu_status expected)
{
    char folder[PATH_MAX / 2];
    char path[PATH_MAX];
    size_t count = 0;
    snprintf(folder, sizeof folder, "%s/json/%s", getenv("HUFU_TEST_GOLDEN"), name);
    DIR *files = opendir(folder);
    assert_non_null(files);
    for (const struct dirent *file = NULL; (file = readdir(files));)
        if (file->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
            judge(path, expected);
            count++;
        }
    closedir(files);
    assert_true(count > 50); /* a folder that is not there proves nothing */
}

static void accepts_every_flat_object(void **state)
{
    (void)state;
    judge_folder("accept", HUFU_OK);
}

static void refuses_every_other_text(void **state)
{
    (void)state;
    judge_folder("reject", HUFU_E_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_every_flat_object),
        cmocka_unit_test(refuses_every_other_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
