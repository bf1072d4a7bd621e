#include "tray/findings.h"

#include "fuzz.h"

static void check_line(const char *line)
{
    require(strlen(line) < HUFU_SENTENCE_MAX);
    for (const char *at = line; *at; at++)
        require((unsigned char)*at >= 0x20 && *at != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hufu_findings findings;
    if (hufu_findings_read(hufu_bytes_of(data, len), &findings, NULL) != HUFU_OK)
        return 0;
    require(findings.state < HUFU_TRAY_STATES);
    for (int i = 0; i < 2; i++) {
        check_line(findings.text[i]);
        check_line(findings.step[i]);
    }
    return 0;
}
