/* One cleanup idiom: a local that owns something says who releases it where it is declared. */
#ifndef HUFU_BASE_CLEANUP_H
#define HUFU_BASE_CLEANUP_H

/* `HUFU_AUTO(hufu_buf_done) struct hufu_buf b;` calls hufu_buf_done(&b) when b goes out of scope.
 */
#define HUFU_AUTO(function) __attribute__((cleanup(function)))

/* Makes `free_function##_auto` for a pointer type whose free function takes the pointer itself. */
#define HUFU_DEFINE_AUTO(type, free_function)                                                      \
    static inline void free_function##_auto(type *pointer)                                         \
    {                                                                                              \
        if (*pointer)                                                                              \
            free_function(*pointer);                                                               \
    }

/* Hands over what a HUFU_AUTO local owns: the value of `pointer`, which becomes NULL. */
#define HUFU_TAKE(pointer)                                                                         \
    __extension__({                                                                                \
        __typeof__(pointer) taken_ = (pointer);                                                    \
        (pointer) = NULL;                                                                          \
        taken_;                                                                                    \
    })

/* The only macro that leaves a function: returns the status of `call` unless it is HUFU_OK. */
#define HUFU_TRY(call)                                                                             \
    do {                                                                                           \
        enum hufu_status try_ = (call);                                                            \
        if (try_ != HUFU_OK)                                                                       \
            return try_;                                                                           \
    } while (0)

/* Releases a text or block from malloc; used as HUFU_AUTO(hufu_free). */
void hufu_free(void *pointer_to_pointer);

/* Closes a descriptor that is not negative; used as HUFU_AUTO(hufu_close). */
void hufu_close(int *fd);

#endif
