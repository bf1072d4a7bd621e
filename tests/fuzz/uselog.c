#include "sites/uselog.h"

#include "home.h"

#include <stdio.h>

/* An event is one that hufud could have written: as a line it is read the same. */
static void take_event(void *context, const struct hufu_use_event *event)
{
    char line[HUFU_USE_TIME_BYTES + HUFU_ORIGIN_MAX + 64];
    struct hufu_use_event again;
    size_t *count = context;
    ++*count;
    require(event->use < HUFU_USE_COUNT && event->code >= 0);
    require(!event->origin[0] || hufu_origin_valid(event->origin));
    snprintf(line, sizeof line, "%s %s %s %d", event->time, hufu_use_name(event->use),
             event->origin[0] ? event->origin : "-", event->code);
    require(hufu_uselog_parse(line, &again) && again.use == event->use);
    require(strcmp(again.time, event->time) == 0 && strcmp(again.origin, event->origin) == 0);
    require(again.code == event->code);
}

static size_t lines_in(const uint8_t *data, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += data[i] == '\n';
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t count = 0;
    if (home_make())
        home_folder(".local/state/hufu");
    home_write(".local/state/hufu/use.log", data, len);
    require(hufu_uselog_read(take_event, &count, NULL) == HUFU_OK);
    require(count <= lines_in(data, len));
    return 0;
}
