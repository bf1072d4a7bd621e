/* Where pcscd listens: what pcsc.c needs to know of it before and without libpcsclite. */
#ifndef HUFU_CARD_PCSC_SOCKET_H
#define HUFU_CARD_PCSC_SOCKET_H

/* Connects and hangs up; starts a pcscd that systemd starts at its first client. 0, or an errno
 * value: ENOENT and ECONNREFUSED when nobody listens. */
int hufu_pcsc_socket_try(void);

/* Returns when somebody listens there. */
void hufu_pcsc_socket_wait(void);

/* Returns after `timeout_ms`, or when something happened to the socket or beside it. */
void hufu_pcsc_socket_watch(int timeout_ms);

#endif
