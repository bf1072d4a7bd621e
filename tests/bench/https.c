#include "https.h"

#include "base/cleanup.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

HUFU_DEFINE_AUTO(SSL_CTX *, SSL_CTX_free)

double https_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

SSL_CTX *https_context(const char *ca_file)
{
    HUFU_AUTO(SSL_CTX_free_auto) SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context || SSL_CTX_load_verify_file(context, ca_file) != 1)
        return NULL;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return HUFU_TAKE(context);
}

int https_connect(unsigned short port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = HTTPS_TIMEOUT_S};
    int one = 1;
    HUFU_AUTO(hufu_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) ||
        connect(fd, (const struct sockaddr *)&address, sizeof address))
        return -1;
    int connected = fd;
    fd = -1;
    return connected;
}

bool https_open(SSL_CTX *context, int socket, struct https *ret_https)
{
    struct https https = {.socket = socket, .ssl = SSL_new(context)};
    char name[] = "localhost";
    if (!https.ssl || SSL_set_fd(https.ssl, socket) != 1 ||
        SSL_set_tlsext_host_name(https.ssl, name) != 1 || SSL_set1_host(https.ssl, name) != 1 ||
        SSL_connect(https.ssl) != 1) {
        https_close(&https);
        return false;
    }
    *ret_https = https;
    return true;
}

void https_close(struct https *https)
{
    SSL_free(https->ssl);
    close(https->socket);
}

/* The length of head and body together, 0 while the head is not complete or not that of a 200. */
static size_t answer_length(const struct hufu_buf *answer)
{
    static const char status[] = "HTTP/1.1 200 ";
    const char *text = hufu_buf_text(answer);
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strcasestr(text, "\r\nContent-Length:");
    if (!end || !length || length > end || strncmp(text, status, sizeof status - 1) != 0)
        return 0;
    return (size_t)(end - text) + 4 + strtoul(strchr(length, ':') + 1, NULL, 10);
}

static bool read_answer(struct https *https, struct hufu_buf *answer)
{
    char block[16384];
    for (size_t length = 0; length == 0 || answer->len < length; length = answer_length(answer)) {
        int got = SSL_read(https->ssl, block, sizeof block);
        if (got <= 0)
            return false;
        hufu_buf_add(answer, block, (size_t)got);
        if (answer->failed)
            return false;
    }
    return true;
}

bool https_post(struct https *https, const char *form, struct hufu_buf *ret_answer)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf request = {.max = HTTPS_ANSWER_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf answer = {.max = HTTPS_ANSWER_MAX};
    struct sockaddr_in peer;
    socklen_t len = sizeof peer;
    if (getpeername(https->socket, (struct sockaddr *)&peer, &len))
        return false;
    hufu_buf_printf(&request,
                    "POST / HTTP/1.1\r\nHost: localhost:%u\r\nOrigin: https://portal.example.tw\r\n"
                    "Content-Type: application/x-www-form-urlencoded\r\n"
                    "Content-Length: %zu\r\n\r\n%s",
                    ntohs(peer.sin_port), strlen(form), form);
    if (request.failed || SSL_write(https->ssl, request.data, (int)request.len) <= 0 ||
        !read_answer(https, &answer))
        return false;
    hufu_buf_add_text(ret_answer, strstr(hufu_buf_text(&answer), "\r\n\r\n") + 4);
    return !ret_answer->failed;
}

bool https_read_form(struct hufu_buf *ret_form)
{
    char block[4096];
    for (ssize_t got; (got = read(STDIN_FILENO, block, sizeof block)) > 0;)
        hufu_buf_add(ret_form, block, (size_t)got);
    if (ret_form->failed || ret_form->len == 0)
        return false;
    ret_form->data[strcspn(hufu_buf_text(ret_form), "\n")] = 0;
    return true;
}
