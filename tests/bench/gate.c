/* gate COUNT: what hufud does before a request's body is read, COUNT times: the head of a usual
 * page is parsed and checked, with 64 sites allowed, and the kernel is asked whose the other end of
 * the connection is. Prints the milliseconds that one takes, a line for each thousand. */
#include "https.h"

#include "base/peer.h"
#include "service/gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { SITES = 64, BATCH = 1000 };

static struct hufu_sites sites;

static enum hufu_permit permit(void *context, const char *origin)
{
    (void)context;
    return hufu_sites_rights(&sites, origin).allowed & HUFU_SCOPE_SEE ? HUFU_PERMIT_YES
                                                                      : HUFU_PERMIT_NO;
}

/* In the order of Chromium; the origin is the last one that is allowed. */
static const char head_text[] =
    "POST / HTTP/1.1\r\n"
    "Host: localhost:56421\r\n"
    "Connection: keep-alive\r\n"
    "Content-Length: 400\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)\r\n"
    "sec-ch-ua: \"Chromium\";v=\"156\", \"Not?A_Brand\";v=\"99\"\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "Accept: */*\r\n"
    "Origin: https://site63.example.tw\r\n"
    "Sec-Fetch-Site: cross-site\r\n"
    "Sec-Fetch-Mode: cors\r\n"
    "Sec-Fetch-Dest: empty\r\n"
    "Referer: https://site63.example.tw/\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: zh-TW,zh;q=0.9,en;q=0.8\r\n"
    "\r\n";

/* The accepted end of a connection to ourselves, or -1. */
static int connect_to_ourselves(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (const struct sockaddr *)&address, len) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&address, &len) ||
        https_connect(ntohs(address.sin_port)) < 0)
        return -1;
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

static bool pass_once(int connection)
{
    char bytes[sizeof head_text];
    struct hufu_head head;
    size_t len = 0;
    memcpy(bytes, head_text, sizeof bytes);
    if (!hufu_peer_is_ours(connection) ||
        hufu_head_read(bytes, sizeof bytes - 1, &head, &len) != HUFU_HEAD_DONE)
        return false;
    head.port = 56421;
    return hufu_gate_check(permit, NULL, &head).gate == HUFU_GATE_PASS;
}

static double measure_batch(int connection)
{
    double start = https_now_ms();
    for (int i = 0; i < BATCH; i++)
        if (!pass_once(connection)) {
            fputs("gate: the request does not pass\n", stderr);
            exit(EXIT_FAILURE);
        }
    return (https_now_ms() - start) / BATCH;
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fputs("usage: gate COUNT\n", stderr);
        return 2;
    }
    for (int i = 0; i < SITES; i++) {
        char origin[HUFU_ORIGIN_MAX + 1];
        snprintf(origin, sizeof origin, "https://site%d.example.tw", i);
        if (!hufu_sites_add(&sites, HUFU_SITES_SETTINGS, origin,
                            (struct hufu_rights){.allowed = HUFU_SCOPES_ALL}))
            return EXIT_FAILURE;
    }
    int connection = connect_to_ourselves();
    for (long i = 0; i < atol(argv[1]); i += BATCH)
        printf("%.5f\n", measure_batch(connection));
    return EXIT_SUCCESS;
}
