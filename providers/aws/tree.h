/* tree.h - paths into the JSON trees that requests and answers are held in. A path is names and list indexes joined by
 * dots; `Name[Sub.Path=text]` picks the first item of a list whose value at Sub.Path is that text. Layer:
 * providers/aws. Thread-safe on distinct trees. */
#ifndef AWS_TREE_H
#define AWS_TREE_H
#include <jansson.h>
#include "lang/base/base.h"

/* Borrowed; NULL when a step is absent. An empty path is the root. */
json_t *aws_tree_get(json_t *root, const char *path);
/* "" when absent or no string. */
const char *aws_tree_str(json_t *root, const char *path);
/* Sets the value, making objects and lists on the way; takes over `value` (as jansson's _new functions). A list index
 * beyond the end appends. Does nothing when the path does not fit what is there. */
void aws_tree_set(json_t *root, const char *path, json_t *value);
/* The text of a string, number or boolean in buf; NULL for others. Valid until buf changes. */
const char *aws_tree_text(const json_t *value, iac_buf *buf);
#endif
