#include "service/servisign.h"

#include "base/cleanup.h"
#include "wire/base64.h"
#include "wire/form.h"
#include "wire/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer names do not occur; the bound keeps the flag names below in one small block. */
enum { NAME_BYTES_MAX = 64, FLAG_BYTES_MAX = 32 };

/* Members that are not arguments of the call. */
static const char *const common_names[] = {
    "functionname",
    "ServiSignFunctionIndex",
    "KeepAlive",
    "topuidetect",
    "topuialldetect",
    "ServiSignMainThread",
    "asynchronously",
    "hide_result",
    "comname",
    "libdir",
    "sessionid",
    "ServiSignTabMode",
    "ServiSignBrowser",
    "JSVersion",
    "minlibversion",
    "minserverversion",
    "InstallerName",
    "PathID",
    "ServiSignJSGenTime",
    "AdapterJsonKeyCheck",
    "public_key_hex",
};

static const char *const flag_suffixes[] = {
    "_ServiSignBase64Flag",
    "_ServiSignSlashFlag",
    "_servisignflag",
    "_ServiSignHide",
};

enum { FLAG_BASE64, FLAG_SLASH, FLAG_PATH };

static bool is_common(const char *name)
{
    for (size_t i = 0; i < sizeof common_names / sizeof common_names[0]; i++)
        if (strcmp(common_names[i], name) == 0)
            return true;
    return false;
}

static bool is_flag(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < sizeof flag_suffixes / sizeof flag_suffixes[0]; i++) {
        size_t suffix = strlen(flag_suffixes[i]);
        if (len > suffix && strcmp(name + len - suffix, flag_suffixes[i]) == 0)
            return true;
    }
    return false;
}

static bool has_flag(const struct hufu_servisign *request, const char *name, int flag)
{
    char flag_name[NAME_BYTES_MAX + FLAG_BYTES_MAX];
    snprintf(flag_name, sizeof flag_name, "%s%s", name, flag_suffixes[flag]);
    const struct hufu_json_member *member = hufu_json_find(request->json, flag_name);
    return member && strcmp(member->text, "true") == 0;
}

static enum hufu_status decode_base64(const char *value, struct hufu_buf *ret_text,
                                      struct hufu_error *err)
{
    HUFU_TRY(hufu_percent_decode(hufu_bytes_of(value, strlen(value)), ret_text, err));
    if (hufu_base64_decode_in_place(ret_text, err) != HUFU_OK)
        return HUFU_E_REQUEST;
    if (!hufu_utf8_is_text(hufu_buf_bytes(ret_text)))
        return hufu_fail(err, HUFU_E_CONVERSION, "argument is not UTF-8");
    return HUFU_OK;
}

static void replace_all(struct hufu_buf *text, const char *from, char to)
{
    size_t from_len = strlen(from);
    size_t kept = 0;
    for (size_t i = 0; i < text->len;) {
        bool found = text->len - i >= from_len && memcmp(text->data + i, from, from_len) == 0;
        text->data[kept++] = found ? (uint8_t)to : text->data[i];
        i += found ? from_len : 1;
    }
    text->len = kept;
    text->data[kept] = 0;
}

enum { BASE64 = 1 << FLAG_BASE64, SLASH = 1 << FLAG_SLASH, PATH = 1 << FLAG_PATH };

static unsigned flags_of(const struct hufu_servisign *request, const char *name)
{
    unsigned flags = 0;
    for (int flag = FLAG_BASE64; flag <= FLAG_PATH; flag++)
        flags |= has_flag(request, name, flag) ? 1u << flag : 0;
    return flags;
}

/* The order of the flags is inferred: base64 first is the only one that can work. */
static enum hufu_status apply_flags(unsigned flags, const char *value, struct hufu_buf *ret_text,
                                    struct hufu_error *err)
{
    hufu_buf_init(ret_text, strlen(value));
    if (flags & BASE64)
        HUFU_TRY(decode_base64(value, ret_text, err));
    else
        hufu_buf_add_text(ret_text, value);
    if (ret_text->len && flags & SLASH)
        replace_all(ret_text, "==ServiSignSlash==", '\\');
    if (ret_text->len && flags & PATH)
        replace_all(ret_text, "*", '\\');
    return ret_text->failed ? hufu_fail(err, HUFU_E_SERVICE_MEMORY, "parameter") : HUFU_OK;
}

/* A value without flags is the page's own text. */
static enum hufu_status add_argument(struct hufu_servisign *request,
                                     const struct hufu_json_member *member, struct hufu_error *err)
{
    if (request->argument_count == HUFU_ARGUMENTS_MAX || strlen(member->name) > NAME_BYTES_MAX)
        return hufu_fail(err, HUFU_E_REQUEST, "too many or too long parameters");
    size_t at = request->argument_count++;
    unsigned flags = flags_of(request, member->name);
    request->arguments[at] = member->text;
    if (flags == 0)
        return HUFU_OK;
    HUFU_TRY(apply_flags(flags, member->text, &request->decoded[at], err));
    request->arguments[at] = hufu_buf_text(&request->decoded[at]);
    return HUFU_OK;
}

enum hufu_status hufu_servisign_read_arguments(struct hufu_servisign *request,
                                               struct hufu_error *err)
{
    for (size_t i = 0; i < hufu_json_count(request->json); i++) {
        const struct hufu_json_member *member = hufu_json_at(request->json, i);
        if (!is_common(member->name) && !is_flag(member->name))
            HUFU_TRY(add_argument(request, member, err));
    }
    return HUFU_OK;
}

static enum hufu_status read_members(struct hufu_servisign *request, struct hufu_error *err)
{
    request->function = hufu_servisign_named(request, "functionname");
    request->session = hufu_servisign_named(request, "sessionid");
    request->path_id = hufu_servisign_named(request, "PathID");
    request->comname = hufu_servisign_named(request, "comname");
    request->adapter_version = hufu_servisign_named(request, "JSVersion");
    request->min_server_version = hufu_servisign_named(request, "minserverversion");
    request->min_library_version = hufu_servisign_named(request, "minlibversion");
    request->keep_alive = strcmp(hufu_servisign_named(request, "KeepAlive"), "true") == 0;
    request->per_browser = strcmp(hufu_servisign_named(request, "ServiSignTabMode"), "1") == 0;
    if (!request->function[0])
        return hufu_fail(err, HUFU_E_REQUEST, "no functionname");
    return HUFU_OK;
}

static void free_request(struct hufu_servisign **request)
{
    hufu_servisign_free(*request);
}

enum hufu_status hufu_servisign_decode(struct hufu_bytes body, struct hufu_servisign **ret_request,
                                       struct hufu_error *err)
{
    HUFU_AUTO(free_request) struct hufu_servisign *request = calloc(1, sizeof *request);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = body.len};
    if (!request)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "request");
    struct hufu_bytes field;
    HUFU_TRY(hufu_form_field(body, "Parameter", &field, err));
    HUFU_TRY(hufu_percent_decode(field, &text, err));
    if (hufu_base64_decode_in_place(&text, err) != HUFU_OK)
        return HUFU_E_REQUEST;
    HUFU_TRY(hufu_json_parse_in_place(&text, &request->json, err));
    HUFU_TRY(read_members(request, err));
    *ret_request = HUFU_TAKE(request);
    return HUFU_OK;
}

void hufu_servisign_free(struct hufu_servisign *request)
{
    if (!request)
        return;
    for (size_t i = 0; i < request->argument_count; i++)
        hufu_buf_done(&request->decoded[i]);
    hufu_json_free(request->json);
    free(request);
}

const char *hufu_servisign_named(const struct hufu_servisign *request, const char *name)
{
    const struct hufu_json_member *member = hufu_json_find(request->json, name);
    return member ? member->text : "";
}

/* Neither a name nor base64 needs an escape. */
static void put_member(struct hufu_buf *json, char before, const char *name, const char *text)
{
    enum { AROUND = sizeof ",\"\":\"====\"}" };
    struct hufu_bytes bytes = hufu_bytes_of(text, strlen(text));
    hufu_buf_reserve(json, strlen(name) + bytes.len / 3 * 4 + AROUND);
    hufu_buf_printf(json, "%c\"%s\":\"", before, name);
    hufu_base64_encode(bytes, json);
    hufu_buf_add_text(json, "\"");
}

void hufu_servisign_encode(const struct hufu_servisign_answer *answer, struct hufu_buf *ret_json)
{
    const struct {
        const char *name, *text;
    } members[] = {
        {"result", answer->result},
        {"SessionID", answer->session},
        {"ServerVersion", answer->server_version},
        {"LibVersion", answer->library_version},
        {"InstallerVersion", answer->installer_version},
    };
    char before = '{';
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (members[i].text) {
            put_member(ret_json, before, members[i].name, members[i].text);
            before = ',';
        }
    hufu_buf_add_text(ret_json, "}");
}

void hufu_servisign_encode_status(enum hufu_status status, struct hufu_buf *ret_json)
{
    char number[16];
    snprintf(number, sizeof number, "%d", hufu_status_code(status));
    hufu_servisign_encode(&(struct hufu_servisign_answer){.result = number}, ret_json);
}
