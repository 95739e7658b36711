/* engine/view/json_checks.h - results of conditions in the documents of plans and states. Layer: engine/view, inside. */
#ifndef IAC_VIEW_JSON_CHECKS_H
#define IAC_VIEW_JSON_CHECKS_H
#include "engine/view/view.h"

/* The member "checks", left out when there are none. */
void iac_json_checks(iac_buf *out, bool *first, const iac_check_result *checks, size_t n, bool redact);
#endif
