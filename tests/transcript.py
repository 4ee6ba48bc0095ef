"""Transcripts of a terminal in our documents, whose commands are tests."""

import re


def transcript(document, section):
    """(command, shown output) of the transcript in a section, in order."""
    text = document.read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    text = re.search(r"```console\n(.*?)```", text, re.DOTALL).group(1)
    for step in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = step.splitlines()
        end = 1
        # A command goes on behind a backslash or a pipe and inside quotes.
        while lines[end - 1].endswith(("\\", "|")) or "\n".join(lines[:end]).count("'") % 2:
            end += 1
        yield "\n".join(lines[:end]), "\n".join(lines[end:])
