/* pivcard: puts a PIV card with a test citizen's keys into a reader of vsmartcard's vpcd.
 *
 * Usage: pivcard [-P PIN] [-s] [-c FIFO] [-r READER] CITIZEN
 *   CITIZEN  a folder made by data/kit/citizens/make
 *   -s       the signing key in 9C as well, where each signature wants the PIN
 *   -r       the number of the reader, 0 or 1
 *   -c       a FIFO that takes orders, one a line:
 *              in, out       insert the card, pull it out
 *              drop          pull it out in the middle of the next signature
 *              latency MS    how long a signature takes
 *              mute 1        put in the wrong way round from the next time on; 0: the right way
 *              retries N     how many tries of the PIN are left
 *              garble N      answer the next N commands with something wrong
 *              seed N        what is wrong then: the same each time for the same seed
 *              quit
 * Says on standard output what happens to the card, one event a line. */
#include "piv.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VPCD_PORT = 35963,
    VPCD_SEND_ATR = 4, /* one byte instead of a command; 0 to 2 are power off, on and reset */
    RETRY_MS = 100,
    MESSAGE_MAX = 1024, /* only short commands and answers */
};

struct reader {
    struct piv_card card;
    int link;    /* to vpcd; -1 while it is not reached or the card is out */
    int control; /* the FIFO; -1 without one */
    unsigned inserted;
    unsigned drop;
    unsigned mute;
    unsigned number; /* of the reader */
    unsigned latency_ms;
    unsigned garbled; /* so many answers more */
    unsigned seed;
    unsigned quit;
};

/* An order sets one number: to a fixed value, or to its argument. */
enum { ARGUMENT = -1 };

static const struct {
    const char *name;
    size_t field;
    int value;
} orders[] = {
    {"in", offsetof(struct reader, inserted), 1},
    {"out", offsetof(struct reader, inserted), 0},
    {"drop", offsetof(struct reader, drop), 1},
    {"mute", offsetof(struct reader, mute), ARGUMENT},
    {"latency", offsetof(struct reader, latency_ms), ARGUMENT},
    {"retries", offsetof(struct reader, card.tries), ARGUMENT},
    {"garble", offsetof(struct reader, garbled), ARGUMENT},
    {"seed", offsetof(struct reader, seed), ARGUMENT},
    {"quit", offsetof(struct reader, quit), 1},
};

static void obey(struct reader *reader, const char *line)
{
    char name[16];
    unsigned argument = 0;
    if (sscanf(line, "%15s %u", name, &argument) < 1)
        return;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (strcmp(orders[i].name, name) == 0) {
            unsigned value = orders[i].value == ARGUMENT ? argument : (unsigned)orders[i].value;
            memcpy((char *)reader + orders[i].field, &value, sizeof value);
            return;
        }
    fprintf(stderr, "pivcard: no such order: %s\n", line);
}

static void read_orders(struct reader *reader)
{
    char text[512];
    ssize_t len = read(reader->control, text, sizeof text - 1);
    text[len > 0 ? len : 0] = '\0';
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));)
        obey(reader, line);
}

static void connect_card(struct reader *reader)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)(VPCD_PORT + reader->number)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    HUFU_AUTO(hufu_close) int link = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link < 0 || connect(link, (struct sockaddr *)&address, sizeof address) != 0)
        return;
    setsockopt(link, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    piv_card_reset(&reader->card);
    reader->link = link;
    link = -1;
    puts("in");
}

static void disconnect_card(struct reader *reader)
{
    hufu_close(&reader->link);
    reader->link = -1;
    puts("out");
}

/* vpcd sends length and content apart. Unless the first is acknowledged at once, Nagle's algorithm
 * holds the second back for 40 ms; the kernel forgets this wish, so it is repeated. */
static bool read_exactly(int fd, uint8_t *data, size_t len)
{
    setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int));
    return recv(fd, data, len, MSG_WAITALL) == (ssize_t)len;
}

static bool write_message(int fd, struct hufu_bytes message)
{
    uint8_t whole[2 + MESSAGE_MAX] = {(uint8_t)(message.len >> 8), (uint8_t)message.len};
    if (message.len > MESSAGE_MAX)
        return false;
    memcpy(whole + 2, message.data, message.len);
    return send(fd, whole, 2 + message.len, MSG_NOSIGNAL) == (ssize_t)(2 + message.len);
}

static bool power_card(struct reader *reader, uint8_t what)
{
    static const uint8_t atr[] = {0x3b, 0x95, 0x13, 0x81, 0x01, 0x80, 0x73, 0xff, 0x01, 0x00, 0x0b};
    static const uint8_t none[64]; /* longer than any ATR: vpcd has a card then, and no answer */
    if (what == VPCD_SEND_ATR && reader->mute)
        return write_message(reader->link, hufu_bytes_of(none, sizeof none));
    if (what == VPCD_SEND_ATR)
        return write_message(reader->link, hufu_bytes_of(atr, sizeof atr));
    piv_card_reset(&reader->card);
    return true;
}

/* A number below `bound`. */
static size_t draw(struct reader *reader, size_t bound)
{
    return (size_t)rand_r(&reader->seed) % bound;
}

/* Cuts an answer, appends to it, changes some of its bytes or makes one up; half of them say that
 * all is well. Nothing at all is no answer: vpcd would wait for one for ever. */
static void garble(struct reader *reader, struct hufu_buf *response)
{
    enum { CUT, APPEND, CHANGE, INVENT, KIND_COUNT };
    size_t kind = draw(reader, KIND_COUNT);
    size_t kept = kind == CUT      ? draw(reader, response->len) + 1
                  : kind == INVENT ? 0
                                   : response->len;
    size_t more = kind == APPEND || kind == INVENT ? draw(reader, MESSAGE_MAX - kept) + 1 : 0;
    hufu_buf_shorten(response, response->len - kept);
    uint8_t *made_up = hufu_buf_extend(response, more);
    for (size_t i = 0; made_up && i < more; i++)
        made_up[i] = (uint8_t)draw(reader, 256);
    for (size_t i = 0; kind == CHANGE && i < response->len; i += draw(reader, 32))
        response->data[i++] = (uint8_t)draw(reader, 256);
    if (response->len >= 2 && draw(reader, 2))
        memcpy(response->data + response->len - 2, "\x90\0", 2);
}

static bool serve_command(struct reader *reader, struct hufu_bytes command)
{
    bool uses_key = piv_command_uses_key(command);
    if (uses_key && reader->drop) {
        reader->drop = reader->inserted = 0;
        return false;
    }
    if (uses_key)
        poll(NULL, 0, (int)reader->latency_ms);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf response = {.max = MESSAGE_MAX};
    piv_card_answer(&reader->card, command, &response);
    if (reader->garbled) {
        reader->garbled--;
        garble(reader, &response);
    }
    return !response.failed && write_message(reader->link, hufu_buf_bytes(&response));
}

static bool serve_message(struct reader *reader)
{
    uint8_t head[2], message[MESSAGE_MAX];
    if (!read_exactly(reader->link, head, sizeof head))
        return false;
    size_t len = (size_t)head[0] << 8 | head[1];
    if (len == 0 || len > sizeof message || !read_exactly(reader->link, message, len))
        return false;
    return len == 1 ? power_card(reader, message[0])
                    : serve_command(reader, hufu_bytes_of(message, len));
}

static void serve(struct reader *reader)
{
    while (!reader->quit) {
        if (reader->inserted && reader->link < 0)
            connect_card(reader);
        struct pollfd events[] = {{.fd = reader->link, .events = POLLIN},
                                  {.fd = reader->control, .events = POLLIN}};
        bool retry = reader->inserted && reader->link < 0;
        if (poll(events, 2, retry ? RETRY_MS : -1) <= 0)
            continue;
        if (events[1].revents)
            read_orders(reader);
        bool stays = reader->inserted && (!events[0].revents || serve_message(reader));
        if (reader->link >= 0 && !stays)
            disconnect_card(reader);
    }
}

/* Opened for writing too, so that it does not end when a writer leaves. */
static int open_control(const char *path)
{
    mkfifo(path, 0600);
    return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

int main(int argc, char **argv)
{
    HUFU_AUTO(hufu_close) int control = -1;
    const char *pin = "123456";
    bool pin_each_time = false;
    unsigned number = 0;
    for (int option; (option = getopt(argc, argv, "P:sc:r:")) != -1;) {
        if (option == 'r')
            number = optarg[0] == '1';
        else if (option == 'P')
            pin = optarg;
        else if (option == 's')
            pin_each_time = true;
        else if (option == 'c')
            control = open_control(optarg);
        else
            return 2;
    }
    if (optind + 1 != argc)
        return 2;
    struct reader reader = {.link = -1, .control = control, .inserted = 1, .number = number};
    setvbuf(stdout, NULL, _IOLBF, 0);
    bool usable = piv_card_init(&reader.card, argv[optind], pin, pin_each_time);
    if (usable)
        serve(&reader);
    else
        fprintf(stderr, "pivcard: no usable signing key in %s\n", argv[optind]);
    piv_card_done(&reader.card);
    return usable ? 0 : 1;
}
