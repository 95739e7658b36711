#include "lang/base/lazy.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void give_up(const char *soname)
{
    const char *why = dlerror();
    fputs("iac: cannot load a library that it was installed with: ", stderr);
    fputs(why ? why : soname, stderr);
    fputs("\n", stderr);
    abort();
}

void iac_lazy_load(const char *soname, const char *const *names, void **slots, size_t n)
{
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        give_up(soname);
    for (size_t i = 0; i < n; i++) {
        slots[i] = dlsym(library, names[i]);
        if (!slots[i])
            give_up(soname);
    }
}
