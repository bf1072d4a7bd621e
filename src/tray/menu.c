/* com.canonical.dbusmenu: the menu, which the panel draws. */
#include "base/cleanup.h"
#include "tray/entries.h"

#include <stdlib.h>
#include <string.h>

#define MENU_INTERFACE "com.canonical.dbusmenu"

enum { PROTOCOL_VERSION = 3 };

/* --- methods that tell --- */

static int refuse(sd_bus_error *ret_error, int entry)
{
    return sd_bus_error_setf(ret_error, SD_BUS_ERROR_INVALID_ARGS, "there is no entry %d", entry);
}

static bool is_entry(int number)
{
    return number >= 0 && number < HUFU_ENTRIES;
}

static void free_names(char ***names)
{
    for (char **at = *names; at && *at; at++)
        free(*at);
    free((void *)*names);
}

static int add_layout(const struct hufu_tray *tray, int entry, int depth, char **names,
                      sd_bus_message *message);

static int add_children(const struct hufu_tray *tray, int entry, int depth, char **names,
                        sd_bus_message *message)
{
    int problem = 0;
    for (int i = 0; problem >= 0 && depth != 0 && i < HUFU_ENTRIES; i++) {
        if (!hufu_entry_is_below(i, entry))
            continue;
        problem = sd_bus_message_open_container(message, 'v', "(ia{sv}av)");
        if (problem >= 0)
            problem = add_layout(tray, i, depth - 1, names, message);
        if (problem >= 0)
            problem = sd_bus_message_close_container(message);
    }
    return problem;
}

/* The entry and, to this depth, those below it; there are two levels, so that it ends. */
static int add_layout(const struct hufu_tray *tray, int entry, int depth, char **names,
                      sd_bus_message *message)
{
    int problem = sd_bus_message_open_container(message, 'r', "ia{sv}av");
    if (problem >= 0)
        problem = sd_bus_message_append(message, "i", entry);
    if (problem >= 0)
        problem = hufu_entry_add_properties(tray, entry, names, message);
    if (problem >= 0)
        problem = sd_bus_message_open_container(message, 'a', "v");
    if (problem >= 0)
        problem = add_children(tray, entry, depth, names, message);
    if (problem >= 0)
        problem = sd_bus_message_close_container(message);
    return problem < 0 ? problem : sd_bus_message_close_container(message);
}

static int get_layout(sd_bus_message *message, void *arg, sd_bus_error *ret_error)
{
    const struct hufu_tray *tray = arg;
    HUFU_AUTO(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    HUFU_AUTO(free_names) char **names = NULL;
    int parent = 0;
    int depth = 0;
    int problem = sd_bus_message_read(message, "ii", &parent, &depth);
    if (problem >= 0)
        problem = sd_bus_message_read_strv(message, &names);
    if (problem >= 0 && !is_entry(parent))
        return refuse(ret_error, parent);
    if (problem >= 0)
        problem = sd_bus_message_new_method_return(message, &reply);
    if (problem >= 0)
        problem = sd_bus_message_append(reply, "u", tray->revision);
    if (problem >= 0)
        problem = add_layout(tray, parent, depth, names, reply);
    return problem < 0 ? problem : sd_bus_send(NULL, reply, NULL);
}

static int add_group(const struct hufu_tray *tray, const int *ids, size_t count, char **names,
                     sd_bus_message *reply)
{
    int problem = sd_bus_message_open_container(reply, 'a', "(ia{sv})");
    for (size_t i = 0; problem >= 0 && i < (count ? count : HUFU_ENTRIES); i++) {
        int id = count ? ids[i] : (int)i; /* none stands for all */
        if (!is_entry(id))
            continue;
        problem = sd_bus_message_open_container(reply, 'r', "ia{sv}");
        if (problem >= 0)
            problem = sd_bus_message_append(reply, "i", id);
        if (problem >= 0)
            problem = hufu_entry_add_properties(tray, id, names, reply);
        if (problem >= 0)
            problem = sd_bus_message_close_container(reply);
    }
    return problem < 0 ? problem : sd_bus_message_close_container(reply);
}

static int get_group(sd_bus_message *message, void *arg, sd_bus_error *ret_error)
{
    HUFU_AUTO(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    HUFU_AUTO(free_names) char **names = NULL;
    const void *ids = NULL;
    size_t len = 0;
    (void)ret_error;
    int problem = sd_bus_message_read_array(message, 'i', &ids, &len);
    if (problem >= 0)
        problem = sd_bus_message_read_strv(message, &names);
    if (problem >= 0)
        problem = sd_bus_message_new_method_return(message, &reply);
    if (problem >= 0)
        problem = add_group(arg, ids, len / sizeof(int), names, reply);
    return problem < 0 ? problem : sd_bus_send(NULL, reply, NULL);
}

static int get_property(sd_bus_message *message, void *arg, sd_bus_error *ret_error)
{
    HUFU_AUTO(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    const char *name = NULL;
    int id = 0;
    int problem = sd_bus_message_read(message, "is", &id, &name);
    if (problem >= 0 && !is_entry(id))
        return refuse(ret_error, id);
    if (problem >= 0)
        problem = sd_bus_message_new_method_return(message, &reply);
    if (problem >= 0)
        problem = hufu_entry_add_property(arg, id, name, reply);
    if (problem == 0)
        return sd_bus_error_setf(ret_error, SD_BUS_ERROR_INVALID_ARGS, "there is no such property");
    return problem < 0 ? problem : sd_bus_send(NULL, reply, NULL);
}

/* --- methods that act --- */

static void take_event(struct hufu_tray *tray, int id, const char *event)
{
    if (strcmp(event, "clicked") == 0)
        hufu_entry_click(tray, id);
}

static int on_event(sd_bus_message *message, void *arg, sd_bus_error *ret_error)
{
    const char *event = NULL;
    int id = 0;
    int problem = sd_bus_message_read(message, "is", &id, &event);
    if (problem < 0)
        return problem;
    if (!is_entry(id))
        return refuse(ret_error, id);
    problem = sd_bus_reply_method_return(message, NULL); /* first: it may be the last thing said */
    take_event(arg, id, event);
    return problem;
}

/* Answers with the numbers that there are not. */
static int on_events(sd_bus_message *message, void *arg, sd_bus_error *ret_error)
{
    HUFU_AUTO(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    const char *event = NULL;
    int id = 0;
    (void)ret_error;
    int problem = sd_bus_message_new_method_return(message, &reply);
    if (problem >= 0)
        problem = sd_bus_message_open_container(reply, 'a', "i");
    if (problem >= 0)
        problem = sd_bus_message_enter_container(message, 'a', "(isvu)");
    while (problem >= 0 && (problem = sd_bus_message_enter_container(message, 'r', "isvu")) > 0) {
        problem = sd_bus_message_read(message, "is", &id, &event);
        if (problem >= 0 && is_entry(id))
            take_event(arg, id, event);
        else if (problem >= 0)
            problem = sd_bus_message_append(reply, "i", id);
        if (problem >= 0)
            problem = sd_bus_message_skip(message, "vu");
        if (problem >= 0)
            problem = sd_bus_message_exit_container(message);
    }
    if (problem >= 0)
        problem = sd_bus_message_close_container(reply);
    return problem < 0 ? problem : sd_bus_send(NULL, reply, NULL);
}

/* What is known may be minutes old. The menu is shown at once, and changes when doctor has
 * answered. */
static int about_to_show(sd_bus_message *message, void *arg, sd_bus_error *ret_error)
{
    (void)ret_error;
    hufu_look_now(arg);
    return sd_bus_reply_method_return(message, "b", 0);
}

static int about_to_show_group(sd_bus_message *message, void *arg, sd_bus_error *ret_error)
{
    (void)ret_error;
    hufu_look_now(arg);
    return sd_bus_reply_method_return(message, "aiai", 0, 0);
}

/* --- properties --- */

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
    (void)bus, (void)path, (void)interface, (void)property, (void)arg, (void)ret_error;
    return sd_bus_message_append(reply, "u", PROTOCOL_VERSION);
}

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
    const struct hufu_tray *tray = arg;
    (void)bus, (void)path, (void)interface, (void)ret_error;
    if (strcmp(property, "TextDirection") == 0)
        return sd_bus_message_append(reply, "s", "ltr");
    return sd_bus_message_append(reply, "s",
                                 tray->findings.state == HUFU_TRAY_READY ? "normal" : "notice");
}

static int get_icon_paths(sd_bus *bus, const char *path, const char *interface,
                          const char *property, sd_bus_message *reply, void *arg,
                          sd_bus_error *ret_error)
{
    (void)bus, (void)path, (void)interface, (void)property, (void)arg, (void)ret_error;
    return sd_bus_message_append(reply, "as", 0);
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Version", "u", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("TextDirection", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Status", "s", get_text, 0, 0),
    SD_BUS_PROPERTY("IconThemePath", "as", get_icon_paths, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_METHOD("GetLayout", "iias", "u(ia{sv}av)", get_layout, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("GetGroupProperties", "aias", "a(ia{sv})", get_group, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("GetProperty", "is", "v", get_property, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Event", "isvu", NULL, on_event, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("EventGroup", "a(isvu)", "ai", on_events, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("AboutToShow", "i", "b", about_to_show, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("AboutToShowGroup", "ai", "aiai", about_to_show_group,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL("ItemsPropertiesUpdated", "a(ia{sv})a(ias)", 0),
    SD_BUS_SIGNAL("LayoutUpdated", "ui", 0),
    SD_BUS_SIGNAL("ItemActivationRequested", "iu", 0),
    SD_BUS_VTABLE_END,
};

int hufu_menu_start(struct hufu_tray *tray)
{
    return sd_bus_add_object_vtable(tray->bus, NULL, HUFU_TRAY_MENU_PATH, MENU_INTERFACE, vtable,
                                    tray);
}

void hufu_menu_changed(struct hufu_tray *tray)
{
    tray->revision++;
    (void)sd_bus_emit_signal(tray->bus, HUFU_TRAY_MENU_PATH, MENU_INTERFACE, "LayoutUpdated", "ui",
                             tray->revision, HUFU_ENTRY_ROOT);
}
