/* lang/base/lazy.h - libraries that few runs need, loaded when one of their functions is called for the first time: each
 * brings dozens of others along, and to load them all would cost every run more than all the rest of its start.
 * Layer: base. Thread-safe. */
#ifndef IAC_BASE_LAZY_H
#define IAC_BASE_LAZY_H
#include "lang/base/base.h"
#include <pthread.h>
#include <string.h>

/* Loads the library by its soname and fills `slots` with the functions of the names, n of each. Ends the
 * process with a line on standard error, as the system's loader would, when the installation lacks the library. */
void iac_lazy_load(const char *soname, const char *const *names, void **slots, size_t n);

/* A header for a library includes the library's own, lists the functions as X(name), and then
 *     IAC_LAZY_TABLE(net_curl, NET_CURL_FUNCTIONS)     declares the table and net_curl(), which loads it
 *     #define curl_easy_init net_curl()->curl_easy_init    and so on, so that calls are written as ever
 * and one source file says IAC_LAZY_LOADER(net_curl, NET_CURL_FUNCTIONS, "libcurl.so.4"). */
#define IAC_LAZY_MEMBER(name) __typeof__(name) *name;
#define IAC_LAZY_NAME(name) #name,
#define IAC_LAZY_TABLE(table, FUNCTIONS) \
    typedef struct table##_table { FUNCTIONS(IAC_LAZY_MEMBER) } table##_table; \
    const table##_table *table(void);
#define IAC_LAZY_LOADER(table, FUNCTIONS, soname) \
    static table##_table table##_loaded; \
    static void table##_load(void) \
    { \
        static const char *const names[] = { FUNCTIONS(IAC_LAZY_NAME) }; \
        void *slots[IAC_COUNT(names)]; \
        iac_lazy_load(soname, names, slots, IAC_COUNT(names)); \
        _Static_assert(sizeof(slots) == sizeof(table##_loaded), "functions are pointers"); \
        memcpy(&table##_loaded, slots, sizeof(slots)); \
    } \
    const table##_table *table(void) \
    { \
        static pthread_once_t once = PTHREAD_ONCE_INIT; \
        pthread_once(&once, table##_load); \
        return &table##_loaded; \
    }
#endif
