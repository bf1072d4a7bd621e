/* org.kde.StatusNotifierItem, as freedesktop.org and KDE document it: what a panel shows. */
#include "base/cleanup.h"
#include "base/log.h"
#include "tray/icon.h"
#include "tray/tray.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ITEM_PATH      "/StatusNotifierItem"
#define ITEM_INTERFACE "org.kde.StatusNotifierItem"
#define WATCHER        "org.kde.StatusNotifierWatcher"

static const struct look {
    const char *icon;
    const char *status;
} looks[HUFU_TRAY_STATES] = {
    [HUFU_TRAY_READY] = {.icon = "hufu-ready", .status = "Active"},
    [HUFU_TRAY_ATTENTION] = {.icon = "hufu-attention", .status = "NeedsAttention"},
    [HUFU_TRAY_TROUBLE] = {.icon = "hufu-trouble", .status = "NeedsAttention"},
};

static const struct look *look_of(const struct hufu_tray *tray)
{
    return &looks[tray->findings.state];
}

/* --- properties --- */

static int add_pixmaps(sd_bus_message *message, const struct hufu_pixmap *pixmaps, size_t count)
{
    int problem = sd_bus_message_open_container(message, 'a', "(iiay)");
    for (size_t i = 0; problem >= 0 && i < count; i++) {
        problem = sd_bus_message_open_container(message, 'r', "iiay");
        if (problem >= 0)
            problem = sd_bus_message_append(message, "ii", pixmaps[i].size, pixmaps[i].size);
        if (problem >= 0)
            problem = sd_bus_message_append_array(message, 'y', pixmaps[i].bytes, pixmaps[i].len);
        if (problem >= 0)
            problem = sd_bus_message_close_container(message);
    }
    return problem < 0 ? problem : sd_bus_message_close_container(message);
}

/* Some panels read markup in it, others show every character as it is: none that is markup. */
static void add_without_markup(struct hufu_buf *buf, const char *text)
{
    static const struct {
        char mark;
        const char *shown;
    } marks[] = {{'<', "\xe2\x80\xb9"}, {'>', "\xe2\x80\xba"}, {'&', "\xef\xbc\x86"}};
    for (; *text; text++) {
        const char *shown = NULL;
        for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
            if (*text == marks[i].mark)
                shown = marks[i].shown;
        hufu_buf_add(buf, shown ? shown : text, shown ? strlen(shown) : 1);
    }
}

static int get_tool_tip(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
    const struct hufu_tray *tray = arg;
    /* A mark becomes three bytes. */
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 3 * HUFU_SENTENCE_MAX};
    (void)bus, (void)path, (void)interface, (void)property, (void)ret_error;
    add_without_markup(&text, tray->findings.text[tray->language]);
    int problem = sd_bus_message_open_container(reply, 'r', "sa(iiay)ss");
    if (problem >= 0)
        problem = sd_bus_message_append(reply, "s", look_of(tray)->icon);
    if (problem >= 0)
        problem = add_pixmaps(reply, NULL, 0);
    if (problem >= 0)
        problem = sd_bus_message_append(reply, "ss", hufu_tray_text(tray, HUFU_TEXT_WINDOW_TITLE),
                                        hufu_buf_text(&text));
    return problem < 0 ? problem : sd_bus_message_close_container(reply);
}

static int get_pixmaps(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
    const struct hufu_tray *tray = arg;
    (void)bus, (void)path, (void)interface, (void)property, (void)ret_error;
    return add_pixmaps(reply, hufu_pixmaps[tray->findings.state], HUFU_PIXMAP_SIZES);
}

static int get_no_pixmaps(sd_bus *bus, const char *path, const char *interface,
                          const char *property, sd_bus_message *reply, void *arg,
                          sd_bus_error *ret_error)
{
    (void)bus, (void)path, (void)interface, (void)property, (void)arg, (void)ret_error;
    return add_pixmaps(reply, NULL, 0);
}

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
    const struct hufu_tray *tray = arg;
    const struct {
        const char *name;
        const char *value;
    } texts[] = {
        {"Category", "SystemServices"},
        {"Id", "hufu"},
        {"Title", hufu_tray_text(tray, HUFU_TEXT_WINDOW_TITLE)},
        {"Status", look_of(tray)->status},
        {"IconName", look_of(tray)->icon},
        {"AttentionIconName", look_of(tray)->icon},
        {"IconAccessibleDesc", tray->findings.text[tray->language]},
        {"AttentionAccessibleDesc", tray->findings.text[tray->language]},
        {"IconThemePath", HUFU_ICONDIR},
    };
    (void)bus, (void)path, (void)interface, (void)ret_error;
    const char *value = "";
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(property, texts[i].name) == 0)
            value = texts[i].value;
    return sd_bus_message_append(reply, "s", value);
}

static int get_false(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
    (void)bus, (void)path, (void)interface, (void)property, (void)arg, (void)ret_error;
    return sd_bus_message_append(reply, "b", 0);
}

static int get_no_window(sd_bus *bus, const char *path, const char *interface, const char *property,
                         sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
    (void)bus, (void)path, (void)interface, (void)property, (void)arg, (void)ret_error;
    return sd_bus_message_append(reply, "i", 0);
}

static int get_menu(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
    (void)bus, (void)path, (void)interface, (void)property, (void)arg, (void)ret_error;
    return sd_bus_message_append(reply, "o", HUFU_TRAY_MENU_PATH);
}

/* --- methods --- */

static int activate(sd_bus_message *message, void *arg, sd_bus_error *ret_error)
{
    (void)ret_error;
    hufu_act_open(arg);
    return sd_bus_reply_method_return(message, NULL);
}

/* The menu is the panel's to show, and there is nothing to scroll. */
static int ignore(sd_bus_message *message, void *arg, sd_bus_error *ret_error)
{
    (void)arg;
    (void)ret_error;
    return sd_bus_reply_method_return(message, NULL);
}

/* No property says "changed" by itself: panels listen to the signals below. */
static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Category", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Id", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Title", "s", get_text, 0, 0),
    SD_BUS_PROPERTY("Status", "s", get_text, 0, 0),
    SD_BUS_PROPERTY("WindowId", "i", get_no_window, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("IconThemePath", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("IconName", "s", get_text, 0, 0),
    SD_BUS_PROPERTY("IconPixmap", "a(iiay)", get_pixmaps, 0, 0),
    SD_BUS_PROPERTY("OverlayIconName", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("OverlayIconPixmap", "a(iiay)", get_no_pixmaps, 0,
                    SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("AttentionIconName", "s", get_text, 0, 0),
    SD_BUS_PROPERTY("AttentionIconPixmap", "a(iiay)", get_pixmaps, 0, 0),
    SD_BUS_PROPERTY("AttentionMovieName", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    /* Of Ayatana, for screen readers. */
    SD_BUS_PROPERTY("IconAccessibleDesc", "s", get_text, 0, 0),
    SD_BUS_PROPERTY("AttentionAccessibleDesc", "s", get_text, 0, 0),
    SD_BUS_PROPERTY("ToolTip", "(sa(iiay)ss)", get_tool_tip, 0, 0),
    SD_BUS_PROPERTY("ItemIsMenu", "b", get_false, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Menu", "o", get_menu, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_METHOD("Activate", "ii", NULL, activate, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("SecondaryActivate", "ii", NULL, ignore, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ContextMenu", "ii", NULL, ignore, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Scroll", "is", NULL, ignore, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL("NewTitle", NULL, 0),
    SD_BUS_SIGNAL("NewIcon", NULL, 0),
    SD_BUS_SIGNAL("NewAttentionIcon", NULL, 0),
    SD_BUS_SIGNAL("NewToolTip", NULL, 0),
    SD_BUS_SIGNAL("NewStatus", "s", 0),
    SD_BUS_VTABLE_END,
};

/* --- panels --- */

static int on_registered(sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
    (void)arg;
    (void)ret_error;
    if (sd_bus_message_is_method_error(reply, NULL))
        hufu_log("the panel refuses the icon: %s", sd_bus_message_get_error(reply)->message);
    return 0;
}

/* Not before it is known what to show. */
static void ask_for_place(struct hufu_tray *tray)
{
    if (!tray->shown || !tray->known || tray->placed)
        return;
    tray->placed = true;
    int problem = sd_bus_call_method_async(tray->bus, NULL, WATCHER, "/StatusNotifierWatcher",
                                           WATCHER, "RegisterStatusNotifierItem", on_registered,
                                           tray, "s", tray->item);
    if (problem < 0)
        hufu_log("cannot ask the panel for a place: %s", strerror(-problem));
}

static void on_watcher(struct hufu_tray *tray, bool here)
{
    bool was_shown = tray->shown;
    tray->shown = here;
    tray->placed = false; /* it may be another one */
    if (was_shown && !here)
        hufu_look_end(tray);
    if (!here)
        hufu_log("%s", hufu_tray_text(tray, HUFU_TEXT_TRAY_NO_PANEL));
    ask_for_place(tray);
    if (!was_shown && here)
        hufu_look_begin(tray);
}

static int on_owner_changed(sd_bus_message *signal, void *arg, sd_bus_error *ret_error)
{
    const char *owner = NULL;
    (void)ret_error;
    if (sd_bus_message_read(signal, "sss", NULL, NULL, &owner) >= 0)
        on_watcher(arg, owner[0] != 0);
    return 0;
}

static int look_for_watcher(struct hufu_tray *tray)
{
    HUFU_AUTO(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    int here = 0;
    int problem = sd_bus_add_match(tray->bus, NULL,
                                   "type='signal',sender='org.freedesktop.DBus',"
                                   "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
                                   "arg0='" WATCHER "'",
                                   on_owner_changed, tray);
    if (problem >= 0)
        problem =
            sd_bus_call_method(tray->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                               "org.freedesktop.DBus", "NameHasOwner", NULL, &reply, "s", WATCHER);
    if (problem >= 0)
        problem = sd_bus_message_read(reply, "b", &here);
    if (problem >= 0)
        on_watcher(tray, here);
    return problem;
}

int hufu_item_start(struct hufu_tray *tray)
{
    snprintf(tray->item, sizeof tray->item, "org.kde.StatusNotifierItem-%d-1", getpid());
    int problem =
        sd_bus_add_object_vtable(tray->bus, NULL, ITEM_PATH, ITEM_INTERFACE, vtable, tray);
    if (problem >= 0)
        problem = sd_bus_request_name(tray->bus, tray->item, 0);
    return problem < 0 ? problem : look_for_watcher(tray);
}

void hufu_item_changed(struct hufu_tray *tray)
{
    ask_for_place(tray);
    static const char *const signals[] = {"NewTitle", "NewIcon", "NewAttentionIcon", "NewToolTip"};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        (void)sd_bus_emit_signal(tray->bus, ITEM_PATH, ITEM_INTERFACE, signals[i], NULL);
    (void)sd_bus_emit_signal(tray->bus, ITEM_PATH, ITEM_INTERFACE, "NewStatus", "s",
                             look_of(tray)->status);
    hufu_menu_changed(tray);
}
