#include "card/pin.h"

#include "pinentry.h"

/* The input is all that the pinentry says: its greeting, and an answer to each command. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct hufu_reader reader = {.name = "reader", .card_label = "card"};
    static const struct hufu_pin_request request = {
        .origin = "https://portal.example.tw", .purpose = "sign", .reader = &reader};
    struct hufu_secret *pin = NULL;
    ends[1] = -1;
    said = hufu_bytes_of(data, len < SAID_MAX ? len : SAID_MAX);
    if (hufu_pin_ask(&request, &pin, NULL) == HUFU_OK) {
        require(pin && hufu_secret_len(pin) <= HUFU_SECRET_MAX);
        require(strlen(hufu_secret_bytes(pin)) <= hufu_secret_len(pin));
    }
    hufu_secret_free(pin);
    hufu_close(&ends[1]);
    return 0;
}
