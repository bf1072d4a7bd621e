/* Frames to and from a worker, over a socket that never blocks. A frame is read into a block of its
 * own length, in as few system calls as the socket allows: a bufferevent reads 4 KiB in each, and
 * keeps what it read in blocks of its own. */
#ifndef HUFU_SERVICE_CHANNEL_H
#define HUFU_SERVICE_CHANNEL_H

#include "base/buf.h"

#include <event2/event.h>

struct hufu_channel;

/* What the owner of a channel is told, from the loop only. Both may free the channel. */
struct hufu_channel_owner {
    void *context;
    void (*frame)(void *context, struct hufu_bytes frame); /* whole, type and fields unread */
    void (*broken)(void *context); /* closed, or a length that no frame has; nothing follows */
};

/* Takes `socket`, also when it fails: NULL. */
struct hufu_channel *hufu_channel_new(struct event_base *base, int socket,
                                      struct hufu_channel_owner owner);

/* Closes the socket; what was read and what waits is wiped. NULL is allowed. */
void hufu_channel_free(struct hufu_channel *channel);

/* Sends a frame; its content moves out of `frame` and is wiped when the other side has it. What is
 * wrong with the socket is told later, from the loop. */
void hufu_channel_send(struct hufu_channel *channel, struct hufu_buf *frame);

#endif
