#include "service/answer.h"

#include "base/cleanup.h"
#include "base/log.h"

void hufu_answer(struct hufu_exchange *exchange, const struct hufu_servisign_answer *answer)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf json = {.max = HUFU_SERVISIGN_ANSWER_MAX};
    hufu_servisign_encode(answer, &json);
    if (json.failed) {
        hufu_buf_clear(&json);
        hufu_servisign_encode_status(HUFU_E_SERVICE_MEMORY, &json);
    }
    hufu_exchange_reply(exchange, hufu_buf_bytes(&json));
}

void hufu_answer_status(struct hufu_exchange *exchange, enum hufu_status status)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf json = {.max = HUFU_SERVISIGN_ANSWER_MAX};
    hufu_servisign_encode_status(status, &json);
    hufu_log("call: origin=%s status=%d %s", hufu_exchange_origin(exchange),
             hufu_status_code(status), hufu_status_text(status, HUFU_LANGUAGE_EN));
    hufu_exchange_reply(exchange, hufu_buf_bytes(&json));
}
