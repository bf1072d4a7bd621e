#include "open/report.h"

#include "base/cleanup.h"
#include "error/codes.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

HUFU_DEFINE_AUTO(json_t *, json_decref)

static json_t *load(struct hufu_bytes text)
{
    json_t *object =
        text.data ? json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL)
                  : NULL;
    if (object && json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

static int append(const char *text, size_t len, void *context)
{
    hufu_buf_add(context, text, len);
    return 0;
}

static bool dump(const json_t *object, struct hufu_buf *ret_line)
{
    return json_dump_callback(object, append, ret_line, JSON_COMPACT | JSON_ENSURE_ASCII) == 0 &&
           !ret_line->failed;
}

bool hufu_report_line(struct hufu_bytes text, struct hufu_buf *ret_line)
{
    HUFU_AUTO(json_decref_auto) json_t *object = load(text);
    return object && dump(object, ret_line);
}

bool hufu_report_last(struct hufu_bytes text, size_t count, struct hufu_buf *ret_line)
{
    HUFU_AUTO(json_decref_auto) json_t *object = load(text);
    json_t *events = json_object_get(object, "events");
    if (!json_is_array(events))
        return false;
    while (json_array_size(events) > count)
        (void)json_array_remove(events, 0);
    return dump(object, ret_line);
}

bool hufu_report_mends(struct hufu_bytes report, const char *id)
{
    HUFU_AUTO(json_decref_auto) json_t *object = load(report);
    const json_t *checks = json_object_get(object, "checks");
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);
        const char *name = json_string_value(json_object_get(check, "id"));
        if (name && strcmp(name, id) == 0)
            return json_is_string(json_object_get(check, "fix"));
    }
    return false;
}

static void add_error(json_t *object, const struct hufu_code *code)
{
    char number[16];
    snprintf(number, sizeof number, "%d", code->number);
    const struct hufu_says *en = &code->says[HUFU_LANGUAGE_EN];
    const struct hufu_says *zh = &code->says[HUFU_LANGUAGE_ZH_TW];
    json_t *texts =
        json_pack("{s:[ss], s:[ss]}", "en", en->text, en->remedy, "zh-TW", zh->text, zh->remedy);
    (void)json_object_set_new(object, number, texts);
}

bool hufu_report_errors(struct hufu_buf *ret_line)
{
    HUFU_AUTO(json_decref_auto) json_t *object = json_object();
    for (size_t i = 0; object && i < hufu_codes_count(); i++)
        add_error(object, hufu_codes_at(i));
    return object && dump(object, ret_line);
}
