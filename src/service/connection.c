#include "service/connection.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A request of a usual page fits into the first; a TLS record holds no more than the second. */
enum { INPUT_STEP = 4095, BODY_STEP = 16 * 1024 };

/* Not CALL: the worker has a deadline of its own. */
static const time_t deadlines_s[] = {
    [HUFU_PHASE_HANDSHAKE] = HUFU_HANDSHAKE_S,
    [HUFU_PHASE_IDLE] = HUFU_IDLE_S,
    [HUFU_PHASE_HEAD] = HUFU_HEAD_S,
    [HUFU_PHASE_BODY] = HUFU_BODY_S,
    [HUFU_PHASE_CALL] = 0,
    [HUFU_PHASE_ANSWER] = HUFU_ANSWER_S,
    [HUFU_PHASE_GOODBYE] = HUFU_GOODBYE_S,
    [HUFU_PHASE_DEAD] = 0,
};

static void enter(struct hufu_connection *connection, enum hufu_phase phase)
{
    connection->phase = phase;
    connection->new_phase = true;
}

/* --- end --- */

static void free_connection(struct hufu_connection *connection)
{
    if (connection->ready)
        event_free(connection->ready);
    if (connection->deadline)
        event_free(connection->deadline);
    SSL_free(connection->ssl);
    close(connection->fd);
    hufu_buf_done(&connection->input);
    hufu_buf_done(&connection->body);
    hufu_buf_done(&connection->output);
    free(connection);
}

/* A close with bytes unread would be a reset, and that takes the answer away from the page again.
 * So our direction ends first, and what still comes is thrown away, not even decrypted. */
static bool say_goodbye(struct hufu_connection *connection)
{
    shutdown(connection->fd, SHUT_WR);
    connection->waiting_since_ms = 0; /* the first to make room */
    connection->wanted = EV_READ;
    enter(connection, HUFU_PHASE_GOODBYE);
    return true;
}

static bool close_tls(struct hufu_connection *connection)
{
    ERR_clear_error();
    SSL_shutdown(connection->ssl);
    return say_goodbye(connection);
}

static bool die(struct hufu_connection *connection)
{
    enter(connection, HUFU_PHASE_DEAD);
    return true;
}

/* --- steps: each returns whether there is more to do before the socket is ready again --- */

static bool wait_for(struct hufu_connection *connection, short events)
{
    connection->wanted = events;
    return false;
}

/* After an operation of OpenSSL that came to nothing. */
static bool failed(struct hufu_connection *connection, int result)
{
    switch (SSL_get_error(connection->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return wait_for(connection, EV_READ);
    case SSL_ERROR_WANT_WRITE:
        return wait_for(connection, EV_WRITE);
    case SSL_ERROR_WANT_X509_LOOKUP: /* until hufu_connection_renew, or its deadline */
        return wait_for(connection, 0);
    case SSL_ERROR_ZERO_RETURN:
        return close_tls(connection);
    case SSL_ERROR_SSL: /* OpenSSL has sent its alert */
        return say_goodbye(connection);
    default:
        return die(connection);
    }
}

static bool shake_hands(struct hufu_connection *connection)
{
    ERR_clear_error();
    int result = SSL_do_handshake(connection->ssl);
    if (result != 1)
        return failed(connection, result);
    hufu_log_debug("connection: %s %s", SSL_get_version(connection->ssl),
                   SSL_get_cipher_name(connection->ssl));
    enter(connection, HUFU_PHASE_IDLE);
    return true;
}

/* Adds at most `len` decrypted bytes to `to`; with 0 and less, `failed` knows what to do. */
static int receive(struct hufu_connection *connection, struct hufu_buf *to, size_t len)
{
    uint8_t *room = hufu_buf_extend(to, len);
    if (!room)
        return -1;
    ERR_clear_error();
    int got = SSL_read(connection->ssl, room, (int)len);
    hufu_buf_shorten(to, len - (got > 0 ? (size_t)got : 0));
    return got;
}

static void consume(struct hufu_buf *input, size_t len)
{
    if (len == input->len) {
        hufu_buf_done(input);
        return;
    }
    memmove(input->data, input->data + len, input->len - len);
    hufu_buf_shorten(input, len);
}

/* Returns whether the head is not complete yet. */
static bool parse_head(struct hufu_connection *connection)
{
    struct hufu_head head;
    size_t len = 0;
    struct hufu_buf *input = &connection->input;
    enum hufu_head_state state = hufu_head_read((char *)input->data, input->len, &head, &len);
    if (state == HUFU_HEAD_MORE)
        return true;
    if (state == HUFU_HEAD_DONE) {
        head.port = connection->port;
        connection->owner->head(connection, &head);
        consume(input, len);
    } else {
        connection->owner->bad_head(connection, state);
    }
    return false;
}

static bool read_head(struct hufu_connection *connection)
{
    struct hufu_buf *input = &connection->input;
    if (input->len > 0 && connection->phase == HUFU_PHASE_IDLE)
        enter(connection, HUFU_PHASE_HEAD);
    if (input->len > 0 && !parse_head(connection))
        return true;
    int got = receive(connection, input, INPUT_STEP);
    if (got > 0)
        return true;
    if (input->failed)
        return die(connection);
    if (input->len == 0)
        hufu_buf_done(input); /* an idle connection keeps nothing */
    return failed(connection, got);
}

static bool read_body(struct hufu_connection *connection)
{
    struct hufu_buf *input = &connection->input;
    struct hufu_buf *body = &connection->body;
    size_t missing = connection->body_len - body->len;
    if (input->len > 0 && missing > 0) {
        size_t part = input->len < missing ? input->len : missing;
        hufu_buf_add(body, input->data, part);
        consume(input, part);
    } else if (missing > 0) {
        if (body->len >= BODY_STEP) /* it is on its way, and not only announced */
            hufu_buf_reserve(body, missing);
        int got = receive(connection, body, missing < BODY_STEP ? missing : BODY_STEP);
        if (got <= 0 && !body->failed)
            return failed(connection, got);
    }
    if (body->failed)
        return die(connection);
    connection->owner->body(connection);
    return true;
}

/* EPOLLET, because a page that sends the next request early would otherwise wake us in a circle. */
static bool watch(struct hufu_connection *connection)
{
    struct pollfd look = {.fd = connection->fd, .events = POLLRDHUP};
    if (poll(&look, 1, 0) == 1)
        return die(connection);
    return wait_for(connection, EV_READ | EV_CLOSED | EV_ET);
}

static bool send_answer(struct hufu_connection *connection)
{
    struct hufu_buf *output = &connection->output;
    while (connection->sent < output->len) {
        ERR_clear_error();
        size_t left = output->len - connection->sent;
        int result = SSL_write(connection->ssl, output->data + connection->sent, (int)left);
        if (result <= 0)
            return failed(connection, result);
        connection->sent += (size_t)result;
    }
    hufu_buf_done(output);
    if (connection->close_after)
        return close_tls(connection);
    enter(connection, HUFU_PHASE_IDLE);
    /* What came early has its turn after the other connections, and never from within a caller
     * who sends. What did not come yet, the socket tells. */
    connection->early = connection->input.len > 0 || SSL_has_pending(connection->ssl);
    return wait_for(connection, EV_READ);
}

static bool discard(struct hufu_connection *connection)
{
    uint8_t rubbish[INPUT_STEP];
    ssize_t got = recv(connection->fd, rubbish, sizeof rubbish, MSG_DONTWAIT);
    if (got > 0)
        return wait_for(connection, EV_READ);
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? wait_for(connection, EV_READ)
                                                          : die(connection);
}

static bool stop(struct hufu_connection *connection)
{
    return wait_for(connection, 0);
}

static bool step(struct hufu_connection *connection)
{
    static bool (*const steps[])(struct hufu_connection *) = {
        [HUFU_PHASE_HANDSHAKE] = shake_hands,
        [HUFU_PHASE_IDLE] = read_head,
        [HUFU_PHASE_HEAD] = read_head,
        [HUFU_PHASE_BODY] = read_body,
        [HUFU_PHASE_CALL] = watch,
        [HUFU_PHASE_ANSWER] = send_answer,
        [HUFU_PHASE_GOODBYE] = discard,
        [HUFU_PHASE_DEAD] = stop,
    };
    return steps[connection->phase](connection);
}

/* --- events --- */

static void on_ready(evutil_socket_t fd, short events, void *arg);

static bool arm(struct hufu_connection *connection)
{
    if (connection->wanted == connection->armed)
        return true;
    event_del(connection->ready);
    connection->armed = connection->wanted;
    return event_assign(connection->ready, connection->base, connection->fd,
                        (short)(connection->wanted | EV_PERSIST), on_ready, connection) == 0 &&
           event_add(connection->ready, NULL) == 0;
}

static bool set_deadline(struct hufu_connection *connection)
{
    const struct timeval time = {.tv_sec = connection->early ? 0 : deadlines_s[connection->phase]};
    if (!connection->new_phase)
        return true;
    connection->new_phase = false;
    return (time.tv_sec || connection->early ? event_add(connection->deadline, &time)
                                             : event_del(connection->deadline)) == 0;
}

/* Before the loop waits again: sets what it waits for, or frees what has ended. */
static void settle(struct hufu_connection *connection)
{
    if (connection->phase != HUFU_PHASE_DEAD && set_deadline(connection) && arm(connection))
        return;
    connection->owner->gone(connection);
    free_connection(connection);
}

static void on_ready(evutil_socket_t fd, short events, void *arg)
{
    struct hufu_connection *connection = arg;
    (void)fd;
    (void)events;
    if (connection->early) {
        connection->early = false;
        connection->new_phase = true; /* back to the usual deadline */
    }
    connection->busy = true;
    while (step(connection))
        ;
    connection->busy = false;
    settle(connection);
}

static void on_deadline(evutil_socket_t fd, short events, void *arg)
{
    struct hufu_connection *connection = arg;
    if (connection->early) {
        on_ready(fd, events, connection);
        return;
    }
    if (connection->phase == HUFU_PHASE_IDLE)
        close_tls(connection);
    else
        die(connection);
    settle(connection);
}

/* --- for the owner --- */

struct hufu_connection *hufu_connection_new(struct event_base *base, int fd, SSL *ssl,
                                            const struct hufu_connection_owner *owner,
                                            void *context)
{
    struct hufu_connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        SSL_free(ssl);
        close(fd);
        return NULL;
    }
    *connection = (struct hufu_connection){
        .owner = owner,
        .context = context,
        .base = base,
        .ready = event_new(base, fd, EV_READ | EV_PERSIST, on_ready, connection),
        .deadline = evtimer_new(base, on_deadline, connection),
        .ssl = ssl,
        .fd = fd,
        .wanted = EV_READ,
        .waiting_since_ms = hufu_clock_ms(),
        .input = {.max = HUFU_HEADER_BYTES_MAX + INPUT_STEP},
    };
    enter(connection, HUFU_PHASE_HANDSHAKE);
    SSL_set_accept_state(ssl);
    SSL_set_read_ahead(ssl, 1); /* one system call a record instead of two */
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (!connection->ready || !connection->deadline || SSL_set_fd(ssl, fd) != 1 ||
        !set_deadline(connection) || !arm(connection)) {
        free_connection(connection);
        return NULL;
    }
    return connection;
}

void hufu_connection_renew(struct hufu_connection *connection, SSL_CTX *tls)
{
    if (SSL_want(connection->ssl) != SSL_X509_LOOKUP || !SSL_set_SSL_CTX(connection->ssl, tls))
        return;
    on_ready(connection->fd, 0, connection);
}

void hufu_connection_expect(struct hufu_connection *connection, size_t len)
{
    connection->body_len = len;
    if (len > connection->body_peak)
        connection->body_peak = len;
    hufu_buf_init(&connection->body, len);
    enter(connection, HUFU_PHASE_BODY);
}

void hufu_connection_wait(struct hufu_connection *connection)
{
    connection->waiting_since_ms = hufu_clock_ms();
    connection->served = true;
    enter(connection, HUFU_PHASE_CALL);
}

void hufu_connection_send(struct hufu_connection *connection)
{
    connection->sent = 0;
    hufu_buf_done(&connection->body);
    enter(connection, HUFU_PHASE_ANSWER);
    if (connection->output.failed)
        die(connection);
    if (connection->busy)
        return;
    if (connection->phase == HUFU_PHASE_ANSWER)
        send_answer(connection);
    settle(connection);
}

void hufu_connection_end(struct hufu_connection *connection)
{
    die(connection);
    if (!connection->busy)
        settle(connection);
}
