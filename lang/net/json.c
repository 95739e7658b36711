#include "lang/net/json.h"
#include <stdio.h>

void k8s_number_text(double number, char *buffer, size_t size)
{
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(buffer, size, "%.*g", precision, number);
        if (strtod(buffer, NULL) == number) {
            return;
        }
    }
}

json_t *k8s_json_parse(const char *text, size_t n)
{
    /* jansson bounds the depth itself (2048); whoever walks such trees recurses with small frames. */
    return json_loadb(text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}
