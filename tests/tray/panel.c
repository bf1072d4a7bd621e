/* The panel's half for tests: org.kde.StatusNotifierWatcher and org.freedesktop.Notifications on
 * the session bus. Says on standard output what it is told, one line each:
 *   ready | item NAME | signal NAME | note TEXT
 * and ends with its standard input. */
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define WATCHER "org.kde.StatusNotifierWatcher"
#define NOTES   "org.freedesktop.Notifications"

static int on_item(sd_bus_message *message, void *arg, sd_bus_error *ret_error)
{
    const char *name = NULL;
    (void)arg;
    (void)ret_error;
    int problem = sd_bus_message_read(message, "s", &name);
    if (problem < 0)
        return problem;
    printf("item %s\n", name);
    return sd_bus_reply_method_return(message, NULL);
}

static int get_true(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
    (void)bus, (void)path, (void)interface, (void)property, (void)arg, (void)ret_error;
    return sd_bus_message_append(reply, "b", 1);
}

static const sd_bus_vtable watcher[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("RegisterStatusNotifierItem", "s", NULL, on_item, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_PROPERTY("IsStatusNotifierHostRegistered", "b", get_true, 0, 0),
    SD_BUS_VTABLE_END,
};

static int on_note(sd_bus_message *message, void *arg, sd_bus_error *ret_error)
{
    const char *body = NULL;
    (void)arg;
    (void)ret_error;
    int problem = sd_bus_message_read(message, "susss", NULL, NULL, NULL, NULL, &body);
    if (problem < 0)
        return problem;
    printf("note %s\n", body);
    return sd_bus_reply_method_return(message, "u", 1);
}

static const sd_bus_vtable notes[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Notify", "susssasa{sv}i", "u", on_note, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static int on_signal(sd_bus_message *message, void *arg, sd_bus_error *ret_error)
{
    (void)arg;
    (void)ret_error;
    printf("signal %s\n", sd_bus_message_get_member(message));
    return 0;
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *arg)
{
    (void)fd;
    (void)events;
    (void)arg;
    return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int serve(sd_bus *bus, sd_event *loop)
{
    int problem = sd_bus_attach_event(bus, loop, 0);
    if (problem >= 0)
        problem = sd_event_add_io(loop, NULL, 0, EPOLLIN | EPOLLHUP, on_end, NULL);
    if (problem >= 0)
        problem =
            sd_bus_add_object_vtable(bus, NULL, "/StatusNotifierWatcher", WATCHER, watcher, NULL);
    if (problem >= 0)
        problem = sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/Notifications", NOTES,
                                           notes, NULL);
    if (problem >= 0)
        problem = sd_bus_add_match(
            bus, NULL, "type='signal',interface='org.kde.StatusNotifierItem'", on_signal, NULL);
    if (problem >= 0)
        problem = sd_bus_add_match(bus, NULL, "type='signal',interface='com.canonical.dbusmenu'",
                                   on_signal, NULL);
    if (problem >= 0)
        problem = sd_bus_request_name(bus, NOTES, 0);
    return problem < 0 ? problem : sd_bus_request_name(bus, WATCHER, 0);
}

int main(void)
{
    sd_bus *bus = NULL;
    sd_event *loop = NULL;
    setvbuf(stdout, NULL, _IOLBF, 0);
    int problem = sd_event_new(&loop);
    if (problem >= 0)
        problem = sd_bus_open_user(&bus);
    if (problem >= 0)
        problem = serve(bus, loop);
    if (problem >= 0) {
        puts("ready");
        problem = sd_event_loop(loop);
    }
    if (problem < 0)
        fprintf(stderr, "panel: %s\n", strerror(-problem));
    sd_bus_flush_close_unref(bus);
    sd_event_unref(loop);
    return problem < 0;
}
