#include "service/channel.h"

#include "wire/frame.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct hufu_channel {
    struct hufu_channel_owner owner;
    int socket;
    struct event *readable;
    struct event *writable;
    struct evbuffer *output;
    uint8_t head[HUFU_FRAME_HEAD];
    size_t received; /* of the frame, its head included */
    struct hufu_buf frame;
};

/* --- reading --- */

/* Whether the socket had something; `ret_broken` where it never will again. */
static bool receive(struct hufu_channel *channel, uint8_t *to, size_t len, bool *ret_broken)
{
    ssize_t got = recv(channel->socket, to, len, MSG_DONTWAIT);
    if (got > 0)
        channel->received += (size_t)got;
    *ret_broken = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
    return got > 0;
}

/* Whether the frame has its block now. */
static bool begin_frame(struct hufu_channel *channel, bool *ret_broken)
{
    size_t len = 0;
    size_t missing = sizeof channel->head - channel->received;
    if (!receive(channel, channel->head + channel->received, missing, ret_broken) ||
        channel->received < sizeof channel->head)
        return false;
    if (hufu_frame_length(channel->head, &len, NULL) == HUFU_OK)
        (void)hufu_buf_extend(&channel->frame, len);
    *ret_broken = channel->frame.len != len || len == 0;
    if (!*ret_broken)
        memcpy(channel->frame.data, channel->head, sizeof channel->head);
    return !*ret_broken;
}

/* Whether the frame is complete. */
static bool read_frame(struct hufu_channel *channel, bool *ret_broken)
{
    struct hufu_buf *frame = &channel->frame;
    if (channel->received < sizeof channel->head && !begin_frame(channel, ret_broken))
        return false;
    if (channel->received < frame->len)
        (void)receive(channel, frame->data + channel->received, frame->len - channel->received,
                      ret_broken);
    return channel->received == frame->len;
}

/* One frame at a time, for what it says may end this channel; the loop comes back for the next. */
static void on_readable(evutil_socket_t fd, short events, void *arg)
{
    struct hufu_channel *channel = arg;
    bool broken = false;
    (void)fd;
    (void)events;
    if (read_frame(channel, &broken)) {
        struct hufu_buf frame = channel->frame;
        hufu_buf_init(&channel->frame, HUFU_FRAME_MAX);
        channel->received = 0;
        channel->owner.frame(channel->owner.context, hufu_buf_bytes(&frame));
        hufu_buf_done(&frame);
    } else if (broken) {
        channel->owner.broken(channel->owner.context);
    }
}

/* --- writing --- */

static void wipe_and_free(const void *data, size_t len, void *block)
{
    (void)data;
    explicit_bzero(block, len);
    free(block);
}

/* A socket that takes nothing any more is not waited for: it is readable, and that is told. */
static void flush(struct hufu_channel *channel)
{
    int put = evbuffer_write(channel->output, channel->socket);
    if (evbuffer_get_length(channel->output) > 0 && (put >= 0 || errno == EAGAIN || errno == EINTR))
        event_add(channel->writable, NULL);
}

static void on_writable(evutil_socket_t fd, short events, void *arg)
{
    (void)fd;
    (void)events;
    flush(arg);
}

void hufu_channel_send(struct hufu_channel *channel, struct hufu_buf *frame)
{
    if (evbuffer_add_reference(channel->output, frame->data, frame->len, wipe_and_free,
                               frame->data) != 0)
        return;
    *frame = (struct hufu_buf){.max = frame->max};
    flush(channel);
}

/* --- both --- */

void hufu_channel_free(struct hufu_channel *channel)
{
    if (!channel)
        return;
    if (channel->readable)
        event_free(channel->readable);
    if (channel->writable)
        event_free(channel->writable);
    if (channel->output)
        evbuffer_free(channel->output);
    hufu_buf_done(&channel->frame);
    close(channel->socket);
    free(channel);
}

struct hufu_channel *hufu_channel_new(struct event_base *base, int socket,
                                      struct hufu_channel_owner owner)
{
    struct hufu_channel *channel = calloc(1, sizeof *channel);
    if (!channel) {
        close(socket);
        return NULL;
    }
    channel->owner = owner;
    channel->socket = socket;
    channel->frame.max = HUFU_FRAME_MAX;
    channel->readable = event_new(base, socket, EV_READ | EV_PERSIST, on_readable, channel);
    channel->writable = event_new(base, socket, EV_WRITE, on_writable, channel);
    channel->output = evbuffer_new();
    if (!channel->readable || !channel->writable || !channel->output ||
        evutil_make_socket_nonblocking(socket) || event_add(channel->readable, NULL)) {
        hufu_channel_free(channel);
        return NULL;
    }
    return channel;
}
