#include "state/backend/drivers.h"
#include "state/mirror_internal.h"
#include "lang/value/json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The local backend: the database of the data directory, or, where a path is given, a state file as Terraform keeps it.
 *
 * A state file is locked as Terraform does it: a record lock on the file itself, and .NAME.lock.info beside it, which
 * tells people who has it. The file is therefore written in place: a new file under the old name would not be the one
 * that others wait for. Before that, .NAME.writing has what is about to be written, and the digest of what was there:
 * after a death in the middle it is told from a file that somebody else wrote since, and the writing is finished. */

#define MAX_STATE ((size_t)1 << 31)

typedef struct session { /* of a workspace */
    char *workspace;
    int fd; /* locked; -1: not */
    bool created, backed_up, written;
    struct session *next;
} session;

typedef struct local {
    char *data_dir;
    char *path, *workspace_dir, *state_out, *backup, *backup_suffix;
    pthread_mutex_t mutex; /* guards the rest */
    session *sessions;
} local;

static const iac_backend_argument arguments[] = {
    { .name = "path", .type = "\"string\"" },
    { .name = "workspace_dir", .type = "\"string\"" },
    { .name = "state_out", .type = "\"string\"", .hidden = true },
    { .name = "backup", .type = "\"string\"", .hidden = true },
    { .name = "backup_suffix", .type = "\"string\"", .hidden = true },
    { .name = NULL },
};

static char *own(const char *text)
{
    return text ? iac_xstrdup(text) : NULL;
}

static iac_status configure(const iac_backend_setup *setup, void **ret_self, iac_diags *diags)
{
    (void)diags;
    iac_arena *arena = iac_arena_new();
    local *l = iac_xcalloc(1, sizeof(*l));
    pthread_mutex_init(&l->mutex, NULL);
    l->data_dir = iac_xstrdup(setup->data_dir);
    l->path = own(iac_backend_text(arena, setup->config, "path"));
    l->workspace_dir = own(iac_backend_text(arena, setup->config, "workspace_dir"));
    l->state_out = own(iac_backend_text(arena, setup->config, "state_out"));
    l->backup = own(iac_backend_text(arena, setup->config, "backup"));
    l->backup_suffix = own(iac_backend_text(arena, setup->config, "backup_suffix"));
    if (!l->path && (l->workspace_dir || l->state_out))
        l->path = iac_xstrdup("terraform.tfstate");
    iac_arena_free(arena);
    *ret_self = l;
    return IAC_OK;
}

static void free_local(void *self)
{
    local *l = self;
    while (l->sessions) {
        session *s = l->sessions;
        l->sessions = s->next;
        if (s->fd >= 0)
            close(s->fd);
        free(s->workspace);
        free(s);
    }
    pthread_mutex_destroy(&l->mutex);
    free(l->data_dir);
    free(l->path);
    free(l->workspace_dir);
    free(l->state_out);
    free(l->backup);
    free(l->backup_suffix);
    free(l);
}

static void describe(void *self, iac_buf *out)
{
    local *l = self;
    iac_buf_cstr(out, l->path ? l->path : l->data_dir);
    if (l->state_out)
        iac_buf_printf(out, " -> %s", l->state_out);
}

/* ---- paths ---- */

static const char *workspace_dir(const local *l)
{
    return l->workspace_dir ? l->workspace_dir : "terraform.tfstate.d";
}

/* The file that a workspace is read from, or written to. To be freed. */
static char *file_of(const local *l, const char *workspace, bool out)
{
    iac_buf path;
    iac_buf_init(&path, IAC_BUF_UNLIMITED);
    if (out && l->state_out)
        iac_buf_cstr(&path, l->state_out);
    else if (strcmp(workspace, "default") == 0)
        iac_buf_cstr(&path, l->path);
    else
        iac_buf_printf(&path, "%s/%s/terraform.tfstate", workspace_dir(l), workspace);
    return iac_buf_detach(&path);
}

/* ".NAME.what" beside the file. To be freed. */
static char *companion(const char *path, const char *what)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_printf(&text, "%.*s.%s.%s", (int)(name - path), path, name, what);
    return iac_buf_detach(&text);
}

static char *lock_info_file(const char *path)
{
    return companion(path, "lock.info");
}

static void make_folders(const char *path)
{
    char *copy = iac_xstrdup(path);
    for (char *p = copy + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        mkdir(copy, 0777); /* what is missing in the end is told by opening the file */
        *p = '/';
    }
    free(copy);
}

static iac_status fail(const char *doing, const char *path, int error, iac_diags *diags)
{
    iac_diag_error(diags, IAC_NO_RANGE, doing, "The state file %s: %s.", path, strerror(error));
    return IAC_ERR;
}

static session *session_of(local *l, const char *workspace)
{
    pthread_mutex_lock(&l->mutex);
    session *s = l->sessions;
    while (s && strcmp(s->workspace, workspace) != 0)
        s = s->next;
    if (!s) {
        s = iac_xcalloc(1, sizeof(*s));
        s->workspace = iac_xstrdup(workspace);
        s->fd = -1;
        s->next = l->sessions;
        l->sessions = s;
    }
    pthread_mutex_unlock(&l->mutex);
    return s;
}

/* ---- snapshots ---- */

/* The whole file. 0 or errno; a file that is not there is empty. */
static int read_fd(int fd, iac_buf *out)
{
    char block[65536];
    off_t at = 0;
    for (;;) {
        ssize_t n = pread(fd, block, sizeof(block), at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return out->full ? EFBIG : 0;
        iac_buf_add(out, block, (size_t)n);
        at += n;
    }
}

static int read_path(const char *path, iac_buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : errno;
    int failed = read_fd(fd, out);
    close(fd);
    return failed;
}

/* ---- writing that died in the middle ---- */

static bool is_json(iac_str text)
{
    iac_arena *arena = iac_arena_new();
    iac_str error;
    size_t offset;
    bool is = iac_value_from_json(arena, text, &error, &offset) != NULL;
    iac_arena_free(arena);
    return is;
}

/* What was about to be written when a run died, if that left the file neither as it was nor as it was to be. True: `out`
 * is that now. */
static bool finish_reading(const char *path, iac_buf *out)
{
    char *name = companion(path, "writing"), now[65], want[65];
    iac_buf text;
    iac_buf_init(&text, MAX_STATE);
    int failed = read_path(name, &text);
    free(name);
    size_t line = failed ? SIZE_MAX : iac_str_find_char(iac_buf_view(&text), '\n', 0);
    bool torn = false;
    if (line != SIZE_MAX) {
        iac_str before = iac_str_sub(iac_buf_view(&text), 0, line);
        iac_str json = iac_str_sub(iac_buf_view(&text), line + 1, text.n);
        iac_mirror_digest(iac_buf_view(out), now);
        iac_mirror_digest(json, want);
        torn = !iac_str_is(before, now) && strcmp(want, now) != 0 && !is_json(iac_buf_view(out));
        if (torn) {
            iac_buf_reset(out);
            iac_buf_str(out, json);
        }
    }
    iac_buf_clear(&text);
    return torn;
}

static int read_whole(const char *path, iac_buf *out)
{
    int failed = read_path(path, out);
    if (!failed)
        finish_reading(path, out);
    return failed;
}

static int read_out(const session *s, const char *path, iac_buf *out)
{
    if (s->fd < 0)
        return read_whole(path, out);
    int failed = read_fd(s->fd, out);
    if (!failed)
        finish_reading(path, out);
    return failed;
}

static iac_status read_state(void *self, const char *workspace, iac_arena *arena, iac_snapshot *ret, iac_diags *diags)
{
    local *l = self;
    session *s = session_of(l, workspace);
    char *in = file_of(l, workspace, false), *out = file_of(l, workspace, true), digest[65];
    iac_buf bytes;
    iac_buf_init(&bytes, MAX_STATE);
    const char *path = out;
    int failed = read_out(s, out, &bytes);
    iac_mirror_digest(iac_buf_view(&bytes), digest);
    ret->version = iac_arena_str(arena, iac_str_of(digest));
    if (!failed && strcmp(in, out) != 0 && !s->written) { /* -state-out: what was there before does not count */
        iac_buf_reset(&bytes);
        failed = read_whole(path = in, &bytes);
    }
    ret->json = iac_arena_str(arena, iac_buf_view(&bytes));
    iac_status status = failed ? fail("Failed to load state", path, failed, diags) : IAC_OK;
    iac_buf_clear(&bytes);
    free(in);
    free(out);
    return status;
}

/* The state as it was before the first change, as Terraform keeps it. */
static int back_up(local *l, session *s, const char *path, iac_str before)
{
    bool wanted = !s->backed_up && before.n && !(l->backup && strcmp(l->backup, "-") == 0);
    s->backed_up = true;
    if (!wanted)
        return 0;
    iac_buf name;
    iac_buf_init(&name, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&name, l->backup ? l->backup : path);
    if (!l->backup)
        iac_buf_cstr(&name, l->backup_suffix ? l->backup_suffix : ".backup");
    int failed = iac_write_file(name.p, before, 0666);
    iac_buf_clear(&name);
    return failed;
}

static int write_fd(int fd, iac_str bytes)
{
    off_t at = 0;
    while ((size_t)at < bytes.n) {
        ssize_t n = pwrite(fd, bytes.p + at, bytes.n - (size_t)at, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        at += n;
    }
    return ftruncate(fd, at) != 0 || fsync(fd) != 0 ? errno : 0;
}

/* before: the digest of what the file has. */
static int announce(const char *path, const char *before, iac_str json)
{
    char *name = companion(path, "writing");
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_printf(&text, "%s\n", before);
    iac_buf_str(&text, json);
    int failed = iac_write_file(name, iac_buf_view(&text), 0600);
    iac_buf_clear(&text);
    free(name);
    return failed;
}

static void retract(const char *path)
{
    char *name = companion(path, "writing");
    unlink(name); /* one that stays says what the file has, and nothing comes of it */
    free(name);
}

static int write_out(const session *s, const char *path, const char *before, iac_str json)
{
    int fd = s->fd >= 0 ? s->fd : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return errno;
    int failed = announce(path, before, json);
    if (!failed)
        failed = write_fd(fd, json);
    if (!failed)
        retract(path);
    if (s->fd < 0)
        close(fd);
    return failed;
}

/* With the lock: the file is made what it was to be. */
static int finish_writing(int fd, const char *path)
{
    iac_buf bytes;
    iac_buf_init(&bytes, MAX_STATE);
    int failed = read_fd(fd, &bytes);
    if (!failed && finish_reading(path, &bytes))
        failed = write_fd(fd, iac_buf_view(&bytes));
    if (!failed)
        retract(path);
    iac_buf_clear(&bytes);
    return failed;
}

static iac_status write_state(void *self, const char *workspace, iac_str json, iac_str over, iac_str lock_id,
                              iac_arena *arena, iac_str *ret_version, iac_diags *diags)
{
    (void)lock_id;
    local *l = self;
    session *s = session_of(l, workspace);
    char *path = file_of(l, workspace, true), digest[65];
    iac_buf before;
    iac_buf_init(&before, MAX_STATE);
    make_folders(path);
    int failed = read_out(s, path, &before);
    iac_mirror_digest(iac_buf_view(&before), digest);
    iac_status status = !failed && !iac_str_is(over, digest) ? IAC_BUSY : IAC_OK;
    if (!failed && status == IAC_OK)
        failed = back_up(l, s, path, iac_buf_view(&before));
    if (!failed && status == IAC_OK)
        failed = write_out(s, path, digest, json);
    if (failed)
        status = fail("Failed to save state", path, failed, diags);
    if (status == IAC_OK) {
        s->written = true;
        iac_mirror_digest(json, digest);
        *ret_version = iac_arena_str(arena, iac_str_of(digest));
    }
    iac_buf_clear(&before);
    free(path);
    return status;
}

/* ---- locks ---- */

static iac_status read_lock_info(const char *path, iac_arena *arena, iac_lock_info *ret)
{
    char *name = lock_info_file(path);
    iac_buf text;
    iac_buf_init(&text, 65536);
    int failed = read_path(name, &text);
    bool known = !failed && text.n && iac_lock_info_read(arena, iac_buf_view(&text), ret);
    if (!known)
        *ret = (iac_lock_info){ .path = iac_arena_str(arena, iac_str_of(path)), .idle_seconds = -1 };
    iac_buf_clear(&text);
    free(name);
    return known ? IAC_OK : IAC_NOT_FOUND;
}

static iac_status take_lock(void *self, const char *workspace, const iac_lock_info *mine, const iac_lock_info *over,
                            iac_arena *arena, iac_lock_info *ret_holder, iac_diags *diags)
{
    (void)over;
    local *l = self;
    session *s = session_of(l, workspace);
    char *path = file_of(l, workspace, true);
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    iac_status status = IAC_OK;
    int failed = 0;
    make_folders(path);
    bool created = access(path, F_OK) != 0;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        status = fail("Error acquiring the state lock", path, errno, diags);
    } else if (fcntl(fd, F_OFD_SETLK, &whole) != 0) {
        close(fd);
        read_lock_info(path, arena, ret_holder);
        status = IAC_BUSY;
    } else if ((failed = finish_writing(fd, path)) != 0) {
        close(fd);
        status = fail("Error acquiring the state lock", path, failed, diags);
    } else {
        s->fd = fd;
        s->created = created;
        iac_buf text;
        char *name = lock_info_file(path);
        iac_buf_init(&text, IAC_BUF_UNLIMITED);
        iac_lock_info own_info = *mine;
        own_info.path = iac_str_of(path);
        iac_lock_info_write(&text, &own_info);
        iac_write_file(name, iac_buf_view(&text), 0600); /* only for people to read */
        iac_buf_clear(&text);
        free(name);
    }
    free(path);
    return status;
}

static iac_status give_back(void *self, const char *workspace, iac_str id, iac_arena *arena, iac_lock_info *ret_holder,
                            iac_diags *diags)
{
    local *l = self;
    session *s = session_of(l, workspace);
    char *path = file_of(l, workspace, true);
    iac_status status = read_lock_info(path, arena, ret_holder);
    if (s->fd < 0) {
        if (status == IAC_OK && !iac_str_eq(ret_holder->id, id)) {
            status = IAC_BUSY;
        } else if (status == IAC_OK) {
            iac_diag_error(diags, IAC_NO_RANGE, "Local state cannot be unlocked by another process", "%s", "");
            status = IAC_ERR;
        }
        free(path);
        return status;
    }
    char *name = lock_info_file(path);
    struct stat info;
    unlink(name);
    if (s->created && fstat(s->fd, &info) == 0 && info.st_size == 0)
        unlink(path);
    close(s->fd);
    s->fd = -1;
    free(name);
    free(path);
    return IAC_OK;
}

static iac_status lock_info(void *self, const char *workspace, iac_arena *arena, iac_lock_info *ret, iac_diags *diags)
{
    (void)diags;
    local *l = self;
    char *path = file_of(l, workspace, true);
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool held = fd >= 0 && fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    if (held)
        read_lock_info(path, arena, ret);
    if (fd >= 0)
        close(fd);
    free(path);
    return held ? IAC_OK : IAC_NOT_FOUND;
}

/* ---- workspaces ---- */

static int name_cmp(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static iac_status workspaces(void *self, iac_arena *arena, iac_str **ret, size_t *ret_count, iac_diags *diags)
{
    local *l = self;
    if (!l->path)
        return iac_store_workspaces(l->data_dir, arena, ret, ret_count, diags);
    IAC_VEC(iac_str) names = { 0 };
    iac_vec_push(&names, IAC_STR("default"));
    DIR *dir = opendir(workspace_dir(l));
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "default") != 0)
            iac_vec_push(&names, iac_arena_str(arena, iac_str_of(entry->d_name)));
    }
    if (dir)
        closedir(dir);
    qsort(names.v, names.n, sizeof(*names.v), name_cmp);
    *ret = iac_arena_array(arena, iac_str, names.n);
    memcpy(*ret, names.v, names.n * sizeof(*names.v));
    *ret_count = names.n;
    iac_vec_clear(&names);
    return IAC_OK;
}

static iac_status delete_workspace(void *self, const char *workspace, iac_diags *diags)
{
    local *l = self;
    if (!l->path)
        return iac_store_delete_workspace(l->data_dir, workspace, diags);
    char *path = file_of(l, workspace, false), *slash = strrchr(path, '/');
    iac_buf backup;
    iac_buf_init(&backup, IAC_BUF_UNLIMITED);
    iac_buf_printf(&backup, "%s.backup", path);
    int failed = unlink(path) != 0 && errno != ENOENT ? errno : 0;
    unlink(backup.p);
    if (!failed && slash) {
        *slash = '\0';
        rmdir(path);
        *slash = '/';
    }
    iac_status status = failed ? fail("Failed to delete the workspace", path, failed, diags) : IAC_OK;
    iac_buf_clear(&backup);
    free(path);
    return status;
}

static iac_status open_store(void *self, const char *workspace, bool create, iac_store **ret, iac_diags *diags)
{
    local *l = self;
    return l->path ? IAC_NOT_FOUND : iac_store_open(l->data_dir, workspace, create, ret, diags);
}

const iac_backend_driver iac_backend_local = {
    .name = "local",
    .arguments = arguments,
    .configure = configure,
    .free = free_local,
    .describe = describe,
    .workspaces = workspaces,
    .delete_workspace = delete_workspace,
    .open_store = open_store,
    .read = read_state,
    .write = write_state,
    .lock = take_lock,
    .unlock = give_back,
    .lock_info = lock_info,
};
