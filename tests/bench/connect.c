/* connect PORT CA COUNT: how many TLS handshakes a second, COUNT of them one after another. */
#include "https.h"

#include "base/cleanup.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

HUFU_DEFINE_AUTO(SSL_CTX *, SSL_CTX_free)

int main(int argc, char *argv[])
{
    if (argc != 4) {
        fputs("usage: connect PORT CA COUNT\n", stderr);
        return 2;
    }
    HUFU_AUTO(SSL_CTX_free_auto) SSL_CTX *context = https_context(argv[2]);
    long count = atol(argv[3]);
    double start = https_now_ms();
    for (long i = 0; i < count; i++) {
        struct https https;
        int socket = https_connect((unsigned short)atoi(argv[1]));
        if (!context || socket < 0 || !https_open(context, socket, &https)) {
            fputs("connect: no connection\n", stderr);
            return EXIT_FAILURE;
        }
        https_close(&https);
    }
    printf("%.2f\n", (double)count * 1e3 / (https_now_ms() - start));
    return EXIT_SUCCESS;
}
