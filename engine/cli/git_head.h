/* engine/cli/git_head.h - the git commit that the working directory has checked out. Layer: engine/cli, inside. */
#ifndef IAC_CLI_GIT_HEAD_H
#define IAC_CLI_GIT_HEAD_H
#include "lang/base/base.h"

/* Looks in dir and the directories above it. Both are empty where there is no repository or nothing was committed;
 * branch also where HEAD names a commit itself. Only files are read, no program is run; whatever they hold is fine. */
void iac_git_head(iac_arena *arena, const char *dir, iac_str *ret_commit, iac_str *ret_branch);
#endif
