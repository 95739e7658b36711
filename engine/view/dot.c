/* engine/view/dot.c - graphs in the DOT language, as Terraform writes them. */
#include "engine/view/dot.h"

#include <stdlib.h>
#include <string.h>

static void quoted(iac_buf *out, iac_str text)
{
    iac_buf_char(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            iac_buf_char(out, '\\');
        iac_buf_char(out, text.p[i]);
    }
    iac_buf_char(out, '"');
}

/* ---- resources ---- */

typedef struct drawn_resource {
    iac_str module, address, label;
    iac_addr addr;
    uint32_t node;
} drawn_resource;

static int mode_rank(iac_mode mode)
{
    return mode == IAC_DATA ? 0 : mode == IAC_MANAGED ? 2 : 1;
}

static int compare_resources(const void *a, const void *b)
{
    const drawn_resource *x = a, *y = b;
    int order = iac_str_cmp(x->module, y->module);

    if (!order)
        order = mode_rank(x->addr.mode) - mode_rank(y->addr.mode);
    if (!order)
        order = iac_str_cmp(x->addr.type, y->addr.type);
    return order ? order : iac_str_cmp(x->addr.name, y->addr.name);
}

static size_t sort_resources(iac_arena *arena, const iac_drawing *drawing, drawn_resource **ret)
{
    size_t n = 0;

    *ret = iac_arena_array(arena, drawn_resource, drawing->n);
    for (uint32_t i = 0; i < drawing->n; i++) {
        iac_addr addr = drawing->nodes[i].resource;
        if (drawing->nodes[i].dropped)
            continue;
        iac_addr local = addr;
        local.module = (iac_module_addr){ 0 };
        (*ret)[n++] = (drawn_resource){ iac_module_addr_text(arena, addr.module), iac_addr_text(arena, addr),
                                        iac_addr_text(arena, local), addr, i };
    }
    if (n)
        qsort(*ret, n, sizeof(**ret), compare_resources);
    return n;
}

static void write_resource_nodes(iac_buf *out, const drawn_resource *resources, size_t n)
{
    iac_str module = { 0 };

    for (size_t i = 0; i < n; i++) {
        if (!iac_str_eq(resources[i].module, module)) {
            if (module.n)
                iac_buf_cstr(out, "  }\n");
            module = resources[i].module;
            iac_buf_printf(out, "  subgraph \"cluster_%.*s\" {\n    label = \"%.*s\"\n    fontname = \"sans-serif\"\n",
                           IAC_FMT(module), IAC_FMT(module));
        }
        iac_buf_cstr(out, module.n ? "    " : "  ");
        quoted(out, resources[i].address);
        iac_buf_cstr(out, " [label=");
        quoted(out, resources[i].label);
        iac_buf_cstr(out, "];\n");
    }
    if (module.n)
        iac_buf_cstr(out, "  }\n");
}

static int compare_edges(const void *a, const void *b)
{
    const iac_edge *x = a, *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->after > y->after) - (x->after < y->after);
}

void iac_dot_resources(iac_buf *out, const iac_drawing *drawing)
{
    iac_arena *arena = iac_arena_new();
    drawn_resource *resources;
    size_t n = sort_resources(arena, drawing, &resources);
    uint32_t *position = iac_arena_array(arena, uint32_t, drawing->n);
    iac_edge *edges = iac_arena_array(arena, iac_edge, drawing->edge_count);

    for (size_t i = 0; i < n; i++)
        position[resources[i].node] = (uint32_t)i;
    for (size_t i = 0; i < drawing->edge_count; i++)
        edges[i] = (iac_edge){ position[drawing->edges[i].node], position[drawing->edges[i].after] };
    if (drawing->edge_count)
        qsort(edges, drawing->edge_count, sizeof(*edges), compare_edges);
    iac_buf_cstr(out, "digraph G {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n");
    if (!n)
        iac_buf_cstr(out, "  /* This configuration does not contain any resources.         */\n"
                          "  /* For a more detailed graph, try: iac graph -type=plan */\n");
    write_resource_nodes(out, resources, n);
    for (size_t i = 0; i < drawing->edge_count; i++) {
        iac_buf_cstr(out, "  ");
        quoted(out, resources[edges[i].node].address);
        iac_buf_cstr(out, " -> ");
        quoted(out, resources[edges[i].after].address);
        iac_buf_cstr(out, ";\n");
    }
    iac_buf_cstr(out, "}\n");
    iac_arena_free(arena);
}

/* ---- everything ---- */

static int compare_lines(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static int compare_names(const void *a, const void *b)
{
    return iac_str_cmp((*(const iac_drawn_node *const *)a)->name, (*(const iac_drawn_node *const *)b)->name);
}

static void write_lines(iac_buf *out, const iac_str *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        iac_buf_printf(out, "\t\t%.*s\n", IAC_FMT(lines[i]));
}

static void vertex(iac_buf *out, const iac_drawn_node *node)
{
    iac_buf name;

    iac_buf_init(&name, IAC_BUF_UNLIMITED);
    iac_buf_printf(&name, "[root] %.*s", IAC_FMT(node->name));
    quoted(out, iac_buf_view(&name));
    iac_buf_clear(&name);
}

void iac_dot_graph(iac_buf *out, const iac_drawing *drawing)
{
    iac_arena *arena = iac_arena_new();
    iac_str *nodes = iac_arena_array(arena, iac_str, drawing->n);
    iac_str *edges = iac_arena_array(arena, iac_str, drawing->edge_count);
    size_t n = 0;
    iac_buf line;

    iac_buf_init(&line, IAC_BUF_UNLIMITED);
    const iac_drawn_node **shown = iac_arena_array(arena, const iac_drawn_node *, drawing->n);
    for (uint32_t i = 0; i < drawing->n; i++)
        if (drawing->nodes[i].shape && !drawing->nodes[i].dropped)
            shown[n++] = &drawing->nodes[i];
    if (n)
        qsort(shown, n, sizeof(*shown), compare_names);
    for (size_t i = 0; i < n; i++) {
        const iac_drawn_node *node = shown[i];
        iac_buf_reset(&line);
        vertex(&line, node);
        iac_buf_cstr(&line, " [label = ");
        quoted(&line, node->label);
        iac_buf_printf(&line, ", shape = \"%s\"]", node->shape);
        nodes[i] = iac_arena_str(arena, iac_buf_view(&line));
    }
    for (size_t i = 0; i < drawing->edge_count; i++) {
        iac_buf_reset(&line);
        vertex(&line, &drawing->nodes[drawing->edges[i].node]);
        iac_buf_cstr(&line, " -> ");
        vertex(&line, &drawing->nodes[drawing->edges[i].after]);
        if (drawing->in_cycle && drawing->in_cycle[i])
            iac_buf_cstr(&line, " [color = \"red\", penwidth = \"2.0\"]");
        edges[i] = iac_arena_str(arena, iac_buf_view(&line));
    }
    iac_buf_cstr(out, "digraph {\n\tcompound = \"true\"\n\tnewrank = \"true\"\n\tsubgraph \"root\" {\n");
    if (drawing->edge_count)
        qsort(edges, drawing->edge_count, sizeof(*edges), compare_lines); /* nodes go by name, edges by what is written */
    write_lines(out, nodes, n);
    write_lines(out, edges, drawing->edge_count);
    iac_buf_cstr(out, "\t}\n}\n");
    iac_buf_clear(&line);
    iac_arena_free(arena);
}
