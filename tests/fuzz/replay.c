/* Runs the files given on the command line through the target and prints one line of TAP. */
#include "base/file.h"
#include "fuzz.h"

#include <stdio.h>

int main(int argc, char *argv[])
{
    for (int i = 2; i < argc; i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf input = {.max = FUZZ_BYTES_MAX};
        if (hufu_file_read(argv[i], &input)) {
            printf("not ok 1 - %s: cannot read %s\n1..1\n", argv[1], argv[i]);
            return EXIT_FAILURE;
        }
        uint8_t nothing = 0;
        LLVMFuzzerTestOneInput(input.data ? input.data : &nothing, input.len);
    }
    printf("%s 1 - %s: %d inputs\n1..1\n", argc > 2 ? "ok" : "not ok", argv[1], argc - 2);
    return argc > 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
