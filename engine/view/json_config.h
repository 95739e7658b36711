/* engine/view/json_config.h - the configuration as the plan document tells of it. Layer: engine/view, inside. */
#ifndef IAC_VIEW_JSON_CONFIG_H
#define IAC_VIEW_JSON_CONFIG_H
#include "engine/view/view.h"

void iac_json_config(iac_buf *out, const iac_config *config, const iac_view_schemas *schemas, bool redact);
#endif
