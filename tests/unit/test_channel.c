#include "bytes.h"

#include "service/channel.h"
#include "wire/frame.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Linked in front of libc's: freed blocks are searched for a secret. */
void __real_free(void *block);
void __wrap_free(void *block);

static const char secret[] = "secret-pin";
static bool watching, secret_leaked;

void __wrap_free(void *block)
{
    if (block && watching && memmem(block, malloc_usable_size(block), secret, sizeof secret - 1))
        secret_leaked = true;
    __real_free(block);
}

/* One channel, and the other end of its socket. */
struct scene {
    struct event_base *base;
    struct hufu_channel *channel;
    int other;
    size_t frame_count, broken_count;
    struct hufu_buf last;
    bool ends; /* the channel, with its first frame */
};

static void on_frame(void *context, struct hufu_bytes frame)
{
    struct scene *scene = context;
    scene->frame_count++;
    hufu_buf_clear(&scene->last);
    hufu_buf_add(&scene->last, frame.data, frame.len);
    if (scene->ends)
        hufu_channel_free(HUFU_TAKE(scene->channel));
}

static void on_broken(void *context)
{
    struct scene *scene = context;
    scene->broken_count++;
    hufu_channel_free(HUFU_TAKE(scene->channel));
}

static struct hufu_channel *channel_of(struct scene *scene, int socket)
{
    const struct hufu_channel_owner owner = {
        .context = scene, .frame = on_frame, .broken = on_broken};
    struct hufu_channel *channel = hufu_channel_new(scene->base, socket, owner);
    assert_non_null(channel);
    return channel;
}

static void set_up(struct scene *scene)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    *scene =
        (struct scene){.base = event_base_new(), .other = pair[1], .last = {.max = HUFU_FRAME_MAX}};
    scene->channel = channel_of(scene, pair[0]);
}

static void tear_down(struct scene *scene)
{
    hufu_channel_free(scene->channel);
    hufu_buf_done(&scene->last);
    hufu_close(&scene->other);
    event_base_free(scene->base);
}

/* Until nothing happens any more. */
static void go_on(const struct scene *scene)
{
    for (int i = 0; i < 10; i++)
        event_base_loop(scene->base, EVLOOP_NONBLOCK);
}

static void put(const struct scene *scene, struct hufu_bytes bytes)
{
    assert_int_equal(write(scene->other, bytes.data, bytes.len), bytes.len);
}

static void reads_a_frame_in_any_pieces(void **state)
{
    static const char frame[] = "\0\0\0\5.abcd";
    struct scene scene;
    (void)state;
    set_up(&scene);
    for (size_t first = 1; first < sizeof frame - 1; first++) {
        put(&scene, hufu_bytes_of(frame, first));
        go_on(&scene);
        assert_int_equal(scene.frame_count, first - 1);
        put(&scene, hufu_bytes_of(frame + first, sizeof frame - 1 - first));
        go_on(&scene);
        assert_int_equal(scene.frame_count, first);
        assert_bytes(hufu_buf_bytes(&scene.last), BYTES(frame));
    }
    tear_down(&scene);
}

static void reads_one_frame_after_another(void **state)
{
    struct scene scene;
    (void)state;
    set_up(&scene);
    put(&scene, BYTES("\0\0\0\1a\0\0\0\2bc\0\0\0\1d\0\0"));
    go_on(&scene);
    assert_int_equal(scene.frame_count, 3);
    assert_bytes(hufu_buf_bytes(&scene.last), BYTES("\0\0\0\1d"));
    put(&scene, BYTES("\0\1e"));
    go_on(&scene);
    assert_bytes(hufu_buf_bytes(&scene.last), BYTES("\0\0\0\1e"));
    assert_int_equal(scene.broken_count, 0);
    tear_down(&scene);
}

static void may_end_with_a_frame(void **state)
{
    struct scene scene;
    (void)state;
    set_up(&scene);
    scene.ends = true;
    put(&scene, BYTES("\0\0\0\1a\0\0\0\1b"));
    go_on(&scene);
    assert_int_equal(scene.frame_count, 1);
    assert_int_equal(scene.broken_count, 0);
    tear_down(&scene);
}

static void tells_what_is_no_frame(void **state)
{
    enum { COUNTED_MAX = HUFU_FRAME_MAX - HUFU_FRAME_HEAD };
    static const uint8_t heads[][HUFU_FRAME_HEAD] = {
        {0, 0, 0, 0},
        {0, (COUNTED_MAX + 1) >> 16, (COUNTED_MAX + 1) >> 8 & 255, (COUNTED_MAX + 1) & 255},
        {255, 255, 255, 255},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        struct scene scene;
        set_up(&scene);
        put(&scene, hufu_bytes_of(heads[i], sizeof heads[i]));
        go_on(&scene);
        assert_int_equal(scene.frame_count, 0);
        assert_int_equal(scene.broken_count, 1);
        tear_down(&scene);
    }
}

static void tells_that_it_was_closed(void **state)
{
    static const char frames[] = "\0\0\0\1a\0\0\0\2bc";
    (void)state;
    for (size_t len = 0; len < sizeof frames; len++) {
        struct scene scene;
        set_up(&scene);
        put(&scene, hufu_bytes_of(frames, len));
        hufu_close(&scene.other);
        scene.other = -1;
        go_on(&scene);
        assert_int_equal(scene.frame_count, (len >= 5) + (len == sizeof frames - 1));
        assert_int_equal(scene.broken_count, 1);
        tear_down(&scene);
    }
}

static void put_frame(struct hufu_buf *frame, size_t len)
{
    size_t counted = len - HUFU_FRAME_HEAD;
    hufu_buf_add_u32(frame, (uint32_t)counted);
    uint8_t *rest = hufu_buf_extend(frame, counted);
    assert_non_null(rest);
    memset(rest, 'x', counted);
    memcpy(rest, secret, sizeof secret - 1);
}

/* More than the socket takes at once, up to the most that there is. */
static void sends_frames_of_any_length(void **state)
{
    static const size_t lengths[] = {20, 20, 1 << 20, HUFU_FRAME_MAX, 20};
    struct scene scene;
    (void)state;
    set_up(&scene);
    struct hufu_channel *sender = channel_of(&scene, scene.other);
    scene.other = -1;
    secret_leaked = false;
    watching = true;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct hufu_buf frame = {.max = HUFU_FRAME_MAX};
        put_frame(&frame, lengths[i]);
        hufu_channel_send(sender, &frame);
        assert_null(frame.data);
    }
    while (scene.frame_count < COUNT(lengths)) {
        size_t before = scene.frame_count;
        event_base_loop(scene.base, EVLOOP_ONCE);
        if (scene.frame_count > before)
            assert_int_equal(scene.last.len, lengths[before]);
    }
    watching = false;
    assert_false(secret_leaked);
    assert_int_equal(scene.broken_count, 0);
    hufu_channel_free(sender);
    tear_down(&scene);
}

static void wipes_what_never_arrives(void **state)
{
    struct scene scene;
    (void)state;
    set_up(&scene);
    hufu_close(&scene.other);
    scene.other = -1;
    secret_leaked = false;
    watching = true;
    for (int i = 0; i < 3; i++) {
        struct hufu_buf frame = {.max = HUFU_FRAME_MAX};
        put_frame(&frame, 1 << 20);
        hufu_channel_send(scene.channel, &frame);
        assert_null(frame.data);
    }
    go_on(&scene);
    watching = false;
    assert_false(secret_leaked);
    assert_int_equal(scene.broken_count, 1);
    tear_down(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_frame_in_any_pieces),
        cmocka_unit_test(reads_one_frame_after_another),
        cmocka_unit_test(may_end_with_a_frame),
        cmocka_unit_test(tells_what_is_no_frame),
        cmocka_unit_test(tells_that_it_was_closed),
        cmocka_unit_test(sends_frames_of_any_length),
        cmocka_unit_test(wipes_what_never_arrives),
    };
    signal(SIGPIPE, SIG_IGN); /* as hufud does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
