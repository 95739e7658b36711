/* Moved blocks that wait for one another in a circle, so that nothing has a last place. */
#include <string.h>

#include "engine/dag/graph.h"
#include "engine/plan/moves.h"

typedef struct path { /* an end from the root; the first `open` steps, and the last of a call, stand for any key */
    const iac_module_step *steps;
    size_t n, open;
    bool open_last;
    bool is_module, is_instance;
    const iac_addr *addr;
    iac_str key; /* equal for ends of the same names */
} path;

typedef struct statement {
    const iac_move *move;
    path from, to;
} statement;

static iac_str names_of(iac_arena *arena, const path *p, size_t n, bool resource)
{
    iac_addr addr = *p->addr;
    addr.module = iac_module_addr_static(arena, (iac_module_addr){ p->steps, n });
    if (!p->is_instance)
        addr.key = (iac_key){ 0 };
    return resource ? iac_addr_text(arena, addr) : iac_module_addr_text(arena, addr.module);
}

static path path_of(iac_arena *arena, const iac_move *move, const iac_addr *end)
{
    size_t n = move->module.n + end->module.n;
    iac_module_step *steps = iac_arena_array(arena, iac_module_step, n);
    if (move->module.n)
        memcpy(steps, move->module.steps, move->module.n * sizeof(*steps));
    if (end->module.n)
        memcpy(steps + move->module.n, end->module.steps, end->module.n * sizeof(*steps));
    path p = { .steps = steps, .n = n, .open = move->module.n, .is_module = move->is_module, .addr = end,
               .is_instance = iac_move_of_instance(move) };
    p.open_last = p.is_module && !p.is_instance;
    p.key = names_of(arena, &p, n, !p.is_module);
    return p;
}

static bool is_open(const path *p, size_t i)
{
    return i < p->open || (p->open_last && i + 1 == p->n);
}

/* Whether what `a` selects may lie at the beginning of what `b` selects. */
static bool leads_to(const path *a, const path *b)
{
    if (a->n > b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!iac_str_eq(a->steps[i].name, b->steps[i].name) ||
            (!is_open(a, i) && !is_open(b, i) && !iac_key_equal(a->steps[i].key, b->steps[i].key)))
            return false;
    return true;
}

static bool same_resource(const path *a, const path *b)
{
    return a->addr->mode == b->addr->mode && iac_str_eq(a->addr->type, b->addr->type) &&
           iac_str_eq(a->addr->name, b->addr->name);
}

/* Whether both may select the same object. */
static bool chains(const path *a, const path *b)
{
    if (a->n != b->n || a->is_module != b->is_module || !leads_to(a, b))
        return false;
    if (a->is_module)
        return true;
    return a->is_instance == b->is_instance && same_resource(a, b) &&
           (!a->is_instance || iac_key_equal(a->addr->key, b->addr->key));
}

/* Whether what `a` selects lies within what `b` selects. */
static bool nested(const path *a, const path *b)
{
    if (!leads_to(b, a))
        return false;
    if (b->is_module)
        return !a->is_module || a->n > b->n;
    return a->n == b->n && !a->is_module && !b->is_instance && a->is_instance && same_resource(a, b);
}

/* The call keeps its name: only keys change. */
static bool only_keys_change(const statement *s)
{
    return s->move->is_module && iac_move_of_instance(s->move) && s->from.n == s->to.n &&
           iac_str_eq(s->from.key, s->to.key);
}

/* Whether b must be carried out before a. */
static bool depends(const statement *a, const statement *b)
{
    if (chains(&a->from, &b->to))
        return true;
    if (!nested(&a->from, &b->to) && !nested(&a->to, &b->to) && !nested(&b->from, &a->from) &&
        !nested(&b->to, &a->from))
        return false;
    /* A module that only changes keys holds both ends of the moves within it. */
    return a->move->module.n >= b->move->module.n || !only_keys_change(a);
}

typedef struct edge_list {
    IAC_VEC(iac_edge) list;
} edge_list;

static void compare(const statement *statements, uint32_t a, uint32_t b, edge_list *edges)
{
    if (a == b)
        return;
    if (depends(&statements[a], &statements[b]))
        iac_vec_push(&edges->list, (iac_edge){ a, b });
    if (depends(&statements[b], &statements[a]))
        iac_vec_push(&edges->list, (iac_edge){ b, a });
}

/* Only statements with an end at the names of another's, or around them, can have to do with one another. */
static void connect(iac_arena *arena, const statement *statements, uint32_t n, edge_list *edges)
{
    iac_map heads = { 0 }; /* names -> number + 1 of the last end with them */
    uint32_t *next = iac_arena_array(arena, uint32_t, (size_t)n * 2);
    for (uint32_t i = 0; i < n * 2; i++) {
        const path *p = i % 2 ? &statements[i / 2].to : &statements[i / 2].from;
        void **head = iac_map_at(&heads, p->key);
        next[i] = (uint32_t)(uintptr_t)*head;
        *head = (void *)(uintptr_t)(i + 1);
    }
    for (uint32_t i = 0; i < n * 2; i++) {
        const path *p = i % 2 ? &statements[i / 2].to : &statements[i / 2].from;
        for (size_t level = 0; level <= p->n + 1; level++) {
            iac_str key = p->key;
            if (level <= p->n) {
                key = names_of(arena, p, level, false);
            } else if (p->is_instance && !p->is_module) {
                path whole = *p;
                whole.is_instance = false;
                key = names_of(arena, &whole, p->n, true);
            }
            for (uint32_t at = (uint32_t)(uintptr_t)iac_map_get(&heads, key); at; at = next[at - 1])
                compare(statements, i / 2, (at - 1) / 2, edges);
        }
        for (uint32_t at = (uint32_t)(uintptr_t)iac_map_get(&heads, p->key); at && !p->is_module; at = next[at - 1])
            compare(statements, i / 2, (at - 1) / 2, edges);
    }
    iac_map_clear(&heads);
}

/* ---- circles ---- */

static void print_end(iac_buf *out, const iac_move *move, const iac_addr *end)
{
    for (size_t i = 0; i < move->module.n; i++)
        iac_buf_printf(out, "module.%.*s[*].", IAC_FMT(move->module.steps[i].name));
    if (move->is_module)
        iac_module_addr_print(out, end->module);
    else
        iac_addr_print(out, *end);
    iac_buf_printf(out, "%s", iac_move_of_instance(move) ? "" : "[*]");
}

static iac_str line_of(iac_arena *arena, const iac_move *move)
{
    iac_pos pos = iac_source_pos(move->range.src, move->range.start);
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_printf(&out, "\n  - %.*s:%u,%u: ", IAC_FMT(move->range.src->name), pos.line, pos.column);
    print_end(&out, move, &move->from);
    iac_buf_printf(&out, " → ");
    print_end(&out, move, &move->to);
    iac_str text = iac_arena_str(arena, iac_buf_view(&out));
    iac_buf_clear(&out);
    return text;
}

static int compare_lines(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static void tell(iac_arena *arena, const statement *statements, const uint32_t *nodes, size_t n, iac_diags *diags)
{
    iac_str *lines = iac_arena_array(arena, iac_str, n);
    for (size_t i = 0; i < n; i++)
        lines[i] = line_of(arena, statements[nodes[i]].move);
    qsort(lines, n, sizeof(*lines), compare_lines);
    iac_buf list;
    iac_buf_init(&list, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < n; i++)
        iac_buf_add(&list, lines[i].p, lines[i].n);
    iac_str text = iac_buf_view(&list);
    iac_diag_error(diags, IAC_NO_RANGE, "Cyclic dependency in move statements",
                   "The following chained move statements form a cycle, and so there is no final location to move "
                   "objects to:%.*s\n\nA chain of move statements must end with an address that doesn't appear in any "
                   "other statements, and which typically also refers to an object still declared in the "
                   "configuration.", IAC_FMT(text));
    iac_buf_clear(&list);
}

typedef struct visit { /* of Tarjan's strongly connected components */
    uint32_t order, low; /* order 0: not seen */
    uint32_t next;       /* the edge to go on with */
    bool on_stack;
} visit;

static void components(iac_arena *arena, const iac_graph *graph, const statement *statements, iac_diags *diags)
{
    visit *v = iac_arena_array(arena, visit, graph->n);
    uint32_t *stack = iac_arena_array(arena, uint32_t, graph->n), *trail = iac_arena_array(arena, uint32_t, graph->n);
    uint32_t seen = 0, height = 0, depth = 0;
    for (uint32_t start = 0; start < graph->n; start++) {
        if (v[start].order)
            continue;
        trail[depth++] = start;
        while (depth) {
            uint32_t at = trail[depth - 1];
            if (!v[at].order) {
                seen++;
                v[at] = (visit){ seen, seen, graph->dep_start[at], true };
                stack[height++] = at;
            }
            if (v[at].next < graph->dep_start[at + 1]) {
                uint32_t to = graph->deps[v[at].next++];
                if (!v[to].order)
                    trail[depth++] = to;
                else if (v[to].on_stack && v[to].order < v[at].low)
                    v[at].low = v[to].order;
                continue;
            }
            depth--;
            if (depth && v[at].low < v[trail[depth - 1]].low)
                v[trail[depth - 1]].low = v[at].low;
            if (v[at].low != v[at].order)
                continue;
            uint32_t top = height;
            do
                v[stack[--height]].on_stack = false;
            while (stack[height] != at);
            if (top - height > 1)
                tell(arena, statements, stack + height, top - height, diags);
        }
    }
}

void iac_moves_check_cycles(iac_arena *arena, const iac_moves *moves, iac_diags *diags)
{
    uint32_t n = (uint32_t)moves->list.n;
    statement *statements = iac_arena_array(arena, statement, n);
    edge_list edges = { .list = { 0 } };
    iac_graph graph;
    for (uint32_t i = 0; i < n; i++) {
        const iac_move *move = &moves->list.v[i];
        statements[i] = (statement){ move, path_of(arena, move, &move->from), path_of(arena, move, &move->to) };
    }
    connect(arena, statements, n, &edges);
    iac_graph_build(&graph, n, edges.list.v, edges.list.n);
    components(arena, &graph, statements, diags);
    iac_graph_clear(&graph);
    iac_vec_clear(&edges.list);
}
