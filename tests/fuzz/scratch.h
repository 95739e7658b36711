/* tests/fuzz/scratch.h - files for targets of which the interface takes a path. In memory where the system has it. */
#ifndef IAC_FUZZ_SCRATCH_H
#define IAC_FUZZ_SCRATCH_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Makes a file with that ending of the name, unlike those of other processes, and returns its path. The caller removes
 * it. */
static inline const char *fuzz_scratch(const char *ending, const void *head, size_t head_size, const uint8_t *data,
                                       size_t size)
{
    static char path[128];
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, sizeof(path), "%s/iac-fuzz-%d%s", folder, (int)getpid(), ending);
    FILE *file = fopen(path, "wb");
    if (!file)
        abort();
    fwrite(head, 1, head_size, file);
    fwrite(data, 1, size, file);
    if (fclose(file) != 0)
        abort();
    return path;
}
#endif
