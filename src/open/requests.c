#include "open/state.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "wire/json.h"

#include <stdio.h>
#include <string.h>

HUFU_DEFINE_AUTO(struct hufu_json *, hufu_json_free)

static void tell_one(void *context, const char *event, const char *line)
{
    hufu_open_send(context, event, line);
}

static void reply(struct hufu_open_connection *connection, int http_status)
{
    hufu_open_reply(connection, http_status, NULL, NULL, hufu_bytes_of("", 0));
}

/* The text of the one member `name` of the body, or NULL. */
static const char *member(const struct hufu_json *json, const char *name)
{
    const struct hufu_json_member *found = json ? hufu_json_find(json, name) : NULL;
    return found && found->type == HUFU_JSON_TEXT && hufu_json_count(json) == 1 ? found->text
                                                                                : NULL;
}

static void serve_file(struct hufu_open_server *server, struct hufu_open_connection *connection,
                       const struct hufu_json *body)
{
    const struct hufu_open_file *file = connection->verdict.file;
    (void)server;
    (void)body;
    hufu_open_reply(connection, 200, file->type, NULL, hufu_buf_bytes(&file->content));
}

static void stream(struct hufu_open_server *server, struct hufu_open_connection *connection,
                   const struct hufu_json *body)
{
    (void)body;
    hufu_open_stream(connection);
    hufu_known_follow(&server->known, true);
    hufu_known_repeat(&server->known, tell_one, connection);
    hufu_known_look(&server->known);
    server->visited = true;
}

/* Whoever has the token first has the session; there is no second one. */
static void enter(struct hufu_open_server *server, struct hufu_open_connection *connection,
                  const struct hufu_json *body)
{
    char cookie[128];
    char name[HUFU_COOKIE_NAME_SIZE];
    const char *token = member(body, "token");
    if (!token || !hufu_token_equals(&server->entry, token) ||
        !hufu_token_new(&server->door.session)) {
        hufu_log("refused: status=403 why=token");
        reply(connection, 403);
        return;
    }
    explicit_bzero(&server->entry, sizeof server->entry);
    hufu_cookie_name(server->door.port, name);
    snprintf(cookie, sizeof cookie, "%s=%s; Path=/; HttpOnly; SameSite=Strict", name,
             server->door.session.text);
    hufu_open_reply(connection, 204, NULL, cookie, hufu_bytes_of("", 0));
    explicit_bzero(cookie, sizeof cookie);
}

static void look(struct hufu_open_server *server, struct hufu_open_connection *connection,
                 const struct hufu_json *body)
{
    (void)body;
    hufu_known_look(&server->known);
    reply(connection, 202);
}

static void fix(struct hufu_open_server *server, struct hufu_open_connection *connection,
                const struct hufu_json *body)
{
    const char *id = member(body, "id");
    reply(connection, id ? hufu_known_fix(&server->known, id) : 400);
}

static void restart(struct hufu_open_server *server, struct hufu_open_connection *connection,
                    const struct hufu_json *body)
{
    (void)body;
    reply(connection, hufu_known_restart(&server->known));
}

typedef void action(struct hufu_open_server *server, struct hufu_open_connection *connection,
                    const struct hufu_json *body);

static action *const actions[] = {
    [HUFU_OPEN_FILE] = serve_file, [HUFU_OPEN_STREAM] = stream, [HUFU_OPEN_ENTER] = enter,
    [HUFU_OPEN_LOOK] = look,       [HUFU_OPEN_FIX] = fix,       [HUFU_OPEN_RESTART] = restart,
};

void hufu_open_handle(struct hufu_open_server *server, struct hufu_open_connection *connection)
{
    HUFU_AUTO(hufu_json_free_auto) struct hufu_json *body = NULL;
    struct hufu_bytes text = hufu_open_body(connection);
    if (text.len > 0 && hufu_json_parse(text, &body, NULL) != HUFU_OK)
        reply(connection, 400);
    else
        actions[connection->verdict.action](server, connection, body);
}
