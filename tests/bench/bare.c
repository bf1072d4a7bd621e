/* bare PORT CERTIFICATE KEY ANSWER: answers every request with ANSWER. What libevent and OpenSSL
 * cost by themselves, to set hufud beside. */
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct bufferevent *make_connection(struct event_base *base, void *context)
{
    SSL *ssl = SSL_new(context);
    return ssl ? bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING,
                                                BEV_OPT_CLOSE_ON_FREE)
               : NULL;
}

static void answer(struct evhttp_request *request, void *text)
{
    struct evbuffer *body = evbuffer_new();
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
                      "application/json");
    evbuffer_add(body, text, strlen(text));
    evhttp_send_reply(request, 200, "OK", body);
    evbuffer_free(body);
}

static int open_socket(unsigned short port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    bool open = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
                listen(fd, SOMAXCONN) == 0;
    return open ? fd : -1;
}

int main(int argc, char *argv[])
{
    if (argc != 5) {
        fputs("usage: bare PORT CERTIFICATE KEY ANSWER\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    int fd = open_socket((unsigned short)atoi(argv[1]));
    if (SSL_CTX_use_certificate_file(context, argv[2], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, argv[3], SSL_FILETYPE_PEM) != 1 || fd < 0 ||
        evhttp_accept_socket(http, fd) != 0) {
        fputs("bare: certificate, key or port is of no use\n", stderr);
        return EXIT_FAILURE;
    }
    evhttp_set_bevcb(http, make_connection, context);
    evhttp_set_gencb(http, answer, argv[4]);
    event_base_dispatch(base);
    return EXIT_FAILURE; /* it is ended by a signal */
}
