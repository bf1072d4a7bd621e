#include "service/pool.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENVIRONMENT_MAX = 64 };

enum state { STATE_FRESH, STATE_CALLED, STATE_RESTING };

struct hufu_worker {
    LIST_ENTRY(hufu_worker) entry;
    struct hufu_pool *pool;
    struct hufu_worker_owner owner;
    pid_t pid;
    enum state state;
    unsigned deadline_s;
    struct bufferevent *connection;
    struct event *timer;
};

struct hufu_pool {
    struct event_base *base;
    struct event *child_ended;
    struct hufu_worker *spare;
    size_t count;
    LIST_HEAD(, hufu_worker) workers;
};

/* --- starting --- */

/* All that a PKCS#11 module and a PIN window need; no LD_*, no module paths. */
static bool environment_allowed(const char *entry)
{
    static const char *const patterns[] = {
        "HOME=*",
        "LANG=*",
        "LANGUAGE=*",
        "LC_*",
        "XDG_*",
        "DISPLAY=*",
        "WAYLAND_DISPLAY=*",
        "XAUTHORITY=*",
        "DBUS_SESSION_BUS_ADDRESS=*",
        "USER=*",
        "LOGNAME=*",
        "TZ=*",
#ifdef __SANITIZE_ADDRESS__
        "ASAN_OPTIONS=*",
        "LSAN_OPTIONS=*",
        "UBSAN_OPTIONS=*",
#endif
    };
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (fnmatch(patterns[i], entry, 0) == 0)
            return true;
    return false;
}

static void fill_environment(char *environment[ENVIRONMENT_MAX])
{
    static char path[] = "PATH=/usr/bin:/bin";
    size_t count = 0;
    environment[count++] = path;
    for (char **entry = environ; *entry && count < ENVIRONMENT_MAX - 1; entry++)
        if (environment_allowed(*entry))
            environment[count++] = *entry;
    environment[count] = NULL;
}

/* Descriptor 0 is the socket; its own process group, so that its windows can be ended with it. */
static int spawn(const char *program, int socket, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    char name[] = "hufu-worker";
    char *arguments[] = {name, NULL};
    char *environment[ENVIRONMENT_MAX];
    fill_environment(environment);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    int problem = posix_spawn(ret_pid, program, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return problem;
}

static void on_read(struct bufferevent *connection, void *arg);
static void on_event(struct bufferevent *connection, short events, void *arg);
static void on_timer(evutil_socket_t fd, short events, void *arg);

static void release(struct hufu_worker *worker)
{
    LIST_REMOVE(worker, entry);
    worker->pool->count--;
    if (worker->pool->spare == worker)
        worker->pool->spare = NULL;
    if (worker->timer)
        event_free(worker->timer);
    if (worker->connection)
        bufferevent_free(worker->connection);
    free(worker);
}

/* Attaches libevent's side to a worker that runs; false leaves nothing behind but the process. */
static bool attach(struct hufu_worker *worker, int socket)
{
    worker->timer = evtimer_new(worker->pool->base, on_timer, worker);
    worker->connection = bufferevent_socket_new(worker->pool->base, socket, BEV_OPT_CLOSE_ON_FREE);
    if (!worker->timer || !worker->connection)
        return false;
    bufferevent_setcb(worker->connection, on_read, NULL, on_event, worker);
    return bufferevent_enable(worker->connection, EV_READ | EV_WRITE) == 0;
}

static struct hufu_worker *start(struct hufu_pool *pool)
{
    char program[PATH_MAX];
    int pair[2];
    if (pool->count >= HUFU_WORKERS_MAX || !hufu_path_beside(program, "hufu-worker") ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return NULL;
    HUFU_AUTO(hufu_close) int own = pair[0];
    HUFU_AUTO(hufu_close) int theirs = pair[1];
    HUFU_AUTO(hufu_free) struct hufu_worker *worker = calloc(1, sizeof *worker);
    if (!worker || evutil_make_socket_nonblocking(own))
        return NULL;
    int problem = spawn(program, theirs, &worker->pid);
    if (problem) {
        hufu_log("cannot start %s: %s", program, strerror(problem));
        return NULL;
    }
    worker->pool = pool;
    LIST_INSERT_HEAD(&pool->workers, worker, entry);
    pool->count++;
    bool attached = attach(worker, own);
    if (worker->connection)
        own = -1;
    struct hufu_worker *started = HUFU_TAKE(worker);
    if (attached)
        return started;
    hufu_worker_kill(started);
    return NULL;
}

static void on_child_ended(evutil_socket_t fd, short events, void *arg)
{
    (void)fd;
    (void)events;
    (void)arg;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue; /* what it means is heard on the socket */
}

struct hufu_pool *hufu_pool_new(struct event_base *base)
{
    struct hufu_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->base = base;
    LIST_INIT(&pool->workers);
    pool->child_ended = evsignal_new(base, SIGCHLD, on_child_ended, NULL);
    if (!pool->child_ended || event_add(pool->child_ended, NULL)) {
        free(pool);
        return NULL;
    }
    return pool;
}

void hufu_pool_free(struct hufu_pool *pool)
{
    if (!pool)
        return;
    struct hufu_worker *worker = NULL;
    while ((worker = LIST_FIRST(&pool->workers)))
        hufu_worker_kill(worker);
    event_free(pool->child_ended);
    free(pool);
}

void hufu_pool_warm_up(struct hufu_pool *pool)
{
    if (!pool->spare)
        pool->spare = start(pool);
}

struct hufu_worker *hufu_pool_take(struct hufu_pool *pool, struct hufu_worker_owner owner)
{
    hufu_pool_warm_up(pool);
    struct hufu_worker *worker = HUFU_TAKE(pool->spare);
    if (worker)
        worker->owner = owner;
    return worker;
}

/* --- ending --- */

void hufu_worker_kill(struct hufu_worker *worker)
{
    if (kill(-worker->pid, SIGKILL) && errno != ESRCH)
        hufu_log("cannot end worker %d: %s", worker->pid, strerror(errno));
    release(worker);
}

static void end(struct hufu_worker *worker, enum hufu_status why)
{
    struct hufu_worker_owner owner = worker->owner;
    if (why != HUFU_OK)
        hufu_log("worker ended: %s", hufu_status_text(why, HUFU_LANGUAGE_EN));
    hufu_worker_kill(worker);
    if (owner.gone)
        owner.gone(owner.context, why);
}

static void set_timer(struct hufu_worker *worker, unsigned seconds)
{
    event_add(worker->timer, &(struct timeval){.tv_sec = (time_t)seconds});
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
    struct hufu_worker *worker = arg;
    (void)fd;
    (void)events;
    end(worker, worker->state == STATE_RESTING ? HUFU_OK : HUFU_E_DEADLINE);
}

static void on_event(struct bufferevent *connection, short events, void *arg)
{
    (void)connection;
    (void)events;
    end(arg, HUFU_E_WORKER_DIED);
}

/* --- talking --- */

static void wipe_and_free(const void *data, size_t len, void *block)
{
    (void)data;
    explicit_bzero(block, len);
    free(block);
}

void hufu_worker_send(struct hufu_worker *worker, struct hufu_buf *frame)
{
    struct evbuffer *output = bufferevent_get_output(worker->connection);
    if (evbuffer_add_reference(output, frame->data, frame->len, wipe_and_free, frame->data) == 0)
        *frame = (struct hufu_buf){.max = frame->max};
}

void hufu_worker_call(struct hufu_worker *worker, struct hufu_buf *frame, unsigned deadline_s)
{
    worker->state = STATE_CALLED;
    worker->deadline_s = deadline_s;
    set_timer(worker, deadline_s);
    hufu_worker_send(worker, frame);
}

void hufu_worker_rest(struct hufu_worker *worker, unsigned idle_s)
{
    worker->state = STATE_RESTING;
    set_timer(worker, idle_s);
}

/* false when the worker said something it may not say. */
static bool understand(struct hufu_worker *worker, struct hufu_bytes frame)
{
    struct hufu_result result;
    struct hufu_dialog dialog;
    if (worker->state != STATE_CALLED)
        return false;
    if (hufu_frame_get_dialog(frame, &dialog, NULL) == HUFU_OK) {
        set_timer(worker, dialog.open ? HUFU_DIALOG_MAX_S : worker->deadline_s);
        return true;
    }
    if (hufu_frame_get_result(frame, &result, NULL) != HUFU_OK)
        return false;
    worker->state = STATE_FRESH;
    event_del(worker->timer);
    worker->owner.result(worker->owner.context, &result);
    return true;
}

/* One frame at a time: what it says may end this worker, and then nothing more is read. */
static void on_read(struct bufferevent *connection, void *arg)
{
    struct hufu_worker *worker = arg;
    struct evbuffer *input = bufferevent_get_input(connection);
    uint8_t head[HUFU_FRAME_HEAD];
    size_t len = 0;
    if (evbuffer_copyout(input, head, sizeof head) < (ssize_t)sizeof head)
        return;
    if (hufu_frame_length(head, &len, NULL) != HUFU_OK) {
        end(worker, HUFU_E_WORKER_DIED);
        return;
    }
    if (evbuffer_get_length(input) < len)
        return;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf frame = {.max = HUFU_FRAME_MAX};
    uint8_t *block = hufu_buf_extend(&frame, len);
    if (!block || evbuffer_remove(input, block, len) != (int)len) {
        end(worker, HUFU_E_WORKER_DIED);
        return;
    }
    if (evbuffer_get_length(input) > 0)
        bufferevent_trigger(connection, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
    if (!understand(worker, hufu_buf_bytes(&frame)))
        end(worker, HUFU_E_WORKER_DIED);
}
