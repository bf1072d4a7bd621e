#include "service/reload.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/systemd.h"
#include "service/tls.h"
#include "wire/problems.h"

#include <stdlib.h>
#include <string.h>

/* --- putting into use --- */

/* A usable certificate is served at once. Where there is none, watch makes it: it knows the
 * browsers, and hufud writes no keys. */
static enum hufu_status load_tls(struct hufu_reload *reload, unsigned oldest, SSL_CTX **ret_tls,
                                 struct hufu_error *err)
{
    SSL_CTX *tls = NULL;
    if (hufu_tls_new(oldest, reload->handshakes, &tls, NULL) == HUFU_OK && hufu_tls_is_fresh(tls)) {
        *ret_tls = tls;
        return HUFU_OK;
    }
    hufu_tls_free(tls);
    hufu_watch_start(reload->watch);
    hufu_watch_await(reload->watch, HUFU_WATCH_FIRST_MS);
    return hufu_tls_new(oldest, reload->handshakes, ret_tls, err);
}

void hufu_reload_certificate(void *context)
{
    const struct hufu_reload *reload = context;
    struct hufu_error err = {0};
    SSL_CTX *tls = NULL;
    if (hufu_tls_new(reload->config->tls_oldest, reload->handshakes, &tls, &err) != HUFU_OK)
        hufu_error_log("the new certificate cannot be used, the old one stays", &err);
    else
        hufu_connections_configure(reload->connections, tls);
    hufu_tls_free(tls);
}

/* The page that systemd started us for may be in a browser that came when no hufud ran: it would
 * refuse us, and go on to do so until it is closed. */
static void trust_first(struct hufu_reload *reload, const struct hufu_config *config)
{
    if (!hufu_systemd_is_activated() || !config->at_start.keep_trust)
        return;
    hufu_watch_start(reload->watch);
    hufu_watch_await(reload->watch, HUFU_WATCH_TRUST_MS);
}

enum hufu_status hufu_reload_use(struct hufu_reload *reload, struct hufu_config *config,
                                 struct hufu_error *err)
{
    SSL_CTX *tls = NULL;
    trust_first(reload, config);
    enum hufu_status status = load_tls(reload, config->tls_oldest, &tls, err);
    if (status == HUFU_OK && hufu_listeners_update(reload->listeners, config) == 0)
        status = hufu_fail(err, HUFU_E_START, "every port is taken");
    if (status != HUFU_OK) {
        hufu_tls_free(tls);
        hufu_config_free(config);
        return status;
    }
    hufu_connections_configure(reload->connections, tls);
    hufu_permits_keep_for(reload->permits, config->session_idle_s);
    hufu_tls_free(tls);
    reload->calls->config = config;
    reload->jobs->config = config;
    hufu_config_free(reload->config);
    reload->config = config;
    hufu_log_debugging(config->at_start.debug);
    hufu_watch_keep(reload->watch, config->at_start.keep_trust);
    if (config->tls_oldest < 2)
        hufu_log("warning: hufu.ini allows TLS 1.%u, which is not secure", config->tls_oldest);
    return HUFU_OK;
}

/* --- reading --- */

/* Each mistake in words, behind what follows from it; they are kept for who looks later. */
static void tell_problems(const char *what, const struct hufu_problems *problems)
{
    int problem = hufu_problems_write(problems);
    if (problem && problems->count)
        hufu_log("the file of problems cannot be written: %s", strerror(problem));
    for (size_t i = 0; i < problems->count; i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_PROBLEM_TEXT_MAX};
        hufu_problem_text(&problems->items[i], HUFU_LANGUAGE_EN, &text);
        hufu_log("%s: %s", what, hufu_buf_text(&text));
    }
}

enum hufu_status hufu_reload_first(const char *data_folder, struct hufu_config **ret_config,
                                   struct hufu_error *err)
{
    struct hufu_config *config = NULL;
    HUFU_AUTO(hufu_free) struct hufu_problems *problems = calloc(1, sizeof *problems);
    if (!problems)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "start");
    enum hufu_status status = hufu_config_load_rest(data_folder, &config, problems, err);
    tell_problems("every call is refused (61905) until this is mended and read again", problems);
    HUFU_TRY(status);
    *err = (struct hufu_error){0}; /* of mistakes, which have been told */
    *ret_config = config;
    return HUFU_OK;
}

/* Whether it is in use now. */
static bool read_again(struct hufu_reload *reload)
{
    static const char failed[] = "reload failed, the old configuration stays";
    struct hufu_error err = {0};
    struct hufu_config *config = NULL;
    HUFU_AUTO(hufu_free) struct hufu_problems *problems = calloc(1, sizeof *problems);
    if (!problems)
        return false;
    enum hufu_status status = hufu_config_load(reload->data_folder, &config, problems, &err);
    tell_problems(failed, problems);
    if (status == HUFU_OK)
        status = hufu_reload_use(reload, config, &err);
    if (status != HUFU_OK && problems->count == 0)
        hufu_error_log(failed, &err);
    return status == HUFU_OK;
}

void hufu_reload_again(struct hufu_reload *reload)
{
    hufu_systemd_notify("RELOADING=1");
    hufu_permits_load(reload->permits);
    if (read_again(reload))
        hufu_log("reloaded");
    hufu_systemd_notify("READY=1");
}
