"""iac hides a sensitive value wherever it turns up; Terraform shows it where a provider repeats it in an attribute that
is not marked. What iac hides is hidden in Terraform's text, too, before the two are compared."""

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
            end = next((k for k in range(i + 1, min(len(a), i + LONGEST)) if a[k] == after), None)
            if end is None:  # what follows is hidden as well: a value of one line
                end = i + 1
            out.append(line)
            i = end
            continue
        out.append(a[i])
        i += 1
    return "\n".join(out + a[i:])
