/* state/libsqlite3.h - SQLite, loaded when a database is first opened (lang/base/lazy.h): many commands open none.
 * Layer: state. */
#ifndef IAC_STATE_LIBSQLITE3_H
#define IAC_STATE_LIBSQLITE3_H
#include "lang/base/lazy.h"
#include <sqlite3.h>

#define IAC_LIBSQLITE3_FUNCTIONS(X) \
    X(sqlite3_bind_blob64) X(sqlite3_bind_int) X(sqlite3_bind_int64) X(sqlite3_bind_parameter_count) \
    X(sqlite3_bind_text64) X(sqlite3_busy_timeout) X(sqlite3_changes) X(sqlite3_clear_bindings) \
    X(sqlite3_close) X(sqlite3_column_blob) X(sqlite3_column_bytes) X(sqlite3_column_count) X(sqlite3_column_int) \
    X(sqlite3_column_int64) X(sqlite3_column_type) X(sqlite3_db_config) X(sqlite3_db_readonly) X(sqlite3_errmsg) \
    X(sqlite3_errstr) X(sqlite3_exec) X(sqlite3_extended_errcode) X(sqlite3_finalize) X(sqlite3_get_autocommit) \
    X(sqlite3_last_insert_rowid) X(sqlite3_open_v2) X(sqlite3_prepare_v2) X(sqlite3_prepare_v3) \
    X(sqlite3_reset) X(sqlite3_step)
IAC_LAZY_TABLE(iac_libsqlite3, IAC_LIBSQLITE3_FUNCTIONS)

#define sqlite3_bind_blob64 iac_libsqlite3()->sqlite3_bind_blob64
#define sqlite3_bind_int iac_libsqlite3()->sqlite3_bind_int
#define sqlite3_bind_int64 iac_libsqlite3()->sqlite3_bind_int64
#define sqlite3_bind_parameter_count iac_libsqlite3()->sqlite3_bind_parameter_count
#define sqlite3_bind_text64 iac_libsqlite3()->sqlite3_bind_text64
#define sqlite3_busy_timeout iac_libsqlite3()->sqlite3_busy_timeout
#define sqlite3_changes iac_libsqlite3()->sqlite3_changes
#define sqlite3_clear_bindings iac_libsqlite3()->sqlite3_clear_bindings
#define sqlite3_close iac_libsqlite3()->sqlite3_close
#define sqlite3_column_blob iac_libsqlite3()->sqlite3_column_blob
#define sqlite3_column_bytes iac_libsqlite3()->sqlite3_column_bytes
#define sqlite3_column_count iac_libsqlite3()->sqlite3_column_count
#define sqlite3_column_int iac_libsqlite3()->sqlite3_column_int
#define sqlite3_column_int64 iac_libsqlite3()->sqlite3_column_int64
#define sqlite3_column_type iac_libsqlite3()->sqlite3_column_type
#define sqlite3_db_config iac_libsqlite3()->sqlite3_db_config
#define sqlite3_db_readonly iac_libsqlite3()->sqlite3_db_readonly
#define sqlite3_errmsg iac_libsqlite3()->sqlite3_errmsg
#define sqlite3_errstr iac_libsqlite3()->sqlite3_errstr
#define sqlite3_exec iac_libsqlite3()->sqlite3_exec
#define sqlite3_extended_errcode iac_libsqlite3()->sqlite3_extended_errcode
#define sqlite3_finalize iac_libsqlite3()->sqlite3_finalize
#define sqlite3_get_autocommit iac_libsqlite3()->sqlite3_get_autocommit
#define sqlite3_last_insert_rowid iac_libsqlite3()->sqlite3_last_insert_rowid
#define sqlite3_open_v2 iac_libsqlite3()->sqlite3_open_v2
#define sqlite3_prepare_v2 iac_libsqlite3()->sqlite3_prepare_v2
#define sqlite3_prepare_v3 iac_libsqlite3()->sqlite3_prepare_v3
#define sqlite3_reset iac_libsqlite3()->sqlite3_reset
#define sqlite3_step iac_libsqlite3()->sqlite3_step
#endif
