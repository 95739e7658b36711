#!/usr/bin/env python3
"""What the texts of two programs have in common, whose names are not equally long, and of which one tells some things in
random order.

  texts.py CASE TERRAFORM IAC NAME...    compares files of two folders by their words; prints the differences

A file `random` of the case holds patterns, one a line, of what Terraform says or leaves out at random; blanks stand for
any white space.

Terraform sorts diagnostics by severity and place, and leaves those of one place (or of none) in the order in which they
came up, which a map or its graph may have made random: these are put in order. Then paragraphs are broken anew.
"""
import difflib
import pathlib
import re
import sys
import textwrap

from echoes import HIDDEN, hide_echoes

WIDTH = 78
HEAD = re.compile(r"(?m)^(?=(?:Error|Warning): )")
PLACE = re.compile(r"(?m)^  on .* line \d+")


def place(diagnostic):
    found = PLACE.search(diagnostic)
    return diagnostic[:1], found[0] if found else None


def ordered(text):
    """The text with its diagnostics of one place in alphabetical order."""
    head, *diagnostics = HEAD.split(text)
    out, at = [head], 0
    while at < len(diagnostics):
        end = at + 1
        while end < len(diagnostics) and place(diagnostics[end]) == place(diagnostics[at]):
            end += 1
        out += sorted(diagnostics[at:end], key=str.split)
        at = end
    return "".join(out)


def reflow(text):
    """The text with its paragraphs broken anew: where a line may have been too long for a longer name."""
    out = []
    for paragraph in re.split(r"(\n\s*\n)", text):
        lines = paragraph.split("\n")
        if len(lines) > 1 and not any(line.startswith((" ", "#")) for line in lines) and len(max(lines, key=len)) > 60:
            paragraph = textwrap.fill(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)
        out.append(paragraph)
    return "".join(out)


def without_random(case, text):
    listed = pathlib.Path(case, "random")
    for pattern in listed.read_text().splitlines() if listed.exists() else ():
        text = re.sub(pattern.replace(" ", r"\s+"), "", text)
    return text


def differences(name, theirs, ours):
    """Lines that show how the texts differ; none where they agree."""
    if theirs != ours and HIDDEN in ours:
        theirs = hide_echoes(theirs, ours)
    if theirs.split() == ours.split():
        return []
    theirs, ours = ordered(theirs), ordered(ours)
    if theirs.split() == ours.split():
        return []
    return list(difflib.unified_diff(reflow(theirs).split("\n"), reflow(ours).split("\n"), f"terraform {name}",
                                     f"iac {name}", lineterm=""))


def main(case, theirs, ours, *names):
    found = []
    for name in names:
        texts = [without_random(case, pathlib.Path(folder, name).read_text("utf-8", "replace"))
                 for folder in (theirs, ours)]
        found += differences(name, *texts)
    print("".join(f"    {line}\n" for line in found), end="")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
