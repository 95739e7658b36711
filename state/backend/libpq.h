/* state/backend/libpq.h - libpq, loaded when it is first used. Layer: state/backend. */
#ifndef IAC_BACKEND_LIBPQ_H
#define IAC_BACKEND_LIBPQ_H
#include "lang/base/lazy.h"
#include <libpq-fe.h>

#define IAC_LIBPQ_FUNCTIONS(X) \
    X(PQbackendPID) X(PQclear) X(PQconnectdbParams) X(PQconninfoFree) X(PQconninfoParse) X(PQerrorMessage) \
    X(PQexec) X(PQexecParams) X(PQfinish) X(PQfreemem) X(PQgetisnull) X(PQgetlength) X(PQgetvalue) \
    X(PQnfields) X(PQntuples) X(PQreset) X(PQresultErrorField) X(PQresultStatus) X(PQsetErrorVerbosity) \
    X(PQsetNoticeReceiver) X(PQstatus)
IAC_LAZY_TABLE(iac_libpq, IAC_LIBPQ_FUNCTIONS)

#define PQbackendPID iac_libpq()->PQbackendPID
#define PQclear iac_libpq()->PQclear
#define PQconnectdbParams iac_libpq()->PQconnectdbParams
#define PQconninfoFree iac_libpq()->PQconninfoFree
#define PQconninfoParse iac_libpq()->PQconninfoParse
#define PQerrorMessage iac_libpq()->PQerrorMessage
#define PQexec iac_libpq()->PQexec
#define PQexecParams iac_libpq()->PQexecParams
#define PQfinish iac_libpq()->PQfinish
#define PQfreemem iac_libpq()->PQfreemem
#define PQgetisnull iac_libpq()->PQgetisnull
#define PQgetlength iac_libpq()->PQgetlength
#define PQgetvalue iac_libpq()->PQgetvalue
#define PQnfields iac_libpq()->PQnfields
#define PQntuples iac_libpq()->PQntuples
#define PQreset iac_libpq()->PQreset
#define PQresultErrorField iac_libpq()->PQresultErrorField
#define PQresultStatus iac_libpq()->PQresultStatus
#define PQsetErrorVerbosity iac_libpq()->PQsetErrorVerbosity
#define PQsetNoticeReceiver iac_libpq()->PQsetNoticeReceiver
#define PQstatus iac_libpq()->PQstatus
#endif
