/* Answers in the ServiSign dialect to a request that waits. Both release the exchange. */
#ifndef HUFU_SERVICE_ANSWER_H
#define HUFU_SERVICE_ANSWER_H

#include "service/http.h"
#include "service/servisign.h"

void hufu_answer(struct hufu_exchange *exchange, const struct hufu_servisign_answer *answer);

/* The public number of `status` as the result, and one line in the log. */
void hufu_answer_status(struct hufu_exchange *exchange, enum hufu_status status);

#endif
