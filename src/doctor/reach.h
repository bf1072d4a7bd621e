/* Connections inside this computer. */
#ifndef HUFU_DOCTOR_REACH_H
#define HUFU_DOCTOR_REACH_H

#include "doctor/facts.h"

/* What becomes of a connection to this port of the loopback address; takes 0.7 s when nobody
 * answers. HUFU_REFUSED also where nobody listens. Own `ret_fd`, which is written when it is
 * HUFU_REACHED. */
enum hufu_reach hufu_reach(int family, uint16_t port, int *ret_fd);

#endif
