/* The two systemd protocols that hufud speaks when they are offered: sd_notify(3) and socket
 * activation (sd_listen_fds(3)). Written out because libsystemd brings seven more
 * libraries into the process that listens (docs/decisions/0004-no-libsystemd.md). */
#ifndef HUFU_SERVICE_SYSTEMD_H
#define HUFU_SERVICE_SYSTEMD_H

/* "READY=1", "RELOADING=1", "STOPPING=1"; does nothing without NOTIFY_SOCKET. */
void hufu_systemd_notify(const char *state);

/* The number of listening sockets handed over, as descriptors 3, 4, ...; 0 without activation.
 * Marks them close-on-exec and forgets the variables, so that no child mistakes them for its own.
 */
int hufu_systemd_listen_fds(void);
enum { HUFU_SYSTEMD_FIRST_FD = 3 };

#endif
