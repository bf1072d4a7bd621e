/* setServiSignValue and getServiSignValue: a page of one site leaves a value for a page of another.
 * The names are published; everything else here is inferred (docs/protocol/servisign.md). */
#ifndef HUFU_SERVICE_MAILBOX_H
#define HUFU_SERVICE_MAILBOX_H

#include "error/error.h"

/* Enough for a sign-on token between two sites; small, because any allowed page may fill it. */
#define HUFU_MAILBOXES_MAX         64
#define HUFU_MAILBOX_CHANNEL_MAX   128
#define HUFU_MAILBOX_VALUE_MAX     (64 * 1024)
#define HUFU_MAILBOX_DOMAINS_MAX   1024
#define HUFU_MAILBOX_TIMEOUT_MAX_S 600

struct hufu_mailboxes;

struct hufu_mailboxes *hufu_mailboxes_new(void);
void hufu_mailboxes_free(struct hufu_mailboxes *mailboxes);

/* Keeps `value` in `channel` for `timeout` (decimal seconds, at most HUFU_MAILBOX_TIMEOUT_MAX_S)
 * for pages of the hosts in `domains` (separated by ; , or space) and of `origin` itself. A second
 * value of the same origin replaces the first. HUFU_E_REQUEST for too long or not a number,
 * HUFU_E_BUSY when all are in use. */
enum hufu_status hufu_mailbox_set(struct hufu_mailboxes *mailboxes, const char *origin,
                                  const char *channel, const char *domains, const char *timeout,
                                  const char *value, struct hufu_error *err);

/* Borrowed until the next call; "" when there is nothing that `origin` may read. */
const char *hufu_mailbox_get(struct hufu_mailboxes *mailboxes, const char *origin,
                             const char *channel);

#endif
