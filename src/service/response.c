#include "service/response.h"

#include <time.h>

static const char *reason_of(int http_status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {{200, "OK"},
                   {204, "No Content"},
                   {400, "Bad Request"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {413, "Content Too Large"},
                   {415, "Unsupported Media Type"},
                   {431, "Request Header Fields Too Large"},
                   {503, "Service Unavailable"}};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == http_status)
            return reasons[i].reason;
    return "Error";
}

/* RFC 9110, 6.6.1, asks for it. It is the same for a second. */
static const char *date_now(void)
{
    static time_t then = -1;
    static char text[sizeof "Thu, 01 Jan 1970 00:00:00 GMT"];
    time_t now = time(NULL);
    struct tm utc;
    if (now != then && gmtime_r(&now, &utc)) {
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
        then = now;
    }
    return text;
}

static void put_preflight(struct hufu_buf *buf, bool private_network)
{
    hufu_buf_add_text(buf, "Access-Control-Allow-Methods: POST\r\n"
                           "Access-Control-Allow-Headers: content-type\r\n"
                           "Access-Control-Max-Age: 600\r\n");
    if (private_network)
        hufu_buf_add_text(buf, "Access-Control-Allow-Private-Network: true\r\n");
}

void hufu_response_put(struct hufu_buf *buf, const struct hufu_response *response)
{
    static const char always[] =
        "Content-Type: application/json; charset=utf-8\r\n"
        "Cache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Content-Security-Policy: default-src 'none'; sandbox; frame-ancestors 'none'\r\n"
        "Cross-Origin-Resource-Policy: same-origin\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "Vary: Origin\r\n";
    hufu_buf_printf(buf, "HTTP/1.1 %d %s\r\n", response->http_status,
                    reason_of(response->http_status));
    if (response->close)
        hufu_buf_add_text(buf, "Connection: close\r\n");
    if (response->preflight)
        put_preflight(buf, response->private_network);
    hufu_buf_add(buf, always, sizeof always - 1);
    if (response->origin)
        hufu_buf_printf(buf, "Access-Control-Allow-Origin: %s\r\n", response->origin);
    hufu_buf_printf(buf, "Date: %s\r\n", date_now());
    if (!response->preflight && !response->without_body)
        hufu_buf_printf(buf, "Content-Length: %zu\r\n", response->json.len);
    hufu_buf_add(buf, "\r\n", 2);
    if (!response->without_body)
        hufu_buf_add(buf, response->json.data, response->json.len);
}
