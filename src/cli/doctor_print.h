/* What `hufu doctor` says of a diagnosis. */
#ifndef HUFU_CLI_DOCTOR_PRINT_H
#define HUFU_CLI_DOCTOR_PRINT_H

#include "doctor/doctor.h"

/* The first line says what a person has to read: all is well, or what is wrong and the one next
 * step. With `all`, every check follows, else those that found something. */
void hufu_doctor_print_text(struct hufu_buf *buf, const struct hufu_diagnosis *diagnosis, bool all,
                            enum hufu_language language);

/* What was mended, in its order. */
struct hufu_doctor_fixed {
    size_t count;
    enum hufu_fix fixes[HUFU_FIX_COUNT];
    bool done[HUFU_FIX_COUNT];
};

/* `fixed` NULL when nothing was to be mended. */
void hufu_doctor_print_json(struct hufu_buf *buf, const struct hufu_diagnosis *diagnosis,
                            const struct hufu_doctor_fixed *fixed);

/* For somebody else to read, in English: without names of users, folders of the home, websites and
 * long numbers of readers. */
void hufu_doctor_print_report(struct hufu_buf *buf, const struct hufu_diagnosis *diagnosis);

#endif
