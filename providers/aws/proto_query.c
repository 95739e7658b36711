/* The ec2 and query protocols: form-encoded requests, XML answers. */
#include "providers/aws/proto.h"
#include "lang/net/sigv4.h"
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 64
#define MAX_NAME 2048
#define MAX_BODY ((size_t)256 << 20)

/* One request being written. `name` holds the parameter's name so far. */
typedef struct writer {
    const aws_service *service;
    const char *token;
    iac_buf *body;
    iac_buf name;
    unsigned depth;
} writer;

static void write_value(writer *w, const aws_shape *shape, const json_t *value, uint32_t flags);

static void write_pair(writer *w, iac_str value)
{
    iac_buf_char(w->body, '&');
    aws_uri_encode(w->body, iac_buf_view(&w->name), false);
    iac_buf_char(w->body, '=');
    aws_uri_encode(w->body, value, false);
}

/* Shortens the name again. */
static void back_to(writer *w, size_t n)
{
    w->name.n = n;
    if (w->name.cap) {
        w->name.p[n] = '\0';
    }
}

static void write_struct(writer *w, const aws_shape *shape, const json_t *value)
{
    for (size_t i = 0; i < shape->count; i++) {
        const aws_member *m = &w->service->members[shape->first + i];
        const json_t *item = json_object_get(value, m->name);
        size_t n = w->name.n;
        if (!item && !((m->flags & AWS_TOKEN) && w->token)) {
            continue;
        }
        iac_buf_cstr(&w->name, n ? "." : "");
        iac_buf_cstr(&w->name, m->request ? m->request : m->name);
        if (item) {
            write_value(w, &w->service->shapes[m->shape], item, m->flags);
        } else {
            write_pair(w, iac_str_of(w->token));
        }
        back_to(w, n);
    }
}

/* ec2: Name.1; query: Name.member.1, or Name.1 when flattened, where the items' own name replaces Name. */
static void write_list(writer *w, const aws_shape *shape, const json_t *value, bool flattened)
{
    size_t i, n = w->name.n;
    const json_t *item;

    if (w->service->protocol == AWS_PROTOCOL_QUERY && json_array_size(value) == 0) {
        write_pair(w, (iac_str){ "", 0 });
        return;
    }
    if (w->service->protocol == AWS_PROTOCOL_QUERY && !flattened) {
        iac_buf_printf(&w->name, ".%s", shape->wire ? shape->wire : "member");
    } else if (w->service->protocol == AWS_PROTOCOL_QUERY && shape->wire) {
        while (w->name.n > 0 && w->name.p[w->name.n - 1] != '.') {
            back_to(w, w->name.n - 1);
        }
        iac_buf_cstr(&w->name, shape->wire);
    }
    size_t stem = w->name.n;
    json_array_foreach(value, i, item) {
        iac_buf_printf(&w->name, ".%zu", i + 1);
        write_value(w, &w->service->shapes[shape->value], item, 0);
        back_to(w, stem);
    }
    back_to(w, n < w->name.n ? n : w->name.n);
}

static void write_map(writer *w, const aws_shape *shape, const json_t *value, bool flattened)
{
    const char *key;
    json_t *item;
    size_t n = w->name.n, i = 0;

    json_object_foreach((json_t *)value, key, item) {
        iac_buf_printf(&w->name, flattened ? ".%zu" : ".entry.%zu", ++i);
        size_t entry = w->name.n;
        iac_buf_printf(&w->name, ".%s", shape->wire ? shape->wire : "key");
        write_pair(w, iac_str_of(key));
        back_to(w, entry);
        iac_buf_printf(&w->name, ".%s", shape->wire_value ? shape->wire_value : "value");
        write_value(w, &w->service->shapes[shape->value], item, 0);
        back_to(w, n);
    }
}

static void write_value(writer *w, const aws_shape *shape, const json_t *value, uint32_t flags)
{
    bool flattened = ((flags | shape->flags) & AWS_FLATTENED) != 0;
    iac_buf text;
    const char *s;

    if (w->depth >= MAX_DEPTH) {
        return;
    }
    w->depth++;
    switch (shape->kind) {
    case AWS_STRUCT:
        write_struct(w, shape, value);
        break;
    case AWS_LIST:
        write_list(w, shape, value, flattened);
        break;
    case AWS_MAP:
        write_map(w, shape, value, flattened);
        break;
    default:
        iac_buf_init(&text, MAX_BODY);
        if ((s = aws_tree_text(value, &text)) != NULL) {
            write_pair(w, iac_str_of(s));
        }
        iac_buf_clear(&text);
        break;
    }
    w->depth--;
}

void aws_query_request(const aws_service *service, const aws_op *op, json_t *input, const char *token, iac_buf *ret)
{
    writer w = { .service = service, .token = token, .body = ret };
    json_t *nothing = input ? NULL : json_object();

    iac_buf_init(&w.name, MAX_NAME);
    iac_buf_printf(ret, "Action=%s&Version=%s", op->name, service->api_version);
    if (op->input >= 0) {
        write_struct(&w, &service->shapes[op->input], input ? input : nothing);
    }
    iac_buf_clear(&w.name);
    json_decref(nothing);
}

static json_t *read_value(const aws_service *service, const aws_shape *shape, xmlNode *node, uint32_t flags,
                          unsigned depth);

static bool is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static xmlNode *find_child(xmlNode *parent, const char *name)
{
    for (xmlNode *n = parent ? parent->children : NULL; n; n = n->next) {
        if (is_element(n, name)) {
            return n;
        }
    }
    return NULL;
}

/* Appends an item to a list, leaving out what did not fit. */
static void append(json_t *list, json_t *item)
{
    if (item) {
        json_array_append_new(list, item);
    }
}

/* A flattened list stands as repeated children of the structure; the others in an element around them. */
static json_t *read_flat_list(const aws_service *service, const aws_shape *shape, xmlNode *first, unsigned depth)
{
    json_t *list = json_array();

    for (xmlNode *n = first; n; n = n->next) {
        if (is_element(n, (const char *)first->name)) {
            append(list, read_value(service, &service->shapes[shape->value], n, 0, depth + 1));
        }
    }
    return list;
}

static json_t *read_list(const aws_service *service, const aws_shape *shape, xmlNode *node, unsigned depth)
{
    json_t *list = json_array();

    for (xmlNode *n = node->children; n; n = n->next) {
        if (n->type == XML_ELEMENT_NODE) {
            append(list, read_value(service, &service->shapes[shape->value], n, 0, depth + 1));
        }
    }
    return list;
}

static json_t *read_map(const aws_service *service, const aws_shape *shape, xmlNode *node, bool flattened,
                        unsigned depth)
{
    json_t *map = json_object();

    for (xmlNode *n = flattened ? node : node->children; n; n = n->next) {
        xmlNode *key = find_child(n, shape->wire ? shape->wire : "key");
        xmlNode *value = find_child(n, shape->wire_value ? shape->wire_value : "value");
        if (n->type != XML_ELEMENT_NODE || !key || !value ||
            (flattened && strcmp((const char *)n->name, (const char *)node->name) != 0)) {
            continue;
        }
        xmlChar *text = xmlNodeGetContent(key);
        json_t *item = read_value(service, &service->shapes[shape->value], value, 0, depth + 1);
        if (text && item) {
            json_object_set_new(map, (const char *)text, item);
        } else {
            json_decref(item);
        }
        xmlFree(text);
    }
    return map;
}

static json_t *read_struct(const aws_service *service, const aws_shape *shape, xmlNode *node, unsigned depth)
{
    json_t *object = json_object();

    for (size_t i = 0; i < shape->count; i++) {
        const aws_member *m = &service->members[shape->first + i];
        const aws_shape *inner = &service->shapes[m->shape];
        bool flattened = ((m->flags | inner->flags) & AWS_FLATTENED) != 0;
        const char *name = m->answer ? m->answer : m->name;
        if (flattened && inner->kind == AWS_LIST && inner->wire) {
            name = inner->wire;
        }
        xmlNode *found = find_child(node, name);
        json_t *value = NULL;
        if (found && flattened && inner->kind == AWS_LIST) {
            value = read_flat_list(service, inner, found, depth + 1);
        } else if (found) {
            value = read_value(service, inner, found, m->flags, depth + 1);
        }
        if (value) {
            json_object_set_new(object, m->name, value);
        }
    }
    return object;
}

static json_t *read_scalar(const aws_shape *shape, const char *text)
{
    char *end;

    switch (shape->kind) {
    case AWS_BOOLEAN:
        return json_boolean(strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
    case AWS_INTEGER: {
        long long n = strtoll(text, &end, 10);
        return end == text || *end ? NULL : json_integer(n);
    }
    case AWS_FLOAT: {
        double n = strtod(text, &end);
        return end == text || *end ? NULL : json_real(n);
    }
    default:
        return json_string(text);
    }
}

static json_t *read_value(const aws_service *service, const aws_shape *shape, xmlNode *node, uint32_t flags,
                          unsigned depth)
{
    if (depth > MAX_DEPTH) {
        return NULL;
    }
    switch (shape->kind) {
    case AWS_STRUCT:
        return read_struct(service, shape, node, depth);
    case AWS_LIST:
        return read_list(service, shape, node, depth);
    case AWS_MAP:
        return read_map(service, shape, node, ((flags | shape->flags) & AWS_FLATTENED) != 0, depth);
    default: {
        xmlChar *text = xmlNodeGetContent(node);
        json_t *value = text ? read_scalar(shape, (const char *)text) : NULL;
        xmlFree(text);
        return value;
    }
    }
}

/* No network, no messages to stderr. No API answers with a document type, whose entities could grow without bound. */
static xmlDoc *parse(iac_str body)
{
    xmlDoc *doc;

    if (body.n == 0 || body.n > MAX_BODY) {
        return NULL;
    }
    doc = xmlReadMemory(body.p, (int)body.n, NULL, NULL,
                        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
    if (doc && doc->intSubset) {
        xmlFreeDoc(doc);
        doc = NULL;
    }
    return doc;
}

json_t *aws_xml_answer(const aws_service *service, const aws_op *op, iac_str body)
{
    xmlDoc *doc = op->output >= 0 ? parse(body) : NULL;
    json_t *answer = NULL;

    if (op->output < 0) {
        return json_object();
    }
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    if (root && op->wrapper) {
        root = find_child(root, op->wrapper);
    }
    if (root) {
        answer = read_struct(service, &service->shapes[op->output], root, 0);
    }
    xmlFreeDoc(doc);
    return answer;
}

static const char *child_text(iacp_call *call, xmlNode *parent, const char *name)
{
    xmlNode *node = find_child(parent, name);
    xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
    const char *copy = text ? sdk_strndup(call, (const char *)text, strlen((const char *)text)) : "";

    xmlFree(text);
    return copy;
}

/* <Response><Errors><Error>, <ErrorResponse><Error> or a bare <Error>. */
void aws_xml_error(iacp_call *call, const sdk_response *response, aws_api_error *ret)
{
    xmlDoc *doc = parse(response->body);
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    xmlNode *errors = find_child(root, "Errors");
    xmlNode *error = find_child(errors ? errors : root, "Error");

    *ret = (aws_api_error){ "", "", "" };
    if (!error && root && is_element(root, "Error")) {
        error = root;
    }
    if (error) {
        ret->code = child_text(call, error, "Code");
        ret->message = child_text(call, error, "Message");
    }
    ret->request_id = child_text(call, root, "RequestID");
    if (!ret->request_id[0]) {
        ret->request_id = child_text(call, root, "RequestId");
    }
    xmlFreeDoc(doc);
}
