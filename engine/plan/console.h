/* engine/plan/console.h - single expressions evaluated against a configuration and its state, as the console does.
 * Layer: engine/plan. Resources have the values that the state holds, and what it does not hold is unknown; or, of a
 * console over a plan, those that the plan gives them. Nothing is written. */
#ifndef IAC_PLAN_CONSOLE_H
#define IAC_PLAN_CONSOLE_H
#include "engine/plan/make.h"

typedef struct iac_console iac_console;

/* Computes variables (unset ones are unknown), local values and outputs. Of the options host, variables, workspace and
 * cwd count. config, state and options->variables must outlive the console. What goes wrong with single values is
 * added to diags, and they are unknown; IAC_ERR, without a console, when the configuration cannot be laid out. */
IAC_MUST_CHECK iac_status iac_console_open(const iac_config *config, const iac_state *state,
                                           const iac_plan_options *options, iac_console **ret, iac_diags *diags);
/* A console over what a plan has computed: for iac_plan_options.inspect, good until that returns. NULL when planning did
 * not get as far as the root module. */
iac_console *iac_console_of_plan(struct iac_run *run);
void iac_console_close(iac_console *console); /* NULL is fine */

/* Appends the value of the expression in the form of iac_eval_print, or, of type(x), the type of x. The function `type`
 * exists here only. IAC_ERR after errors, out is then left alone. Everything the evaluation needs goes into the arena;
 * diagnostics refer to the source. */
IAC_MUST_CHECK iac_status iac_console_eval(iac_console *console, iac_arena *arena, const iac_source *source,
                                           iac_buf *out, iac_diags *diags);
#endif
