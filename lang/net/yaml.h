/* lang/net/yaml.h - YAML to JSON trees and back. Layer: lang/net.
 *
 * Plain scalars mean what they mean to Terraform's yamldecode: yes/no/on/off/y/n are booleans, 0o17 and 0x1f integers,
 * 0644 is 644, dates become RFC 3339 texts. Other than there, a key given twice is an error, infinities are refused,
 * and `<<` also takes a list of mappings. Depth and the size after expanding aliases are bounded. */
#ifndef IAC_K8S_YAML_H
#define IAC_K8S_YAML_H
#include "lang/net/json.h"

/* Every document of text as an element of a new array (null for an empty document), or NULL with the reason, a
 * sentence without its full stop, in *why. */
json_t *k8s_yaml_parse(iac_str text, iac_buf *why);

/* Writes tree as one block-style document without a leading `---`; members in the order of their names. */
void k8s_yaml_write(const json_t *tree, iac_buf *out);
#endif
