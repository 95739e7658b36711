/* engine/event/event.h - how plan and apply tell what they are doing; views turn it into text or JSON. Layer:
 * engine/event (sees base, value, addr). Events come from worker threads, one at a time (the sender holds a lock):
 * a receiver needs no lock of its own and must be quick. */
#ifndef IAC_EVENT_EVENT_H
#define IAC_EVENT_EVENT_H
#include "lang/addr/addr.h"
#include "lang/value/value.h"

typedef enum iac_event_kind {
    IAC_EVENT_REFRESH_START,   /* ADDR: Refreshing state... [id=ID] */
    IAC_EVENT_REFRESH_DONE,
    IAC_EVENT_IMPORT_PREPARE,  /* ADDR: Preparing import... [id=ID]; while planning */
    IAC_EVENT_IMPORT_START,    /* ADDR: Importing... [id=ID] */
    IAC_EVENT_IMPORT_DONE,     /* ADDR: Import complete [id=ID] */
    IAC_EVENT_READ_START,      /* data source */
    IAC_EVENT_READ_DONE,
    IAC_EVENT_APPLY_START,     /* action says: create, update, delete */
    IAC_EVENT_APPLY_PROGRESS,  /* every ten seconds while it runs */
    IAC_EVENT_APPLY_DONE,
    IAC_EVENT_APPLY_ERRORED,
    IAC_EVENT_PROVISION_START, /* provisioner names it */
    IAC_EVENT_PROVISION_OUTPUT, /* a line, or several, in text */
    IAC_EVENT_PROVISION_DONE,
    IAC_EVENT_PROVISION_ERRORED,
    IAC_EVENT_EPHEMERAL_START,   /* action says: an iac_ephemeral_op */
    IAC_EVENT_EPHEMERAL_PROGRESS, /* every ten seconds while it goes on */
    IAC_EVENT_EPHEMERAL_DONE,
    IAC_EVENT_EPHEMERAL_ERRORED,
    IAC_EVENT_PROGRESS_TEXT,   /* the provider's own remark, in text */
    IAC_EVENT_DIAGNOSTIC,
    IAC_EVENT_STOPPING,        /* the user asked to stop */
    IAC_EVENT_IDLE,            /* time has passed: what a receiver holds back is due */
} iac_event_kind;

typedef enum iac_ephemeral_op {
    IAC_EPHEMERAL_DEFER, /* put off, because of something unknown */
    IAC_EPHEMERAL_OPEN,
    IAC_EPHEMERAL_RENEW,
    IAC_EPHEMERAL_CLOSE,
} iac_ephemeral_op;

typedef struct iac_event {
    iac_event_kind kind;
    const iac_addr *addr;
    iac_str deposed;
    int action;         /* iac_action, or iac_ephemeral_op */
    iac_str id_key, id_value; /* the object's identifying attribute, unless sensitive: "id", "vpc-1" */
    double elapsed_seconds;
    iac_str provisioner; /* PROVISION_*: local-exec ... */
    iac_str text;
} iac_event;

typedef struct iac_event_sink {
    void (*event)(void *user, const iac_event *event);
    void *user;
} iac_event_sink;
#endif
