/* Prints how fast configuration files are formatted: format FILE... [repetitions in BENCH_RUNS]. */
#include "lang/syntax/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool bench_file(const char *path, int runs)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    iac_buf text, out;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    char chunk[1 << 16];
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), file)) > 0;)
        iac_buf_add(&text, chunk, n);
    fclose(file);

    double best = 1e9;
    bool ok = true;
    iac_arena *arena = iac_arena_new();
    const iac_source *source = iac_source_new(arena, iac_str_of(path), iac_buf_view(&text));
    for (int i = 0; i < runs; i++) {
        iac_diags diags = IAC_DIAGS_INIT;
        iac_buf_reset(&out);
        double start = seconds();
        ok = iac_format_source(source, &out, &diags) == IAC_OK && ok;
        double taken = seconds() - start;
        best = taken < best ? taken : best;
        iac_diags_clear(&diags);
    }
    printf("%-40s %8.2f MB %8.1f MB/s%s\n", path, (double)text.n / 1e6, (double)text.n / best / 1e6,
           ok ? "" : ", with errors");
    iac_arena_free(arena);
    iac_buf_clear(&text);
    iac_buf_clear(&out);
    return true;
}

int main(int argc, char **argv)
{
    const char *wanted = getenv("BENCH_RUNS");
    int runs = wanted ? (int)strtol(wanted, NULL, 10) : 5;
    for (int i = 1; i < argc; i++) {
        if (!bench_file(argv[i], runs > 0 ? runs : 1)) {
            fprintf(stderr, "%s: cannot be read\n", argv[i]);
            return 1;
        }
    }
    return 0;
}
