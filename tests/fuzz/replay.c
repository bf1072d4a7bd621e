/* Runs the files given on the command line through the target, which aborts when one of them shows
 * a mistake. */
#include "base/file.h"
#include "fuzz.h"

#include <stdio.h>

int main(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf file = {.max = FUZZ_BYTES_MAX};
        if (hufu_file_read(argv[i], &file)) {
            fprintf(stderr, "cannot read %s\n", argv[i]);
            return EXIT_FAILURE;
        }
        /* Exactly as long as the input, so that the sanitizer sees a reader that goes too far. */
        HUFU_AUTO(hufu_free) uint8_t *input = fuzz_copy(file.data, file.len);
        LLVMFuzzerTestOneInput(input, file.len);
    }
    return EXIT_SUCCESS;
}
