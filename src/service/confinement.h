/* What is left to hufud once it listens. */
#ifndef HUFU_SERVICE_CONFINEMENT_H
#define HUFU_SERVICE_CONFINEMENT_H

/* Gives up everything but its folders, its sockets and its monitor (base/confine.h). Makes the
 * user's folders that are not there, and writes what is in force into HUFU_CONFINEMENT_FILE of the
 * state folder, where others can read it. */
void hufu_service_confine(const char *data_folder);
#define HUFU_CONFINEMENT_FILE "confinement"

#endif
