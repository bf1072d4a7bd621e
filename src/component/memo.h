/* What a page's next worker has to know of the last one. hufud keeps it between them as bytes
 * without meaning. */
#ifndef HUFU_COMPONENT_MEMO_H
#define HUFU_COMPONENT_MEMO_H

#include "component/component.h"

void hufu_memo_write(const struct hufu_page *page, struct hufu_buf *ret_memo);

/* HUFU_E_GENERAL for bytes that hufu_memo_write did not make; `page` is as before then. */
enum hufu_status hufu_memo_read(struct hufu_bytes memo, struct hufu_page *page,
                                struct hufu_error *err);

#endif
