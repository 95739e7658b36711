#include "state/backend/pg.h"
#include "state/store_internal.h"

#include "lang/base/crypto.h"
#include "lang/base/log.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECONNECTS = 6, LEAST_PATIENCE_MS = 10000, PATIENCE_TO_SAVE_MS = 300000, SLOW_MS = 5000 };

/* The server's words, in one line and without a full stop. */
static void add_message(iac_buf *out, const char *message)
{
    iac_str text = iac_str_trim(iac_str_of(message));
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '\n')
            iac_buf_char(out, text.p[i]);
        else if (out->n && out->p[out->n - 1] != ' ')
            iac_buf_char(out, ' ');
    }
}

static void refused(pg_backend *p, const char *summary, const char *message, iac_diags *diags)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    add_message(&text, message);
    iac_diag_error(diags, IAC_NO_RANGE, summary, "%s: %s", p->place, text.n ? text.p : "the server gave no reason");
    iac_buf_clear(&text);
}

static void ignore_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

/* The connection string comes after what we would like, and so wins; variables of the environment win too. */
static PGconn *open_connection(const pg_backend *p)
{
    const char *names[16], *values[16];
    size_t n = 0;
    if (!getenv("PGCONNECT_TIMEOUT")) {
        names[n] = "connect_timeout";
        values[n++] = "15";
    }
    const char *const wishes[][2] = {
        { "tcp_user_timeout", "30000" }, { "keepalives_idle", "15" }, { "keepalives_interval", "5" },
        { "keepalives_count", "3" }, { "fallback_application_name", "iac" },
        { "dbname", p->conn_str ? p->conn_str : "" }, { "client_encoding", "UTF8" },
    };
    for (size_t i = 0; i < IAC_COUNT(wishes); i++) {
        if (!wishes[i][1][0])
            continue;
        names[n] = wishes[i][0];
        values[n++] = wishes[i][1];
    }
    names[n] = values[n] = NULL;
    return PQconnectdbParams(names, values, 1);
}

/* The server must notice within a minute that we are gone with our machine: until then it keeps our locks. What it does
 * not know is left alone. */
static void prepare_session(PGconn *conn)
{
    static const char *const settings[] = {
        "SET tcp_keepalives_idle = 15", "SET tcp_keepalives_interval = 5", "SET tcp_keepalives_count = 3",
        "SET tcp_user_timeout = 30000",
    };
    PQsetNoticeReceiver(conn, ignore_notice, NULL);
    for (size_t i = 0; i < IAC_COUNT(settings) && PQstatus(conn) == CONNECTION_OK; i++)
        PQclear(PQexec(conn, settings[i]));
}

static bool alive(const pg_backend *p)
{
    return p->conn && PQstatus(p->conn) == CONNECTION_OK;
}

static void drop_connection(pg_backend *p)
{
    if (!p->conn)
        return;
    p->cut_session = p->session;
    PQfinish(p->conn);
    p->conn = NULL;
}

/* Whether the server has no connection left. Only a second try, with codes of errors, tells it in every language; where
 * the first took long, nobody had answered. The message is kept as it was. *conn may be connected after it. */
static bool is_full(PGconn *conn, int64_t took_ms, iac_buf *message)
{
    iac_buf_reset(message);
    iac_buf_cstr(message, PQerrorMessage(conn));
    if (took_ms > SLOW_MS)
        return false;
    PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
    PQreset(conn);
    PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
    return PQstatus(conn) != CONNECTION_OK && strstr(PQerrorMessage(conn), ":  53300: ");
}

/* One try. */
static bool try_connection(pg_backend *p, bool *ret_full, iac_buf *message)
{
    int64_t began = iac_now_ms();
    *ret_full = false;
    p->conn = open_connection(p);
    if (p->conn && !alive(p))
        *ret_full = is_full(p->conn, iac_now_ms() - began, message);
    if (alive(p)) {
        prepare_session(p->conn);
        return true;
    }
    PQfinish(p->conn);
    /* What a lock was taken with stays known: the next call tries again. */
    p->conn = NULL;
    return false;
}

/* Between a half and one second at last, so that not all come at once. */
static void pause_for_others(int64_t *pause_ms)
{
    uint32_t random = 0;
    RAND_bytes((unsigned char *)&random, sizeof(random));
    usleep((useconds_t)(*pause_ms * 500 + random % (*pause_ms * 500)));
    *pause_ms = *pause_ms < 1000 ? *pause_ms * 2 : *pause_ms;
}

iac_status pg_connect(pg_backend *p, const char *summary, iac_diags *diags)
{
    if (alive(p))
        return IAC_OK;
    bool again = p->conn != NULL; /* it worked before: a server that restarts is waited for */
    int64_t patience = again ? PATIENCE_TO_SAVE_MS : p->patience_ms > LEAST_PATIENCE_MS ? p->patience_ms : LEAST_PATIENCE_MS;
    int64_t deadline = iac_now_ms() + patience, pause = 100;
    bool full, connected;
    iac_buf message;
    drop_connection(p);
    iac_buf_init(&message, IAC_BUF_UNLIMITED);
    for (int left = again ? RECONNECTS : 1; !(connected = try_connection(p, &full, &message));) {
        if (full && iac_now_ms() < deadline) {
            iac_log(IAC_LOG_INFO, "state: %s has no connection left: waiting", p->place);
            pause_for_others(&pause);
        } else if (full || --left <= 0) {
            break;
        } else {
            usleep(100000u << (RECONNECTS - left));
        }
    }
    if (!connected && full)
        iac_buf_printf(&message, " (waited %lld seconds for a free connection; -lock-timeout makes it wait longer)",
                       (long long)(patience / 1000));
    if (!connected)
        refused(p, summary, message.n ? message.p : "out of memory", diags);
    iac_buf_clear(&message);
    if (!connected)
        return IAC_ERR;
    p->session = PQbackendPID(p->conn);
    for (size_t i = 0; i < p->held.n; i++)
        pg_regain(p, &p->held.v[i]);
    return IAC_OK;
}

static char *with_schema(const pg_backend *p, const char *sql)
{
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    for (const char *mark; (mark = strstr(sql, "{s}")); sql = mark + 3) {
        iac_buf_add(&out, sql, (size_t)(mark - sql));
        iac_buf_str(&out, p->quoted);
    }
    iac_buf_cstr(&out, sql);
    return iac_buf_detach(&out);
}

PGresult *pg_run_once(pg_backend *p, const char *sql, const char *const *parameters, int count)
{
    char *text = with_schema(p, sql);
    PGresult *result = PQexecParams(p->conn, text, count, NULL, parameters, NULL, NULL, 0);
    free(text);
    return result;
}

static bool succeeded(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

PGresult *pg_run(pg_backend *p, const char *summary, const char *sql, const char *const *parameters, int count,
                 bool *missing, iac_diags *diags)
{
    for (int left = 1;; left--) {
        if (pg_connect(p, summary, diags) != IAC_OK)
            return NULL;
        PGresult *result = pg_run_once(p, sql, parameters, count);
        if (succeeded(result))
            return result;
        if (left > 0 && !alive(p)) {
            PQclear(result);
            continue;
        }
        const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        bool no_table = code && (strcmp(code, "42P01") == 0 || strcmp(code, "3F000") == 0);
        if (missing)
            *missing = no_table;
        if (no_table && !missing)
            refused(p, summary, "the table of states does not exist", diags);
        else if (!no_table)
            refused(p, summary, PQerrorMessage(p->conn), diags);
        PQclear(result);
        return NULL;
    }
}

/* ---- transactions ---- */

PGresult *pg_step(pg_backend *p, const char *summary, const char *sql, const char *const *parameters, int count,
                  iac_diags *diags)
{
    PGresult *result = pg_run_once(p, sql, parameters, count);
    if (succeeded(result))
        return result;
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    p->retry = code && (strcmp(code, "40001") == 0 || strcmp(code, "40P01") == 0);
    refused(p, summary, PQerrorMessage(p->conn), diags);
    PQclear(result);
    return NULL;
}

static bool simple(pg_backend *p, const char *sql)
{
    PGresult *result = pg_run_once(p, sql, NULL, 0);
    bool ok = succeeded(result);
    PQclear(result);
    return ok;
}

/* What became of a transaction whose commit was sent, and whose answer was lost. */
static bool was_committed(pg_backend *p)
{
    enum { LOOKS = 100, PAUSE_US = 100000 };
    const char *parameter = p->xid;
    for (int left = LOOKS; left > 0; left--) {
        PGresult *result = pg_run_once(p, "SELECT txid_status($1::bigint)", &parameter, 1);
        bool ok = succeeded(result) && PQntuples(result) == 1;
        bool committed = ok && strcmp(PQgetvalue(result, 0, 0), "committed") == 0;
        bool open = ok && strcmp(PQgetvalue(result, 0, 0), "in progress") == 0;
        PQclear(result);
        if (!open)
            return committed;
        usleep(PAUSE_US); /* the server has not noticed yet */
    }
    return false;
}

iac_status pg_transact(pg_backend *p, const char *summary, const char *mode, pg_work work, void *arg, iac_diags *diags)
{
    for (int left = 5;; left--) {
        if (pg_connect(p, summary, diags) != IAC_OK)
            return IAC_ERR;
        iac_diags own = IAC_DIAGS_INIT;
        p->retry = false;
        p->xid[0] = '\0';
        iac_status status = simple(p, mode) ? work(p, arg, &own) : IAC_ERR;
        if (status == IAC_OK && !simple(p, "COMMIT")) {
            if (!alive(p) && p->xid[0] && pg_connect(p, summary, &own) == IAC_OK && was_committed(p)) {
                iac_diags_clear(&own);
                return IAC_OK;
            }
            if (!own.errors)
                refused(p, summary, p->conn ? PQerrorMessage(p->conn) : "the connection was cut", &own);
            status = IAC_ERR;
        } else if (status != IAC_OK && alive(p)) {
            simple(p, "ROLLBACK");
        }
        if (status != IAC_ERR || left <= 0 || (alive(p) && !p->retry)) {
            iac_diags_append(diags, &own);
            return status;
        }
        iac_diags_clear(&own);
    }
}

/* A role that may not create must not be made to try: what is there is left alone. */
iac_status pg_prepare(pg_backend *p, const char *summary, iac_diags *diags)
{
#define NO_ROWS "the tables of resource_locks do not exist, and skip_table_creation forbids making them"
    enum { ROW_TABLES = 7 };
    static const char exists[] = "SELECT to_regclass($1) IS NOT NULL";
    static const char has_columns[] = "SELECT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1) AND "
                                      "attname = 'tally' AND NOT attisdropped)";
    const struct {
        const char *name, *sql;
        bool skip, optional;
        const char *needed; /* what to say when it is not there and must not be made */
    } parts[] = {
        { NULL, "CREATE SCHEMA IF NOT EXISTS {s}", p->skip_schema, false,
          "the schema does not exist, and skip_schema_creation forbids making it" },
        { "public.global_states_id_seq", "CREATE SEQUENCE IF NOT EXISTS public.global_states_id_seq AS bigint",
          p->skip_table, false, NULL },
        { ".states", "CREATE TABLE IF NOT EXISTS {s}.states (id bigint NOT NULL DEFAULT "
                     "nextval('public.global_states_id_seq') PRIMARY KEY, name text UNIQUE, data text)",
          p->skip_table, false, "the table \"states\" does not exist, and skip_table_creation forbids making it" },
        { ".states_by_name", "CREATE UNIQUE INDEX IF NOT EXISTS states_by_name ON {s}.states (name)", p->skip_index,
          false, NULL },
        { ".iac_locks", "CREATE TABLE IF NOT EXISTS {s}.iac_locks (state bigint PRIMARY KEY, pid integer NOT NULL, "
                        "info text NOT NULL)", p->skip_table, !p->resource_locks, p->resource_locks ? NO_ROWS : NULL },
#define ROW_TABLE(table, columns) \
    { ".iac_" table, "CREATE TABLE IF NOT EXISTS {s}.iac_" table " (" columns ")", p->skip_table, false, NO_ROWS }
#define OF_WORKSPACE "workspace bigint NOT NULL REFERENCES {s}.iac_workspaces ON DELETE CASCADE, "
        ROW_TABLE("workspaces", "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, "
                                "lineage text NOT NULL DEFAULT '', serial bigint NOT NULL DEFAULT 0, "
                                "checks text NOT NULL DEFAULT '', sealing text NOT NULL DEFAULT '', "
                                "tally text NOT NULL DEFAULT ''"),
        { ".iac_workspaces", "ALTER TABLE {s}.iac_workspaces ADD COLUMN IF NOT EXISTS sealing text NOT NULL DEFAULT '', "
                             "ADD COLUMN IF NOT EXISTS tally text NOT NULL DEFAULT ''", p->skip_table, false,
          "the table \"iac_workspaces\" is one of an earlier release, and skip_table_creation forbids changing it" },
        ROW_TABLE("objects", OF_WORKSPACE "address text NOT NULL, deposed text NOT NULL, provider text NOT NULL, "
                             "type text NOT NULL, schema_version bigint NOT NULL, attributes text NOT NULL, "
                             "sensitive text NOT NULL, private text NOT NULL, tainted boolean NOT NULL, "
                             "create_before_destroy boolean NOT NULL, dependencies text NOT NULL, "
                             "PRIMARY KEY (workspace, address, deposed)"),
        ROW_TABLE("outputs", OF_WORKSPACE "name text NOT NULL, value text NOT NULL, type text NOT NULL, "
                             "sensitive boolean NOT NULL, PRIMARY KEY (workspace, name)"),
        ROW_TABLE("versions", OF_WORKSPACE "resource text NOT NULL, address text NOT NULL, version bigint NOT NULL, "
                              "PRIMARY KEY (workspace, resource, address)"),
        ROW_TABLE("journal", OF_WORKSPACE "token text NOT NULL, owner bigint NOT NULL, address text NOT NULL, "
                             "deposed text NOT NULL, provider text NOT NULL, action text NOT NULL, "
                             "begun text NOT NULL, prior text NOT NULL, planned text NOT NULL, private text NOT NULL, "
                             "PRIMARY KEY (workspace, token)"),
        ROW_TABLE("claims", OF_WORKSPACE "owner bigint NOT NULL, resource text NOT NULL, address text NOT NULL, "
                            "exclusive boolean NOT NULL, PRIMARY KEY (workspace, resource, address, owner)"),
    };
    const size_t count = p->resource_locks ? IAC_COUNT(parts) : IAC_COUNT(parts) - ROW_TABLES;
    if (pg_connect(p, summary, diags) != IAC_OK)
        return IAC_ERR;
    for (size_t i = 0; i < count && !p->prepared; i++) {
        iac_buf name;
        iac_buf_init(&name, IAC_BUF_UNLIMITED);
        if (parts[i].name)
            iac_buf_printf(&name, "%.*s%s", parts[i].name[0] == '.' ? (int)p->quoted.n : 0, p->quoted.p, parts[i].name);
        else
            iac_buf_cstr(&name, p->schema);
        const char *parameter = name.p;
        PGresult *result = pg_run(p, summary,
                                  parts[i].sql[0] == 'A' ? has_columns /* of a table that an earlier release made */
                                  : parts[i].name        ? exists
                                                         : "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)",
                                  &parameter, 1, NULL, diags);
        bool there = result && PQntuples(result) == 1 && PQgetvalue(result, 0, 0)[0] == 't';
        bool ok = result != NULL;
        PQclear(result);
        iac_buf_clear(&name);
        for (int left = 1; ok && !there && !parts[i].skip; left--) { /* two at once: the second try finds it made */
            result = pg_run_once(p, parts[i].sql, NULL, 0);
            there = succeeded(result);
            if (!there && left <= 0 && !parts[i].optional) {
                refused(p, summary, PQerrorMessage(p->conn), diags);
                ok = false;
            }
            PQclear(result);
            if (left <= 0)
                break;
        }
        if (ok && !there && parts[i].needed) {
            refused(p, summary, parts[i].needed, diags);
            ok = false;
        }
        if (!ok)
            return IAC_ERR;
        if (i == IAC_COUNT(parts) - ROW_TABLES - 1)
            p->with_info = there;
    }
    p->prepared = true;
    return IAC_OK;
}

IAC_LAZY_LOADER(iac_libpq, IAC_LIBPQ_FUNCTIONS, "libpq.so.5")
