#include "service/mailbox.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "wire/origin.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct mailbox {
    TAILQ_ENTRY(mailbox) entry;
    int64_t end_ms;
    char *origin;
    char *channel;
    char *domains;
    char *value;
};

struct hufu_mailboxes {
    size_t count;
    TAILQ_HEAD(, mailbox) list;
};

static void free_mailbox(struct mailbox *mailbox)
{
    if (mailbox->value)
        explicit_bzero(mailbox->value, strlen(mailbox->value));
    free(mailbox->origin);
    free(mailbox->channel);
    free(mailbox->domains);
    free(mailbox->value);
    free(mailbox);
}

static void drop(struct hufu_mailboxes *mailboxes, struct mailbox *mailbox)
{
    TAILQ_REMOVE(&mailboxes->list, mailbox, entry);
    mailboxes->count--;
    free_mailbox(mailbox);
}

/* No timer of its own: an old value is dropped before anybody can read it, and an idle daemon
 * need not wake up for it. */
static void drop_old(struct hufu_mailboxes *mailboxes)
{
    int64_t now = hufu_clock_ms();
    struct mailbox *next = NULL;
    for (struct mailbox *at = TAILQ_FIRST(&mailboxes->list); at; at = next) {
        next = TAILQ_NEXT(at, entry);
        if (at->end_ms <= now)
            drop(mailboxes, at);
    }
}

struct hufu_mailboxes *hufu_mailboxes_new(void)
{
    struct hufu_mailboxes *mailboxes = calloc(1, sizeof *mailboxes);
    if (mailboxes)
        TAILQ_INIT(&mailboxes->list);
    return mailboxes;
}

void hufu_mailboxes_free(struct hufu_mailboxes *mailboxes)
{
    if (!mailboxes)
        return;
    while (!TAILQ_EMPTY(&mailboxes->list))
        drop(mailboxes, TAILQ_FIRST(&mailboxes->list));
    free(mailboxes);
}

static void drop_same(struct hufu_mailboxes *mailboxes, const char *origin, const char *channel)
{
    struct mailbox *at = NULL;
    TAILQ_FOREACH (at, &mailboxes->list, entry)
        if (strcmp(at->origin, origin) == 0 && strcmp(at->channel, channel) == 0) {
            drop(mailboxes, at);
            return;
        }
}

/* More than can be counted is the most there is. */
static enum hufu_status read_seconds(const char *timeout, unsigned long *ret_seconds,
                                     struct hufu_error *err)
{
    if (!*timeout)
        return hufu_fail(err, HUFU_E_CONVERSION_EMPTY, "timeout");
    if (strspn(timeout, "0123456789") != strlen(timeout))
        return hufu_fail(err, HUFU_E_CONVERSION, "timeout");
    unsigned long seconds = strtoul(timeout, NULL, 10);
    *ret_seconds = seconds > HUFU_MAILBOX_TIMEOUT_MAX_S ? HUFU_MAILBOX_TIMEOUT_MAX_S : seconds;
    return HUFU_OK;
}

enum hufu_status hufu_mailbox_set(struct hufu_mailboxes *mailboxes, const char *origin,
                                  const char *channel, const char *domains, const char *timeout,
                                  const char *value, struct hufu_error *err)
{
    unsigned long seconds = 0;
    HUFU_TRY(read_seconds(timeout, &seconds, err));
    if (strlen(channel) > HUFU_MAILBOX_CHANNEL_MAX || strlen(domains) > HUFU_MAILBOX_DOMAINS_MAX ||
        strlen(value) > HUFU_MAILBOX_VALUE_MAX)
        return hufu_fail(err, HUFU_E_REQUEST, "mailbox parameter");
    drop_old(mailboxes);
    drop_same(mailboxes, origin, channel);
    struct mailbox *mailbox = calloc(1, sizeof *mailbox);
    if (!mailbox || mailboxes->count == HUFU_MAILBOXES_MAX) {
        free(mailbox);
        return hufu_fail(err, HUFU_E_BUSY, "too many mailboxes");
    }
    *mailbox = (struct mailbox){.end_ms = hufu_clock_ms() + (int64_t)seconds * 1000,
                                .origin = strdup(origin),
                                .channel = strdup(channel),
                                .domains = strdup(domains),
                                .value = strdup(value)};
    if (!mailbox->origin || !mailbox->channel || !mailbox->domains || !mailbox->value) {
        free_mailbox(mailbox);
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "mailbox");
    }
    TAILQ_INSERT_TAIL(&mailboxes->list, mailbox, entry);
    mailboxes->count++;
    return HUFU_OK;
}

static bool may_read(const struct mailbox *mailbox, const char *origin)
{
    static const char separators[] = ";, \t\r\n";
    if (strcmp(mailbox->origin, origin) == 0)
        return true;
    const char *host = strstr(origin, "://") + 3;
    const char *bracket = strchr(host, ']'); /* an IPv6 address has colons of its own */
    const char *host_end = strchrnul(bracket ? bracket : host, ':');
    size_t host_len = (size_t)(host_end - host);
    for (const char *at = mailbox->domains; *at;) {
        size_t len = strcspn(at, separators);
        if (len == host_len && strncmp(at, host, len) == 0)
            return true;
        at += len;
        at += strspn(at, separators);
    }
    return false;
}

const char *hufu_mailbox_get(struct hufu_mailboxes *mailboxes, const char *origin,
                             const char *channel)
{
    const struct mailbox *at = NULL;
    drop_old(mailboxes);
    TAILQ_FOREACH (at, &mailboxes->list, entry)
        if (strcmp(at->channel, channel) == 0 && may_read(at, origin))
            return at->value;
    return "";
}
