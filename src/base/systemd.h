/* The two systemd protocols that hufud and the dispatcher speak when they are offered: sd_notify(3)
 * and socket activation (sd_listen_fds(3)). Written out because libsystemd brings seven more
 * libraries into the process that listens (docs/decisions/0004-no-libsystemd.md). */
#ifndef HUFU_BASE_SYSTEMD_H
#define HUFU_BASE_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>

/* Takes over the sockets that were handed over, as descriptors 3, 4, ...: marks them close-on-exec
 * and forgets the variables, so that no child mistakes them for its own. Returns their number; 0
 * without activation. */
int hufu_systemd_begin(void);
enum { HUFU_SYSTEMD_FIRST_FD = 3 };

/* Both addresses of three ports, for each of the 64 products that a component map can have. */
enum { HUFU_SYSTEMD_SOCKETS_MAX = 2 * 3 * 64 };

/* Whether there are such sockets that nobody has taken yet. */
bool hufu_systemd_is_activated(void);

/* Connects to NOTIFY_SOCKET, if there is one, and forgets it: a confined process opens no socket.
 */
void hufu_systemd_connect(void);

/* The first of them that is a Unix socket, for the dispatcher; -1 where there is none. The others
 * are TCP. */
int hufu_systemd_unix_socket(void);

/* How often systemd wants to hear "WATCHDOG=1" at the latest, halved so that one may be late; 0
 * when it does not. Asks the environment, which forgets it, once: later answers are 0. */
int64_t hufu_systemd_watchdog_us(void);

/* "READY=1", "RELOADING=1", "STOPPING=1"; does nothing without a connection. */
void hufu_systemd_notify(const char *state);

/* The number that hufu_systemd_begin returned, once: who asks owns them. */
int hufu_systemd_listen_fds(void);

#endif
