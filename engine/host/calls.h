/* engine/host/calls.h - what the wrappers of the ABI's functions have in common. */
#ifndef IAC_HOST_CALLS_H
#define IAC_HOST_CALLS_H
#include "engine/host/host_internal.h"

/* v as an argument: without marks; absent is a null of the schema's type (dynamic when schema is NULL). */
const iacp_value *iac_call_argument(iacp_call *call, const iac_value *v, const iac_schema *schema);
iacp_bytes iac_call_bytes(iac_str s);
/* Bytes that the provider gave, or `otherwise` where it gave none; copied. */
iac_str iac_call_take_bytes(iac_arena *arena, iacp_bytes bytes, iac_str otherwise);
bool iac_call_is_absent(const iacp_value *value); /* unset or null */
/* A result of the schema's type, copied into arena (converted first where it is of another type that allows it). NULL
 * with *ret_error. */
const iac_value *iac_call_take(iacp_call *call, iac_arena *arena, const iac_schema *schema, const iacp_value *value,
                               iac_str *ret_error);
/* A stored object; attributes that the schema does not have are dropped. NULL with *ret_error. */
const iac_value *iac_call_decode_state(iac_arena *arena, iac_arena *scratch, const iac_schema *schema, iac_str json,
                                       iac_str *ret_error);
/* ---- mock.c ---- */
/* Whether the object of the call is made up; *ret says of what. */
bool iac_mock_for(const iac_instance *instance, const iac_call_options *options, uint32_t kind, iac_str type,
                  iac_mock_values *ret);
/* As the functions of host.h, without the provider. */
iac_status iac_mock_plan(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                         const iac_plan_request *request, const iac_mock_values *mock, iac_plan_answer *ret,
                         iac_diags *diags);
iac_status iac_mock_apply(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                          const iac_apply_request *request, const iac_mock_values *mock, iac_apply_answer *ret,
                          iac_diags *diags);
iac_status iac_mock_read_data(iac_instance *instance, const iac_call_options *options, iac_arena *arena, iac_str type,
                              const iac_value *config, const iac_mock_values *mock, const iac_value **ret_state,
                              iac_diags *diags);
/* For messages. */
const char *iac_call_provider(const iacp_call *call); /* the source address */
const char *iac_call_address(const iacp_call *call, const char *otherwise);
/* Waits for a place in the operation's rate class; release it after the call. False: cancelled, and said so. */
bool iac_call_take_turn(iacp_call *call, iac_instance *instance, const char *type, uint32_t operation, iac_slot *ret);
#endif
