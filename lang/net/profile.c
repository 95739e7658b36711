#include "lang/net/profile.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE ((size_t)1 << 20)

iac_str aws_read_file(iac_arena *arena, const char *path)
{
    FILE *f = fopen(path, "rbe");
    iac_buf text;
    char block[4096];
    iac_str copy = { NULL, 0 };

    if (!f) {
        return copy;
    }
    iac_buf_init(&text, MAX_FILE);
    for (size_t n; (n = fread(block, 1, sizeof(block), f)) > 0;) {
        iac_buf_add(&text, block, n);
    }
    if (!ferror(f) && !text.full) {
        copy = iac_arena_str(arena, iac_buf_view(&text));
    }
    explicit_bzero(block, sizeof(block));
    iac_buf_clear(&text);
    fclose(f);
    return copy;
}

static iac_str key_of(iac_arena *arena, iac_str section, iac_str key)
{
    return iac_arena_printf(arena, "%.*s\n%.*s", IAC_FMT(section), IAC_FMT(key));
}

/* "[profile x]" and, in credentials files, "[x]" are "profile x"; "[services x]" and "[sso-session x]" stay; others are
 * left out. */
static iac_str section_of(iac_arena *arena, iac_str line, bool is_config)
{
    size_t end = iac_str_find_char(line, ']', 0);
    iac_str name = iac_str_trim(iac_str_sub(line, 1, end == SIZE_MAX ? line.n : end));
    size_t blank = 0;

    while (blank < name.n && name.p[blank] != ' ' && name.p[blank] != '\t') {
        blank++;
    }
    iac_str kind = iac_str_sub(name, 0, blank), rest = iac_str_trim(iac_str_sub(name, blank, name.n));
    if (!is_config || iac_str_is(name, "default")) {
        return iac_arena_printf(arena, "profile %.*s", IAC_FMT(name));
    }
    if (rest.n > 0 && (iac_str_is(kind, "profile") || iac_str_is(kind, "services") ||
                       iac_str_is(kind, "sso-session"))) {
        return iac_arena_printf(arena, "%.*s %.*s", IAC_FMT(kind), IAC_FMT(rest));
    }
    return (iac_str){ NULL, 0 };
}

static iac_str without_comment(iac_str value)
{
    for (size_t i = 1; i < value.n; i++) {
        if ((value.p[i] == '#' || value.p[i] == ';') && (value.p[i - 1] == ' ' || value.p[i - 1] == '\t')) {
            return iac_str_trim(iac_str_sub(value, 0, i));
        }
    }
    return value;
}

void aws_profiles_parse(aws_profiles *profiles, iac_str text, bool is_config)
{
    iac_str section = { NULL, 0 }, parent = { "", 0 };

    while (text.n > 0) {
        size_t end = iac_str_find_char(text, '\n', 0);
        iac_str line = iac_str_sub(text, 0, end == SIZE_MAX ? text.n : end);
        text = iac_str_sub(text, line.n + 1, text.n);
        bool indented = line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
        line = iac_str_trim(line);
        if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';') {
            continue;
        }
        if (line.p[0] == '[') {
            section = section_of(profiles->arena, line, is_config);
            if (section.n) {
                iac_map_put(&profiles->settings, section, (void *)"");
            }
            continue;
        }
        size_t equals = iac_str_find_char(line, '=', 0);
        if (equals == SIZE_MAX || section.n == 0) {
            continue;
        }
        iac_str key = iac_str_trim(iac_str_sub(line, 0, equals));
        iac_str value = without_comment(iac_str_trim(iac_str_sub(line, equals + 1, line.n)));
        if (indented && parent.n) {
            key = iac_arena_printf(profiles->arena, "%.*s.%.*s", IAC_FMT(parent), IAC_FMT(key));
        } else {
            parent = value.n == 0 ? key : (iac_str){ "", 0 };
        }
        iac_map_put(&profiles->settings, key_of(profiles->arena, section, key),
                    iac_arena_cstr(profiles->arena, value));
    }
}

static void load_file(aws_profiles *profiles, const char *path, bool is_config)
{
    if (path[0] == '~' && path[1] == '/') {
        const char *home = getenv("HOME");
        path = iac_arena_printf(profiles->arena, "%s%s", home ? home : "", path + 1).p;
    }
    iac_str text = aws_read_file(profiles->arena, path);
    if (text.p) {
        aws_profiles_parse(profiles, text, is_config);
    }
}

static void load_files(aws_profiles *profiles, const char *const *files, size_t count, const char *variable,
                       const char *usual, bool is_config)
{
    const char *given = getenv(variable);

    for (size_t i = 0; i < count; i++) {
        load_file(profiles, files[i], is_config);
    }
    if (count == 0) {
        load_file(profiles, given && given[0] ? given : usual, is_config);
    }
}

void aws_profiles_load(aws_profiles *profiles, iac_arena *arena, const char *const *config_files, size_t config_count,
                       const char *const *credentials_files, size_t credentials_count)
{
    *profiles = (aws_profiles){ .arena = arena };
    load_files(profiles, config_files, config_count, "AWS_CONFIG_FILE", "~/.aws/config", true);
    load_files(profiles, credentials_files, credentials_count, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials",
               false);
}

/* Looks up "KIND NAME\nKEY" without leaving anything in the arena, which other threads may read. */
static const char *look_up(const aws_profiles *profiles, const char *kind, const char *name, const char *key)
{
    iac_buf text;

    iac_buf_init(&text, MAX_FILE);
    iac_buf_printf(&text, "%s %s", kind, name);
    if (key) {
        iac_buf_printf(&text, "\n%s", key);
    }
    const char *value = iac_map_get(&profiles->settings, iac_buf_view(&text));
    iac_buf_clear(&text);
    return value;
}

const char *aws_profile_get(const aws_profiles *profiles, const char *profile, const char *key)
{
    const char *value = look_up(profiles, "profile", profile, key);

    return value && value[0] ? value : NULL;
}

bool aws_profile_exists(const aws_profiles *profiles, const char *profile)
{
    return look_up(profiles, "profile", profile, NULL) != NULL;
}

const char *aws_profile_session(const aws_profiles *profiles, const char *session, const char *key)
{
    const char *value = look_up(profiles, "sso-session", session, key);

    return value && value[0] ? value : NULL;
}

const char *aws_profile_service(const aws_profiles *profiles, const char *section, const char *service, const char *key)
{
    iac_buf name;

    iac_buf_init(&name, MAX_FILE);
    iac_buf_printf(&name, "%s.%s", service, key);
    const char *value = look_up(profiles, "services", section, name.p);
    iac_buf_clear(&name);
    return value && value[0] ? value : NULL;
}
