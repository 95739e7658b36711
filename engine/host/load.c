/* Finds a provider's shared object, and loads it once it looks like one. */
#include "engine/host/host_internal.h"

#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_PREFIX "iac-provider-"
#define FILE_SUFFIX ".so"

#if defined(__x86_64__)
#define NATIVE_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define NATIVE_MACHINE EM_AARCH64
#endif

static const char failed[] = "Failed to load provider";

/* ---- whether the file is whole ---- */

/* dlopen maps a file as its headers say and faults on pages that a shorter file does not have; so what the headers
 * promise is compared with the file's size first. NULL when all is well, else what is wrong. */
static const char *check_elf(int fd, uint64_t size)
{
    Elf64_Ehdr header;
    Elf64_Phdr segment;

    if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return "It is not a shared object.";
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_DYN)
        return "It is not a 64-bit shared object.";
#ifdef NATIVE_MACHINE
    if (header.e_machine != NATIVE_MACHINE)
        return "It was built for another kind of machine.";
#endif
    uint64_t sections_end = header.e_shoff + (uint64_t)header.e_shnum * header.e_shentsize;
    if (header.e_shoff > size || sections_end > size || header.e_phentsize != sizeof(segment))
        return "The file is damaged: it is shorter than its header says.";
    for (uint64_t i = 0; i < header.e_phnum; i++) {
        off_t at = (off_t)(header.e_phoff + i * sizeof(segment));
        if (pread(fd, &segment, sizeof(segment), at) != (ssize_t)sizeof(segment) || segment.p_offset > size ||
            (segment.p_type != PT_NULL && segment.p_filesz > size - segment.p_offset))
            return "The file is damaged: it is shorter than its header says.";
    }
    return NULL;
}

static const char *check_file(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return strerror(errno);
    const char *wrong = NULL;
    if (fstat(fd, &st) != 0)
        wrong = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        wrong = "It is not a file.";
    else
        wrong = check_elf(fd, (uint64_t)st.st_size);
    close(fd);
    return wrong;
}

/* ---- finding ---- */

static bool is_provider_name(iac_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    return name.n > 0 && name.n < 128;
}

/* Names of the providers that lie in the searched directories. */
static iac_str *available(const iac_host *host, iac_arena *arena, size_t *ret_count)
{
    IAC_VEC(iac_str) names = { 0 };
    for (size_t i = 0; i < host->dir_count; i++) {
        DIR *dir = opendir(host->dirs[i]);
        struct dirent *entry;
        while (dir && (entry = readdir(dir))) {
            iac_str file = iac_str_of(entry->d_name);
            if (iac_str_starts(file, IAC_STR(FILE_PREFIX)) && iac_str_ends(file, IAC_STR(FILE_SUFFIX)) &&
                file.n > sizeof(FILE_PREFIX FILE_SUFFIX) - 1) {
                iac_str name = iac_str_sub(file, sizeof(FILE_PREFIX) - 1, file.n - (sizeof(FILE_SUFFIX) - 1));
                iac_vec_push(&names, iac_arena_str(arena, name));
            }
        }
        if (dir)
            closedir(dir);
    }
    iac_str *copy = iac_arena_array(arena, iac_str, names.n);
    if (names.n)
        memcpy(copy, names.v, names.n * sizeof(*copy));
    *ret_count = names.n;
    iac_vec_clear(&names);
    return copy;
}

static iac_status not_found(const iac_host *host, iac_str name, iac_range subject, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    iac_buf dirs;
    size_t count;

    iac_buf_init(&dirs, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < host->dir_count; i++)
        iac_buf_printf(&dirs, "\n  - %s", host->dirs[i]);
    const iac_str *names = available(host, arena, &count);
    iac_str nearest = iac_str_nearest(name, names, count);
    iac_str hint = { "", 0 };
    if (nearest.n)
        hint = iac_arena_printf(arena, "\n\nDid you mean \"%.*s\"?", IAC_FMT(nearest));
    if (host->dir_count)
        iac_diag_error(diags, subject, failed,
                       "The provider \"%.*s\" was not found: there is no file %s%.*s%s in any of the directories that "
                       "were searched:%s%.*s",
                       IAC_FMT(name), FILE_PREFIX, IAC_FMT(name), FILE_SUFFIX, dirs.p, IAC_FMT(hint));
    else
        iac_diag_error(diags, subject, failed,
                       "The provider \"%.*s\" was not found: no directory was given to look for it in.", IAC_FMT(name));
    iac_buf_clear(&dirs);
    iac_arena_free(arena);
    return IAC_NOT_FOUND;
}

/* ---- loading ---- */

static iac_status broken(iac_str name, const char *path, iac_range subject, iac_diags *diags, const char *why)
{
    iac_diag_error(diags, subject, failed, "The provider \"%.*s\" cannot be loaded from %s.\n\n%s", IAC_FMT(name), path,
                   why);
    return IAC_ERR;
}

static iac_status check_magic(void *library, iac_str name, const char *path, iac_range subject, iac_diags *diags)
{
    iacp_magic_fn fn;
    *(void **)&fn = dlsym(library, "iac_provider_magic");
    if (!fn)
        return broken(name, path, subject, diags,
                      "It is not a provider of iac: it does not have the function iac_provider_magic.");
    const iacp_magic *magic = fn();
    if (!magic || magic->size < sizeof(iacp_magic) ||
        strncmp(magic->tag, IACP_MAGIC_TAG, sizeof(magic->tag)) != 0 || magic->pointer_size != sizeof(void *))
        return broken(name, path, subject, diags, "It is not a provider of iac: its magic block is not right.");
    if (magic->abi_major != IACP_ABI_MAJOR) {
        iac_diag_error(diags, subject, "Incompatible provider version",
                       "The provider \"%.*s\" in %s was built for version %u of the provider interface, and this is "
                       "version %u.\n\nUse a version of the provider that was built for this version of iac, or %s.",
                       IAC_FMT(name), path, magic->abi_major, IACP_ABI_MAJOR,
                       magic->abi_major > IACP_ABI_MAJOR ? "a newer version of iac" : "an older version of iac");
        return IAC_ERR;
    }
    return IAC_OK;
}

static iac_status load(iac_str name, const char *path, iac_range subject, const iacp_provider **ret, iac_diags *diags)
{
    const char *wrong = check_file(path);
    if (wrong)
        return broken(name, path, subject, diags, wrong);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return broken(name, path, subject, diags, dlerror());
    iac_status status = check_magic(library, name, path, subject, diags);
    if (status != IAC_OK) {
        dlclose(library);
        return status;
    }
    iacp_entry_fn entry;
    *(void **)&entry = dlsym(library, "iac_provider_entry");
    if (!entry) {
        dlclose(library);
        return broken(name, path, subject, diags, "It does not have the function iac_provider_entry.");
    }
    const iacp_provider *table = entry(&iac_host_table);
    if (!table)
        return broken(name, path, subject, diags, "It gave no table of functions.");
    *ret = table; /* and the library stays loaded as long as the process */
    return IAC_OK;
}

iac_status iac_load_file(iac_host *host, iac_str name, iac_range subject, const iacp_provider **ret_table,
                         iac_str *ret_file, iac_diags *diags)
{
    if (!is_provider_name(name)) {
        iac_diag_error(diags, subject, failed, "\"%.*s\" cannot be the name of a provider.", IAC_FMT(name));
        return IAC_ERR;
    }
    for (size_t i = 0; i < host->dir_count; i++) {
        iac_str path = iac_arena_printf(host->arena, "%s/" FILE_PREFIX "%.*s" FILE_SUFFIX, host->dirs[i],
                                        IAC_FMT(name));
        if (access(path.p, F_OK) != 0)
            continue;
        iac_status status = load(name, path.p, subject, ret_table, diags);
        if (status == IAC_OK)
            *ret_file = path;
        return status;
    }
    return not_found(host, name, subject, diags);
}
