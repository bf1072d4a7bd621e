#include "service/gate.h"

#include "fuzz.h"
#include "wire/origin.h"

#include <strings.h>

enum { PORT = 56421 };

/* The input is a head: method, target, then "name: value", a line each. */
static void read_head(char *text, struct hufu_head *head)
{
    char *rest = text;
    head->method = strsep(&rest, "\n");
    head->target = rest ? strsep(&rest, "\n") : "";
    while (rest && head->header_count < HUFU_HEADERS_MAX) {
        char *value = strsep(&rest, "\n");
        const char *name = strsep(&value, ":");
        head->headers[head->header_count++] =
            (struct hufu_header){.name = name, .value = value ? value + strspn(value, " ") : ""};
    }
}

/* The value of the header that is there once. */
static const char *only(const struct hufu_head *head, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < head->header_count; i++)
        if (strcasecmp(head->headers[i].name, name) == 0) {
            require(!value);
            value = head->headers[i].value;
        }
    require(value != NULL);
    return value;
}

static const char allowed[] = "https://portal.example.tw";
static const char unknown[] = "https://new.example.tw";

static enum hufu_permit permit(void *context, const char *origin)
{
    (void)context;
    require(hufu_origin_valid(origin));
    return strcmp(origin, allowed) == 0   ? HUFU_PERMIT_YES
           : strcmp(origin, unknown) == 0 ? HUFU_PERMIT_UNKNOWN
                                          : HUFU_PERMIT_NO;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_free) char *text = fuzz_text(data, len);
    struct hufu_head head = {.port = PORT};
    read_head(text, &head);
    struct hufu_verdict verdict = hufu_gate_check(permit, NULL, &head);
    require(!verdict.unknown ||
            (hufu_origin_valid(verdict.unknown) && verdict.gate == HUFU_GATE_REFUSE));
    const char *site = verdict.gate == HUFU_GATE_ASK ? unknown : allowed;
    require(!verdict.origin || strcmp(verdict.origin, site) == 0);
    if (verdict.gate == HUFU_GATE_PASS || verdict.gate == HUFU_GATE_ASK ||
        verdict.gate == HUFU_GATE_OPTIONS) {
        require(strcmp(only(&head, "Origin"), site) == 0);
        require(hufu_host_is_loopback(only(&head, "Host"), PORT));
        require(verdict.origin && strcmp(head.target, "/") == 0);
        require(verdict.body_length <= HUFU_BODY_BYTES_MAX);
    }
    if (verdict.reason == HUFU_E_NOT_HERE && verdict.gate == HUFU_GATE_EXPLAIN) {
        require(verdict.origin && hufu_host_is_loopback_elsewhere(only(&head, "Host")));
        require(!hufu_host_is_loopback(only(&head, "Host"), PORT));
    }
    if (verdict.gate == HUFU_GATE_REFUSE)
        require(!verdict.origin && (verdict.http_status == 400 || verdict.http_status == 403 ||
                                    verdict.http_status == 413));
    return 0;
}
