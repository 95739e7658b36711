/* lang/config/test_load.h - what the readers of test files share. Private to lang/config. */
#ifndef IAC_CONFIG_TEST_LOAD_H
#define IAC_CONFIG_TEST_LOAD_H
#include "lang/config/load.h"
#include "lang/config/test_file.h"

typedef struct iac_override_list {
    IAC_VEC(iac_override_config) list;
    iac_map seen; /* address: place + 1 */
} iac_override_list;

/* Whether the block is an override_resource, override_data or override_module. */
bool iac_is_override(const iac_block *block);
/* Reads such a block into the list. during_plan: what holds where the block does not say. */
void iac_read_override(iac_module_build *m, const iac_block *block, bool during_plan, iac_override_list *list);
/* Moves the list into the arena. */
iac_override_configs iac_override_list_take(iac_arena *arena, iac_override_list *list);

/* Where more of a mocked provider stands: a folder of files. */
typedef struct iac_mock_source {
    iac_mock *mock;
    iac_str dir; /* empty: nowhere */
    iac_range range;
} iac_mock_source;

/* Reads a mock_provider block. False when it is unusable. */
bool iac_read_mock_provider(iac_module_build *m, const iac_block *block, iac_provider_config *ret,
                            iac_mock_source *ret_source);
/* Adds what the files say and the block did not. */
void iac_read_mock_source(iac_module_build *m, const iac_config_reader *reader, const iac_mock_source *source);
#endif
