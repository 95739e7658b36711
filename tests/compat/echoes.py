"""iac hides a sensitive value wherever it turns up; Terraform shows it where a provider repeats it in an attribute that
is not marked. What iac hides is hidden in Terraform's text, too, before the two are compared."""
import re

HIDDEN = "(sensitive value)"
LONGEST = 400  # lines of a value


def hide_echoes(theirs, ours):
    """Terraform's text with HIDDEN in place of values where ours has it, as far as all around it agrees."""
    a, b = theirs.split("\n"), ours.split("\n")
    out, i = [], 0
    for j, line in enumerate(b):
        if i >= len(a):
            break
        start = line.split(HIDDEN)[0] if HIDDEN in line else None
        if a[i] != line and start is not None and a[i].startswith(start):
            after = b[j + 1] if j + 1 < len(b) else None
            begins = after.split(HIDDEN)[0] if after and HIDDEN in after else None
            end = next((k for k in range(i + 1, min(len(a), i + LONGEST))
                        if a[k] == after or begins and a[k].startswith(begins)), None)
            if end is None:  # what follows is hidden as well: a value of one line
                end = i + 1
            out.append(line)
            i = end
            continue
        out.append(a[i])
        i += 1
    return "\n".join(out + a[i:])


def is_echo(theirs, ours):
    """Whether a string is the same but for what iac hides of it; what is hidden whole may be of any type."""
    if not isinstance(ours, str) or HIDDEN not in ours:
        return False
    pattern = ".*".join(re.escape(part) for part in ours.split(HIDDEN))
    return ours == HIDDEN or isinstance(theirs, str) and re.fullmatch(pattern, theirs, re.DOTALL) is not None
