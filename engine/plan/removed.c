/* removed blocks: which of the objects that are no longer in the configuration are let go without being destroyed. */
#include "engine/plan/planner.h"

static bool under(iac_module_addr path, iac_module_addr base, iac_module_addr relative, bool exactly)
{
    if (path.n < base.n + relative.n || (exactly && path.n != base.n + relative.n))
        return false;
    for (size_t i = 0; i < base.n + relative.n; i++) {
        iac_str name = i < base.n ? base.steps[i].name : relative.steps[i - base.n].name;
        if (!iac_str_eq(path.steps[i].name, name))
            return false;
    }
    return true;
}

static bool names(iac_worker *worker, const iac_module_config *module, const iac_removed_config *block, iac_addr addr)
{
    iac_addr from;
    bool is_module = false;
    iac_diags drop = IAC_DIAGS_INIT; /* malformed addresses were told when the configuration was loaded */
    bool parsed = iac_target_parse(worker->scratch, iac_range_text(block->from->range), &from, &is_module, &drop) ==
                  IAC_OK;
    iac_diags_clear(&drop);
    if (!parsed || !under(addr.module, module->path, from.module, !is_module))
        return false;
    return is_module ||
           (from.mode == addr.mode && iac_str_eq(from.type, addr.type) && iac_str_eq(from.name, addr.name));
}

const iac_removed_config *iac_run_removed(const iac_run *run, iac_worker *worker, iac_addr addr,
                                          iac_run_module **ret_module)
{
    for (size_t m = 0; m < run->module_count; m++) {
        const iac_module_config *module = run->modules[m]->config;
        for (size_t i = 0; i < module->removed_count; i++)
            if (names(worker, module, &module->removed[i], addr)) {
                *ret_module = run->modules[m];
                return &module->removed[i];
            }
    }
    return NULL;
}

bool iac_plan_forgets(const iac_planner *planner, iac_worker *worker, iac_addr addr)
{
    iac_run_module *module;
    const iac_removed_config *removed = iac_run_removed(&planner->run, worker, addr, &module);
    return removed && !removed->destroy;
}

void iac_plan_warn_forgotten(const iac_plan *plan, iac_diags *diags)
{
    iac_buf list;
    iac_buf_init(&list, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < plan->change_count; i++) {
        if (plan->changes[i].action != IAC_ACTION_FORGET)
            continue;
        iac_buf_cstr(&list, "\n - ");
        iac_addr_print(&list, plan->changes[i].addr);
    }
    if (list.n)
        iac_diag_warning(diags, IAC_NO_RANGE, "Some objects will no longer be managed by iac",
                         "If you apply this plan, iac will discard its tracking information for the following objects, "
                         "but it will not delete them:%s\n\nAfter applying this plan, iac will no longer manage these "
                         "objects. You will need to import them into iac to manage them again.",
                         list.p);
    iac_buf_clear(&list);
}
