#include "card/progress.h"

#include "pinentry.h"

/* The input is all that a pinentry says before it goes: then the person stopped the series or the
 * window is gone. Nobody can stop what was not shown: after the greeting and five answers, in a
 * window. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct hufu_progress_request request = {
        .origin = "https://portal.example.tw", .until = "12:34", .documents = 5};
    said = hufu_bytes_of(data, len < SAID_MAX ? len : SAID_MAX);
    struct hufu_progress *progress = hufu_progress_open(&request);
    require(progress);
    enum hufu_progress_state state = hufu_progress_look(progress);
    require(state == HUFU_PROGRESS_STOPPED || state == HUFU_PROGRESS_GONE);
    if (state == HUFU_PROGRESS_STOPPED)
        require(memmem(said.data, said.len, "D ", 2) != NULL);
    require(hufu_progress_look(progress) == state);
    hufu_progress_close(progress);
    hufu_close(&ends[1]);
    return 0;
}
