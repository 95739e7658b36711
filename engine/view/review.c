#include "engine/view/style.h"

/* A plan for those who review it elsewhere: Markdown for a comment on a pull request, and a page of HTML that needs
 * nothing beside it. The words are those of the text. */

enum { COMMENT_SIZE = 65000 }; /* GitHub takes 65,536 characters */

static const char *verb(const iac_change *c, bool drift)
{
    if (drift)
        return c->action == IAC_ACTION_DELETE ? "has been deleted" : "has changed";
    static const char *const verbs[] = {
        [IAC_ACTION_NOOP] = "no-op",
        [IAC_ACTION_CREATE] = "create",
        [IAC_ACTION_READ] = "read",
        [IAC_ACTION_UPDATE] = "update in-place",
        [IAC_ACTION_DELETE_CREATE] = "destroy and then create replacement",
        [IAC_ACTION_CREATE_DELETE] = "create replacement and then destroy",
        [IAC_ACTION_DELETE] = "destroy",
        [IAC_ACTION_FORGET] = "forget",
    };
    if (c->action == IAC_ACTION_NOOP)
        return c->import_id.n ? "import" : "move";
    return verbs[c->action];
}

static const char *symbol(iac_action action)
{
    static const char *const symbols[] = {
        [IAC_ACTION_NOOP] = " ",
        [IAC_ACTION_CREATE] = "+",
        [IAC_ACTION_READ] = "<=",
        [IAC_ACTION_UPDATE] = "~",
        [IAC_ACTION_DELETE_CREATE] = "-/+",
        [IAC_ACTION_CREATE_DELETE] = "+/-",
        [IAC_ACTION_DELETE] = "-",
        [IAC_ACTION_FORGET] = ".",
    };
    return symbols[action];
}

static void put_counts(iac_buf *out, const iac_plan *plan)
{
    iac_plan_counts n = iac_plan_count(plan);
    if (n.import_)
        iac_buf_printf(out, "%zu to import, ", n.import_);
    iac_buf_printf(out, "%zu to add, %zu to change, %zu to destroy", n.add, n.change, n.destroy);
    if (n.forget)
        iac_buf_printf(out, ", %zu to forget", n.forget);
}

static const char *headline(const iac_plan *plan)
{
    return plan->errored      ? "Planning failed"
           : !plan->applyable ? "No changes"
                              : "Plan";
}

/* ---- the parts of a plan, each as text ---- */

typedef struct part {
    iac_str title; /* an address */
    const iac_change *change; /* NULL: outputs */
    bool drift;               /* made by somebody else */
    iac_buf text;
} part;

typedef IAC_VEC(part) parts;

static void add_changes(parts *ret, iac_arena *arena, const iac_plan *plan, const iac_change *changes, size_t n,
                        bool drift)
{
    for (size_t i = 0; i < n; i++) {
        part p = { .title = iac_addr_text(arena, changes[i].addr), .change = &changes[i], .drift = drift };
        iac_buf_init(&p.text, IAC_BUF_UNLIMITED);
        iac_view_plan_change(&p.text, plan, &changes[i], drift);
        if (p.text.n)
            iac_vec_push(ret, p);
        else
            iac_buf_clear(&p.text);
    }
}

static parts parts_of(iac_arena *arena, const iac_plan *plan)
{
    parts ret = { 0 };
    add_changes(&ret, arena, plan, plan->drift, plan->mode == IAC_PLAN_REFRESH_ONLY ? plan->drift_count : 0, true);
    add_changes(&ret, arena, plan, plan->changes, plan->change_count, false);
    part outputs = { .title = IAC_STR("Changes to Outputs") };
    iac_buf_init(&outputs.text, IAC_BUF_UNLIMITED);
    iac_view_plan_outputs(&outputs.text, plan);
    if (outputs.text.n)
        iac_vec_push(&ret, outputs);
    else
        iac_buf_clear(&outputs.text);
    return ret;
}

static void clear_parts(parts *all)
{
    for (size_t i = 0; i < all->n; i++)
        iac_buf_clear(&all->v[i].text);
    iac_vec_clear(all);
}

/* ---- Markdown ---- */

/* A fence that is longer than any in the text. */
static size_t fence_of(iac_str text)
{
    size_t longest = 2, run = 0;
    for (size_t i = 0; i < text.n; i++) {
        run = text.p[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest + 1;
}

/* GitHub colours a diff by each line's first character. */
static void put_diff_lines(iac_buf *out, iac_str text)
{
    for (size_t at = 0; at < text.n;) {
        size_t end = iac_str_find_char(text, '\n', at), from = at;
        end = end < text.n ? end : text.n;
        while (from < end && text.p[from] == ' ')
            from++;
        char c = from < end ? text.p[from] : ' ';
        bool sign = (c == '+' || c == '-' || c == '~') && from + 1 < end && (text.p[from + 1] == ' ' ||
                                                                             text.p[from + 1] == '/');
        if (sign) { /* in front of what it stood behind */
            iac_buf_char(out, c == '~' ? '!' : c);
            iac_buf_str(out, iac_str_sub(text, at, from));
            from++;
        }
        iac_buf_str(out, iac_str_sub(text, sign ? from : at, end));
        iac_buf_char(out, '\n');
        at = end + 1;
    }
}

static void markdown_part(iac_buf *out, const part *p)
{
    iac_str text = iac_str_trim(iac_buf_view(&p->text));
    size_t fence = fence_of(text);
    iac_buf_cstr(out, "<details><summary>");
    if (p->change)
        iac_buf_printf(out, "<code>%s</code> ", p->change->action == IAC_ACTION_READ ? "&lt;="
                                                                                    : symbol(p->change->action));
    iac_buf_cstr(out, "<code>");
    iac_buf_markup(out, p->title, false);
    iac_buf_cstr(out, "</code>");
    if (p->change)
        iac_buf_printf(out, ": %s", verb(p->change, p->drift));
    iac_buf_cstr(out, "</summary>\n\n");
    iac_buf_fill(out, '`', fence);
    iac_buf_cstr(out, "diff\n");
    put_diff_lines(out, text);
    iac_buf_fill(out, '`', fence);
    iac_buf_cstr(out, "\n\n</details>\n\n");
}

void iac_view_plan_markdown(iac_buf *out, const iac_plan *plan)
{
    iac_arena *arena = iac_arena_new();
    parts all = parts_of(arena, plan);
    size_t left_out = 0, start = out->n;
    iac_buf_printf(out, "### %s: ", headline(plan));
    put_counts(out, plan);
    iac_buf_cstr(out, "\n\n");
    if (plan->drift_count)
        iac_buf_printf(out, "%zu objects have changed outside of iac.\n\n", plan->drift_count);
    for (size_t i = 0; i < all.n; i++) {
        iac_buf one;
        iac_buf_init(&one, IAC_BUF_UNLIMITED);
        markdown_part(&one, &all.v[i]);
        if (out->n - start + one.n <= COMMENT_SIZE)
            iac_buf_str(out, iac_buf_view(&one));
        else
            left_out++;
        iac_buf_clear(&one);
    }
    if (left_out)
        iac_buf_printf(out, "_%zu of %zu changes are left out: they do not fit into a comment. `iac show PLAN` shows all "
                            "of them._\n", left_out, all.n);
    clear_parts(&all);
    iac_arena_free(arena);
}

/* ---- HTML ---- */

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>iac plan</title>\n<style>\n"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:72em;margin:2em auto;padding:0 1em;color:#1f2328;background:#fff}\n"
    "details{border:1px solid #d0d7de;border-radius:6px;margin:.5em 0}\n"
    "summary{padding:.4em .8em;cursor:pointer;font-family:ui-monospace,monospace}\n"
    "pre{margin:0;padding:.8em;overflow:auto;background:#f6f8fa;border-top:1px solid #d0d7de}\n"
    ".add{color:#116329}.change{color:#7d4e00}.destroy{color:#a40e26}.words{color:#656d76}\n"
    "</style>\n</head>\n<body>\n";

static const char *class_of(char sign)
{
    return sign == '+' ? "add" : sign == '-' ? "destroy" : sign == '~' ? "change" : NULL;
}

static void html_lines(iac_buf *out, iac_str text)
{
    for (size_t at = 0; at < text.n;) {
        size_t end = iac_str_find_char(text, '\n', at), from = at;
        end = end < text.n ? end : text.n;
        while (from < end && text.p[from] == ' ')
            from++;
        bool sign = from + 1 < end && (text.p[from + 1] == ' ' || text.p[from + 1] == '/');
        const char *class = sign ? class_of(text.p[from]) : NULL;
        if (class)
            iac_buf_printf(out, "<span class=\"%s\">", class);
        iac_buf_markup(out, iac_str_sub(text, at, end), false);
        iac_buf_cstr(out, class ? "</span>\n" : "\n");
        at = end + 1;
    }
}

static void html_part(iac_buf *out, const part *p)
{
    const char *sign = p->change ? symbol(p->change->action) : "";
    const char *class = class_of(sign[0]);
    iac_buf_printf(out, "<details open><summary><span class=\"%s\">", class ? class : "words");
    iac_buf_markup(out, iac_str_of(sign), false);
    iac_buf_cstr(out, "</span> ");
    iac_buf_markup(out, p->title, false);
    if (p->change)
        iac_buf_printf(out, " <span class=\"words\">%s</span>", verb(p->change, p->drift));
    iac_buf_cstr(out, "</summary><pre>");
    html_lines(out, iac_str_trim(iac_buf_view(&p->text)));
    iac_buf_cstr(out, "</pre></details>\n");
}

void iac_view_plan_html(iac_buf *out, const iac_plan *plan)
{
    iac_arena *arena = iac_arena_new();
    parts all = parts_of(arena, plan);
    iac_buf_cstr(out, head);
    iac_buf_printf(out, "<h1>%s</h1>\n<p>", headline(plan));
    put_counts(out, plan);
    iac_buf_cstr(out, ".</p>\n");
    if (plan->drift_count)
        iac_buf_printf(out, "<p>%zu objects have changed outside of iac.</p>\n", plan->drift_count);
    for (size_t i = 0; i < all.n; i++)
        html_part(out, &all.v[i]);
    iac_buf_cstr(out, "<p class=\"words\">Made ");
    iac_buf_markup(out, plan->timestamp, false);
    iac_buf_cstr(out, "</p>\n</body>\n</html>\n");
    clear_parts(&all);
    iac_arena_free(arena);
}
