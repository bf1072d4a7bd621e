#include "bytes.h"

#include "wire/frame.h"

static const struct hufu_call call = {
    .component = "gpki",
    .function = "GPKI_SignData",
    .version = "1.0.26.0625",
    .origin = "https://portal.example.tw",
    .language = "zh-TW",
    .scopes = 0x15,
    .may_ask = true,
    .argument_count = 3,
    .arguments = {"", "登入挑戰", "MS950"},
};

static const struct hufu_result result = {.code = 9039,
                                          .scope = 4,
                                          .after = HUFU_AFTER_STAY,
                                          .text = "MIIB",
                                          .memo = {(const uint8_t *)"a\0b", 3}};

static void call_comes_back(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf frame = {.max = HUFU_FRAME_MAX};
    struct hufu_call read = {0};
    assert_int_equal(hufu_frame_put_call(&frame, &call, NULL), HUFU_OK);
    assert_int_equal(hufu_frame_type(hufu_buf_bytes(&frame)), HUFU_FRAME_CALL);
    assert_int_equal(hufu_frame_get_call(hufu_buf_bytes(&frame), &read, NULL), HUFU_OK);
    assert_string_equal(read.component, call.component);
    assert_string_equal(read.function, call.function);
    assert_string_equal(read.version, call.version);
    assert_string_equal(read.origin, call.origin);
    assert_string_equal(read.language, call.language);
    assert_int_equal(read.scopes, call.scopes);
    assert_int_equal(read.may_ask, call.may_ask);
    assert_int_equal(read.argument_count, call.argument_count);
    for (size_t i = 0; i < call.argument_count; i++)
        assert_string_equal(read.arguments[i], call.arguments[i]);
}

static void result_comes_back(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf frame = {.max = HUFU_FRAME_MAX};
    struct hufu_result read = {0};
    assert_int_equal(hufu_frame_put_result(&frame, &result, NULL), HUFU_OK);
    assert_int_equal(hufu_frame_type(hufu_buf_bytes(&frame)), HUFU_FRAME_RESULT);
    assert_int_equal(hufu_frame_get_result(hufu_buf_bytes(&frame), &read, NULL), HUFU_OK);
    assert_int_equal(read.code, result.code);
    assert_int_equal(read.scope, result.scope);
    assert_int_equal(read.after, result.after);
    assert_string_equal(read.text, result.text);
    assert_bytes(read.memo, result.memo);
}

static void dialog_comes_back(void **state)
{
    (void)state;
    for (int open = 0; open <= 1; open++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf frame = {.max = 100};
        struct hufu_dialog dialog = {.open = open};
        struct hufu_dialog read = {.open = !open};
        assert_int_equal(hufu_frame_put_dialog(&frame, &dialog, NULL), HUFU_OK);
        assert_int_equal(hufu_frame_type(hufu_buf_bytes(&frame)), HUFU_FRAME_DIALOG);
        assert_int_equal(hufu_frame_get_dialog(hufu_buf_bytes(&frame), &read, NULL), HUFU_OK);
        assert_int_equal(read.open, open);
    }
}

static void memo_comes_back_up_to_its_maximum(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) uint8_t *memo = calloc(1, HUFU_MEMO_MAX + 1);
    for (size_t len = HUFU_MEMO_MAX; len <= HUFU_MEMO_MAX + 1; len++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf frame = {.max = HUFU_FRAME_MAX};
        struct hufu_bytes read = {0};
        assert_int_equal(hufu_frame_put_memo(&frame, hufu_bytes_of(memo, len), NULL), HUFU_OK);
        assert_int_equal(hufu_frame_type(hufu_buf_bytes(&frame)), HUFU_FRAME_MEMO);
        assert_int_equal(hufu_frame_get_memo(hufu_buf_bytes(&frame), &read, NULL),
                         len <= HUFU_MEMO_MAX ? HUFU_OK : HUFU_E_REQUEST);
        assert_int_equal(read.len, len <= HUFU_MEMO_MAX ? len : 0);
    }
}

static void frames_follow_one_another(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf frames = {.max = HUFU_FRAME_MAX};
    struct hufu_result read = {0};
    size_t first = 0;
    assert_int_equal(hufu_frame_put_memo(&frames, BYTES("memo"), NULL), HUFU_OK);
    assert_int_equal(hufu_frame_length(frames.data, &first, NULL), HUFU_OK);
    assert_int_equal(first, frames.len);
    assert_int_equal(hufu_frame_put_result(&frames, &result, NULL), HUFU_OK);
    struct hufu_bytes second = hufu_bytes_of(frames.data + first, frames.len - first);
    assert_int_equal(hufu_frame_get_result(second, &read, NULL), HUFU_OK);
}

static void scopes_come_back(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf ask = {.max = 100};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf grant = {.max = 100};
    struct hufu_scopes read = {0};
    assert_int_equal(hufu_frame_put_ask(&ask, &(struct hufu_scopes){8}, NULL), HUFU_OK);
    assert_int_equal(hufu_frame_get_ask(hufu_buf_bytes(&ask), &read, NULL), HUFU_OK);
    assert_int_equal(read.scopes, 8);
    assert_int_equal(hufu_frame_put_grant(&grant, &(struct hufu_scopes){31}, NULL), HUFU_OK);
    assert_int_equal(hufu_frame_get_grant(hufu_buf_bytes(&grant), &read, NULL), HUFU_OK);
    assert_int_equal(read.scopes, 31);
    ask.data[ask.len - 1] = 32; /* no such scope */
    assert_int_equal(hufu_frame_get_ask(hufu_buf_bytes(&ask), &read, NULL), HUFU_E_REQUEST);
}

/* --- malformed frames --- */

enum { FRAMES = 6 };

/* Whether any of the readers takes `frame`, which lies in a block of just its size. */
static bool readable(struct hufu_bytes frame)
{
    HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(frame.data, frame.len);
    struct hufu_bytes bytes = hufu_bytes_of(copy, frame.len);
    struct hufu_call some_call;
    struct hufu_result some_result;
    struct hufu_dialog some_dialog;
    struct hufu_bytes some_memo;
    struct hufu_scopes some_scopes;
    return hufu_frame_get_call(bytes, &some_call, NULL) == HUFU_OK ||
           hufu_frame_get_result(bytes, &some_result, NULL) == HUFU_OK ||
           hufu_frame_get_dialog(bytes, &some_dialog, NULL) == HUFU_OK ||
           hufu_frame_get_memo(bytes, &some_memo, NULL) == HUFU_OK ||
           hufu_frame_get_ask(bytes, &some_scopes, NULL) == HUFU_OK ||
           hufu_frame_get_grant(bytes, &some_scopes, NULL) == HUFU_OK;
}

/* The head of a frame of this length, as if it were meant to be that short. */
static void write_length(uint8_t *frame, size_t len)
{
    size_t counted = len - HUFU_FRAME_HEAD;
    for (size_t i = 0; len >= HUFU_FRAME_HEAD && i < HUFU_FRAME_HEAD; i++)
        frame[i] = (uint8_t)(counted >> 8 * (HUFU_FRAME_HEAD - 1 - i));
}

/* Without arguments: a call whose last arguments are cut off cleanly is a call. */
static void put_one_of_each(struct hufu_buf frames[FRAMES])
{
    struct hufu_call bare = call;
    bare.argument_count = 0;
    for (int i = 0; i < FRAMES; i++)
        hufu_buf_init(&frames[i], 1000);
    assert_int_equal(hufu_frame_put_call(&frames[0], &bare, NULL), HUFU_OK);
    assert_int_equal(hufu_frame_put_result(&frames[1], &result, NULL), HUFU_OK);
    assert_int_equal(hufu_frame_put_dialog(&frames[2], &(struct hufu_dialog){true}, NULL), HUFU_OK);
    assert_int_equal(hufu_frame_put_memo(&frames[3], BYTES("a memo"), NULL), HUFU_OK);
    assert_int_equal(hufu_frame_put_ask(&frames[4], &(struct hufu_scopes){8}, NULL), HUFU_OK);
    assert_int_equal(hufu_frame_put_grant(&frames[5], &(struct hufu_scopes){9}, NULL), HUFU_OK);
}

static void refuses_a_part_of_a_frame(void **state)
{
    (void)state;
    struct hufu_buf frames[FRAMES];
    put_one_of_each(frames);
    for (int i = 0; i < FRAMES; i++) {
        assert_true(readable(hufu_buf_bytes(&frames[i])));
        for (size_t len = 0; len < frames[i].len; len++) {
            assert_false(readable(hufu_bytes_of(frames[i].data, len)));
            HUFU_AUTO(hufu_free) uint8_t *part = exact_copy(frames[i].data, frames[i].len);
            write_length(part, len);
            assert_false(readable(hufu_bytes_of(part, len)));
        }
        hufu_buf_done(&frames[i]);
    }
}

static void refuses_a_length_that_is_not_its_own(void **state)
{
    (void)state;
    struct hufu_buf frames[FRAMES];
    put_one_of_each(frames);
    for (int i = 0; i < FRAMES; i++) {
        write_length(frames[i].data, frames[i].len - 1);
        assert_false(readable(hufu_buf_bytes(&frames[i])));
        write_length(frames[i].data, frames[i].len + 1);
        assert_false(readable(hufu_buf_bytes(&frames[i])));
        hufu_buf_done(&frames[i]);
    }
}

static void refuses_more_than_a_frame(void **state)
{
    (void)state;
    struct hufu_buf frames[FRAMES];
    put_one_of_each(frames);
    for (int i = 0; i < FRAMES; i++) {
        hufu_buf_add_u8(&frames[i], 0);
        assert_false(readable(hufu_buf_bytes(&frames[i])));
        write_length(frames[i].data, frames[i].len);
        assert_false(readable(hufu_buf_bytes(&frames[i])));
        hufu_buf_done(&frames[i]);
    }
}

/* Those with one field are told apart by their type alone. */
static bool has_one_field(int type)
{
    return type == HUFU_FRAME_DIALOG || type == HUFU_FRAME_MEMO || type == HUFU_FRAME_ASK ||
           type == HUFU_FRAME_GRANT;
}

static void refuses_every_other_type(void **state)
{
    (void)state;
    struct hufu_buf frames[FRAMES];
    put_one_of_each(frames);
    for (int i = 0; i < FRAMES; i++) {
        for (int type = 0; type <= UINT8_MAX; type++) {
            frames[i].data[HUFU_FRAME_HEAD] = (uint8_t)type;
            if (type != i + 1 && !(has_one_field(type) && has_one_field(i + 1)))
                assert_false(readable(hufu_buf_bytes(&frames[i])));
        }
        hufu_buf_done(&frames[i]);
    }
    assert_int_equal(hufu_frame_type(BYTES("\0\0\0")), 0);
    assert_int_equal(hufu_frame_type(hufu_bytes_of(NULL, 0)), 0);
}

#define FRAME(literal)                                                                             \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }

static const struct hufu_bytes malformed[] = {
    /* a memo whose field is longer than the frame, by one and by all */
    FRAME("\0\0\0\x06\x04\0\0\0\x02x"),
    FRAME("\0\0\0\x06\x04\xff\xff\xff\xffx"),
    FRAME("\0\0\0\x06\x04\xff\xff\xff\xfcx"),
    /* a dialog whose number has three bytes, or five */
    FRAME("\0\0\0\x08\x03\0\0\0\x03\0\0\1"),
    FRAME("\0\0\0\x0a\x03\0\0\0\x05\0\0\0\0\1"),
    /* a result: the text without its NUL, with two, empty; an unknown `after`; no memo */
    FRAME("\0\0\0\x22\x02\0\0\0\4\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\1x\0\0\0\0"),
    FRAME("\0\0\0\x23\x02\0\0\0\4\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\2\0\0\0\0\0\0"),
    FRAME("\0\0\0\x21\x02\0\0\0\4\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0"),
    FRAME("\0\0\0\x22\x02\0\0\0\4\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\4\0\0\0\3\0\0\0\1\0\0\0\0\0"),
    FRAME("\0\0\0\x1e\x02\0\0\0\4\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\1\0"),
};

/* The same with nothing wrong, so that the rows above fail for their own reason. */
static const struct hufu_bytes well_formed[] = {
    FRAME("\0\0\0\x06\x04\0\0\0\x01x"),
    FRAME("\0\0\0\x09\x03\0\0\0\4\0\0\0\1"),
    FRAME("\0\0\0\x22\x02\0\0\0\4\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\4\0\0\0\2\0\0\0\1\0\0\0\0\0"),
};

static void refuses_wrong_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(malformed); i++)
        assert_false(readable(malformed[i]));
    for (size_t i = 0; i < COUNT(well_formed); i++)
        assert_true(readable(well_formed[i]));
}

static void takes_16_arguments(void **state)
{
    (void)state;
    struct hufu_call full = call;
    struct hufu_call read = {0};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf frame = {.max = 1000};
    full.argument_count = HUFU_ARGUMENTS_MAX;
    for (size_t i = 0; i < HUFU_ARGUMENTS_MAX; i++)
        full.arguments[i] = "x";
    assert_int_equal(hufu_frame_put_call(&frame, &full, NULL), HUFU_OK);
    assert_int_equal(hufu_frame_get_call(hufu_buf_bytes(&frame), &read, NULL), HUFU_OK);
    assert_int_equal(read.argument_count, HUFU_ARGUMENTS_MAX);
    hufu_buf_add(&frame, "\0\0\0\2x", 6);
    write_length(frame.data, frame.len);
    assert_int_equal(hufu_frame_get_call(hufu_buf_bytes(&frame), &read, NULL), HUFU_E_REQUEST);
}

static void takes_9_mib(void **state)
{
    (void)state;
    enum { AROUND = HUFU_FRAME_HEAD + 1 + 3 * 8 + 4 + 1 + 4 }; /* a result without text and memo */
    for (size_t len = HUFU_FRAME_MAX; len <= HUFU_FRAME_MAX + 1; len++) {
        HUFU_AUTO(hufu_free) char *text = repeat('x', len - AROUND);
        HUFU_AUTO(hufu_buf_done) struct hufu_buf frame = {.max = 2 * HUFU_FRAME_MAX};
        struct hufu_result large = {.text = text};
        assert_int_equal(hufu_frame_put_result(&frame, &large, NULL),
                         len <= HUFU_FRAME_MAX ? HUFU_OK : HUFU_E_REQUEST);
        assert_int_equal(frame.len, len);
    }
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf exact = {.max = 13};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf small = {.max = 12};
    assert_int_equal(hufu_frame_put_dialog(&exact, &(struct hufu_dialog){true}, NULL), HUFU_OK);
    assert_int_equal(hufu_frame_put_dialog(&small, &(struct hufu_dialog){true}, NULL),
                     HUFU_E_REQUEST);
}

struct head {
    const char *bytes;
    size_t length; /* 0: refused */
};

static const struct head heads[] = {
    {"\0\0\0\0", 0},       {"\0\0\0\1", 5},
    {"\0\0\1\0", 260},     {"\0\x8f\xff\xfc", HUFU_FRAME_MAX},
    {"\0\x8f\xff\xfd", 0}, {"\xff\xff\xff\xff", 0},
};

static void bounds_the_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        size_t length = 0;
        assert_int_equal(hufu_frame_length((const uint8_t *)heads[i].bytes, &length, NULL),
                         heads[i].length ? HUFU_OK : HUFU_E_REQUEST);
        assert_int_equal(length, heads[i].length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_comes_back),
        cmocka_unit_test(result_comes_back),
        cmocka_unit_test(dialog_comes_back),
        cmocka_unit_test(scopes_come_back),
        cmocka_unit_test(memo_comes_back_up_to_its_maximum),
        cmocka_unit_test(frames_follow_one_another),
        cmocka_unit_test(refuses_a_part_of_a_frame),
        cmocka_unit_test(refuses_a_length_that_is_not_its_own),
        cmocka_unit_test(refuses_more_than_a_frame),
        cmocka_unit_test(refuses_every_other_type),
        cmocka_unit_test(refuses_wrong_fields),
        cmocka_unit_test(takes_16_arguments),
        cmocka_unit_test(takes_9_mib),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(bounds_the_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
