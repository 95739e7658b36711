#include "engine/plan/plan.h"

iac_plan_counts iac_plan_count(const iac_plan *plan)
{
    iac_plan_counts counts = { 0 };
    for (size_t i = 0; i < plan->change_count; i++) {
        const iac_change *change = &plan->changes[i];
        counts.import_ += change->import_id.n > 0;
        switch (change->action) {
        case IAC_ACTION_CREATE:
            counts.add++;
            break;
        case IAC_ACTION_UPDATE:
            counts.change++;
            break;
        case IAC_ACTION_DELETE_CREATE:
        case IAC_ACTION_CREATE_DELETE:
            counts.add++;
            counts.destroy++;
            break;
        case IAC_ACTION_DELETE:
            counts.destroy++;
            break;
        case IAC_ACTION_FORGET:
            counts.forget++;
            break;
        case IAC_ACTION_NOOP:
        case IAC_ACTION_READ:
            break;
        }
    }
    return counts;
}

const char *iac_reason_name(iac_reason reason)
{
    static const char *const names[] = {
#define X(name, text) text,
        IAC_REASONS(X)
#undef X
    };
    return (size_t)reason < IAC_COUNT(names) ? names[reason] : "";
}

const char *iac_action_name(iac_action action)
{
    switch (action) {
    case IAC_ACTION_NOOP:
        return "noop";
    case IAC_ACTION_CREATE:
        return "create";
    case IAC_ACTION_READ:
        return "read";
    case IAC_ACTION_UPDATE:
        return "update";
    case IAC_ACTION_DELETE_CREATE:
    case IAC_ACTION_CREATE_DELETE:
        return "replace";
    case IAC_ACTION_DELETE:
        return "delete";
    case IAC_ACTION_FORGET:
        return "remove";
    }
    return "";
}
