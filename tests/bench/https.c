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

/* The length of the body by a head that is complete; false when it is not that of a 200. */
static bool body_length(const char *head, size_t *ret_length)
{
    static const char status[] = "HTTP/1.1 200 ";
    const char *length = strcasestr(head, "\r\nContent-Length:");
    if (!length || strncmp(head, status, sizeof status - 1) != 0)
        return false;
    *ret_length = strtoul(strchr(length, ':') + 1, NULL, 10);
    return true;
}

static bool read_block(struct https *https, struct hufu_buf *to)
{
    char block[16384];
    int got = SSL_read(https->ssl, block, sizeof block);
    if (got > 0)
        hufu_buf_add(to, block, (size_t)got);
    return got > 0 && !to->failed;
}

/* The head is read, searched and left behind once, so that a long body costs no more than itself.
 */
static bool read_answer(struct https *https, struct hufu_buf *ret_body)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf head = {.max = HTTPS_ANSWER_MAX};
    char *end = NULL;
    size_t length = 0, before = ret_body->len;
    while (!end) {
        if (!read_block(https, &head))
            return false;
        end = strstr((char *)head.data, "\r\n\r\n");
    }
    *end = 0;
    if (!body_length(hufu_buf_text(&head), &length))
        return false;
    end += 4;
    hufu_buf_reserve(ret_body, length);
    hufu_buf_add(ret_body, end, head.len - (size_t)(end - (char *)head.data));
    while (ret_body->len - before < length)
        if (!read_block(https, ret_body))
            return false;
    return !ret_body->failed;
}

bool https_request(const struct https *https, const char *form, struct hufu_buf *ret_request)
{
    struct sockaddr_in peer;
    socklen_t len = sizeof peer;
    if (getpeername(https->socket, (struct sockaddr *)&peer, &len))
        return false;
    hufu_buf_printf(ret_request,
                    "POST / HTTP/1.1\r\nHost: localhost:%u\r\nOrigin: https://portal.example.tw\r\n"
                    "Content-Type: application/x-www-form-urlencoded\r\n"
                    "Content-Length: %zu\r\n\r\n",
                    ntohs(peer.sin_port), strlen(form));
    hufu_buf_add_text(ret_request, form);
    return !ret_request->failed;
}

bool https_send(struct https *https, const struct hufu_buf *request, struct hufu_buf *ret_answer)
{
    return SSL_write(https->ssl, request->data, (int)request->len) > 0 &&
           read_answer(https, ret_answer);
}

bool https_post(struct https *https, const char *form, struct hufu_buf *ret_answer)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf request = {.max = HTTPS_ANSWER_MAX};
    return https_request(https, form, &request) && https_send(https, &request, ret_answer);
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
