#include "component/signing.h"

#include "base/cleanup.h"
#include "component/series.h"

void hufu_signing_done(struct hufu_signing *signing)
{
    hufu_access_done(&signing->access);
    *signing = (struct hufu_signing){0};
}

static enum hufu_status open_access(struct hufu_page *page, const struct hufu_signing_order *order,
                                    struct hufu_access *access, struct hufu_error *err)
{
    return order->in_series ? hufu_series_use(page, access, err)
                            : hufu_access_open(page, access, err);
}

static enum hufu_status choose(const struct hufu_signing_order *order,
                               const struct hufu_access *access,
                               const struct hufu_card_certificate **ret_certificate,
                               struct hufu_error *err)
{
    const struct hufu_card_certificate *found =
        hufu_access_certificate(access, HUFU_KEY_USAGE_SIGN);
    if (!found)
        return hufu_fail(err, HUFU_E_NO_CERTIFICATE, "none for signing");
    if (order->check_validity)
        HUFU_TRY(hufu_certificate_check_time(found->certificate, err));
    *ret_certificate = found;
    return HUFU_OK;
}

enum hufu_status hufu_signing_open(struct hufu_page *page, const struct hufu_signing_order *order,
                                   struct hufu_signing *ret_signing, struct hufu_error *err)
{
    const struct hufu_login login = {
        .page_pin = order->page_pin, .purpose = HUFU_TEXT_PURPOSE_SIGN, .content = order->content};
    struct hufu_access *access = &ret_signing->access;
    HUFU_TRY(open_access(page, order, access, err));
    HUFU_TRY(choose(order, access, &ret_signing->certificate, err));
    if (order->prepare)
        HUFU_TRY(order->prepare(order->context, ret_signing->certificate->certificate, err));
    if (!order->in_series)
        HUFU_TRY(hufu_access_login(page, access, &login, err));
    hufu_access_remember(page, ret_signing->certificate);
    ret_signing->key =
        (struct hufu_token_key){.token = access->token, .of = ret_signing->certificate};
    ret_signing->signer = (struct hufu_signer){.certificate = ret_signing->certificate->certificate,
                                               .sign = hufu_token_sign,
                                               .context = &ret_signing->key,
                                               .err = err};
    return HUFU_OK;
}
