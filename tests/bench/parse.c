/* Prints how fast configuration files are parsed: parse FILE... [repetitions in BENCH_RUNS]. */
#include "lang/syntax/parser.h"

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
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    char chunk[1 << 16];
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), file)) > 0;)
        iac_buf_add(&text, chunk, n);
    fclose(file);

    double best = 1e9;
    size_t used = 0, errors = 0;
    for (int i = 0; i < runs; i++) {
        iac_arena *arena = iac_arena_new();
        iac_diags diags = IAC_DIAGS_INIT;
        double start = seconds();
        iac_parse_file(arena, iac_source_new(arena, iac_str_of(path), iac_buf_view(&text)), &diags);
        double taken = seconds() - start;
        best = taken < best ? taken : best;
        used = iac_arena_used(arena);
        errors = diags.errors;
        iac_diags_clear(&diags);
        iac_arena_free(arena);
    }
    printf("%-40s %8.2f MB %8.1f MB/s, tree %4.1f times the text, %zu errors\n", path, (double)text.n / 1e6,
           (double)text.n / best / 1e6, (double)used / (double)(text.n ? text.n : 1), errors);
    iac_buf_clear(&text);
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
