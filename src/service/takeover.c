#include "service/takeover.h"

#include "base/log.h"
#include "base/peer.h"
#include "wire/alive.h"

#include <sys/socket.h>
#include <unistd.h>

/* What systemd starts for our question needs a moment; so does one that is at its own start. */
enum { START_MS = 2000 };

static void replace(const struct hufu_process *process)
{
    hufu_log("a hufud of yours hangs, process %d: this one takes its place", (int)process->pid);
    if (!hufu_process_end(process, HUFU_ALIVE_GRACE_MS))
        hufu_log("process %d cannot be ended", (int)process->pid);
}

bool hufu_takeover_is_needless(void)
{
    struct hufu_process process;
    enum hufu_alive alive = hufu_alive_find(&process);
    if (alive == HUFU_ALIVE_ANSWERS)
        hufu_log("hufud runs already and answers: process %d", (int)process.pid);
    if (alive == HUFU_ALIVE_SILENT)
        replace(&process);
    return alive == HUFU_ALIVE_ANSWERS;
}

bool hufu_takeover_is_late(uint16_t port)
{
    struct hufu_port_holder holder;
    return hufu_port_holder(AF_INET, port, &holder) && holder.uid == getuid() &&
           hufu_port_answers(port, START_MS) && hufu_takeover_is_needless();
}
