/* lang/func/func_internal.h - what the files of function bodies share. Only for lang/func. */
#ifndef IAC_FUNC_INTERNAL_H
#define IAC_FUNC_INTERNAL_H
#include "lang/func/func.h"
#include "lang/value/convert.h"
#include "lang/value/json.h"
#include "lang/value/text.h"

extern const iac_func iac_func_table[];
extern const size_t iac_func_count;

typedef const iac_value *iac_func_body(iac_call *call);
typedef const iac_type *iac_func_type_rule(iac_call *call);

static inline iac_str iac_arg_str(const iac_call *call, size_t i)
{
    return call->args[i]->string;
}

/* Argument i as an integer; false with the error noted when it is none. */
bool iac_arg_int(iac_call *call, size_t i, int64_t *ret);
/* s in double quotes, as messages show it. */
iac_str iac_call_quote(iac_call *call, iac_str s);
/* An unknown result of the call's type. */
const iac_value *iac_call_unknown(iac_call *call);
/* Copies a buffer's text into a string value and clears the buffer. */
const iac_value *iac_buf_to_value(iac_arena *arena, iac_buf *buf);
/* The file at a path as the context sees it, or NULL with the error noted. The bytes are in the arena. */
bool iac_call_read_file(iac_call *call, size_t arg, iac_str *ret);
/* The path that a path argument means to the operating system; "~" is the home directory. */
const char *iac_call_path(iac_call *call, iac_str path);
void iac_base64_encode(iac_buf *out, iac_str bytes);
/* False when the text is not standard base64 with padding; *ret_at is then the byte at fault. */
bool iac_base64_decode(iac_buf *out, iac_str text, size_t *ret_at);
/* Whether there is an infinite number in v, which JSON cannot tell. */
bool iac_holds_infinity(const iac_value *v);
/* The Go text of a type of value in messages: "tuple", "list of string". */
iac_str iac_call_type_name(iac_call *call, const iac_value *v);
/* printf for values: the format function with args[0] the format. NULL with the error noted. */
const iac_value *iac_format(iac_call *call, iac_str format, const iac_value *const *args, size_t n);
/* Replaces every match; the pattern is without its slashes. NULL with the error noted. */
const iac_value *iac_regex_replace(iac_call *call, iac_str subject, iac_str pattern, iac_str replacement);

/* string.c */
iac_func_body iac_fn_chomp, iac_fn_endswith, iac_fn_indent, iac_fn_join, iac_fn_lower, iac_fn_replace, iac_fn_split,
    iac_fn_startswith, iac_fn_strcontains, iac_fn_strrev, iac_fn_substr, iac_fn_title, iac_fn_trim, iac_fn_trimprefix,
    iac_fn_trimspace, iac_fn_trimsuffix, iac_fn_upper;
/* format.c */
iac_func_body iac_fn_format, iac_fn_formatlist;
/* regex.c */
iac_func_body iac_fn_regex, iac_fn_regexall;
iac_func_type_rule iac_type_regex, iac_type_regexall;
/* numeric.c */
iac_func_body iac_fn_abs, iac_fn_ceil, iac_fn_floor, iac_fn_log, iac_fn_max, iac_fn_min, iac_fn_parseint, iac_fn_pow,
    iac_fn_signum, iac_fn_sum, iac_fn_range;
iac_func_type_rule iac_type_parseint;
/* collection.c */
iac_func_body iac_fn_alltrue, iac_fn_anytrue, iac_fn_coalesce, iac_fn_coalescelist, iac_fn_compact, iac_fn_contains,
    iac_fn_element, iac_fn_index, iac_fn_keys, iac_fn_length, iac_fn_lookup, iac_fn_one, iac_fn_values;
iac_func_type_rule iac_type_coalesce, iac_type_coalescelist, iac_type_element, iac_type_keys, iac_type_lookup,
    iac_type_one, iac_type_values;
/* sequence.c */
iac_func_body iac_fn_chunklist, iac_fn_concat, iac_fn_distinct, iac_fn_flatten, iac_fn_matchkeys, iac_fn_reverse,
    iac_fn_slice, iac_fn_sort;
iac_func_type_rule iac_type_first_arg, iac_type_chunklist, iac_type_concat, iac_type_flatten, iac_type_reverse,
    iac_type_slice;
/* combine.c */
iac_func_body iac_fn_merge, iac_fn_setintersection, iac_fn_setproduct, iac_fn_setsubtract, iac_fn_setunion,
    iac_fn_transpose, iac_fn_zipmap;
iac_func_type_rule iac_type_merge, iac_type_set_operation, iac_type_setproduct, iac_type_zipmap;
/* encoding.c */
iac_func_body iac_fn_base64decode, iac_fn_base64encode, iac_fn_base64gzip, iac_fn_csvdecode, iac_fn_jsondecode,
    iac_fn_jsonencode, iac_fn_textdecodebase64, iac_fn_textencodebase64, iac_fn_urlencode,
    iac_fn_urldecode, iac_fn_base64gunzip;
/* yaml_decode.c, yaml_encode.c */
iac_func_body iac_fn_yamldecode, iac_fn_yamlencode;
/* hash.c */
iac_func_body iac_fn_base64sha256, iac_fn_base64sha512, iac_fn_md5, iac_fn_sha1, iac_fn_sha256, iac_fn_sha512,
    iac_fn_filebase64sha256, iac_fn_filebase64sha512, iac_fn_filemd5, iac_fn_filesha1, iac_fn_filesha256,
    iac_fn_filesha512, iac_fn_uuid, iac_fn_uuidv5, iac_fn_bcrypt, iac_fn_rsadecrypt;
/* ip.c */
iac_func_body iac_fn_cidrcontains, iac_fn_cidrhost, iac_fn_cidrnetmask, iac_fn_cidrsubnet, iac_fn_cidrsubnets;
/* datetime.c */
iac_func_body iac_fn_formatdate, iac_fn_plantimestamp, iac_fn_timeadd, iac_fn_timecmp, iac_fn_timestamp;
/* fs.c */
iac_func_body iac_fn_abspath, iac_fn_basename, iac_fn_dirname, iac_fn_file, iac_fn_filebase64, iac_fn_fileexists,
    iac_fn_pathexpand, iac_fn_templatefile, iac_fn_templatestring;
/* glob.c */
iac_func_body iac_fn_fileset;
/* typeconv.c */
iac_func_body iac_fn_convert, iac_fn_sensitive, iac_fn_nonsensitive, iac_fn_issensitive, iac_fn_ephemeralasnull;
iac_func_type_rule iac_type_tobool, iac_type_tolist, iac_type_tomap, iac_type_tonumber, iac_type_toset,
    iac_type_tostring;
#endif
