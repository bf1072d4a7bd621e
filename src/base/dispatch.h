/* What the dispatcher and the hufud of a user know of each other. */
#ifndef HUFU_BASE_DISPATCH_H
#define HUFU_BASE_DISPATCH_H

/* The runtime folder of a user, by number; systemd makes it, closed to others. */
#define HUFU_DISPATCH_RUNTIME "/run/user/%u"

/* hufud's socket in there (SOCK_SEQPACKET). */
#define HUFU_DISPATCH_FOLDER "hufu"
#define HUFU_DISPATCH_SOCKET HUFU_DISPATCH_FOLDER "/dispatch.sock"

/* Root's folder that is there as long as the dispatcher has the ports (hufu-dispatcher.socket). */
#define HUFU_DISPATCH_MARK "/run/hufu-dispatcher"

#endif
