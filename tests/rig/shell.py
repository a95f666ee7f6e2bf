"""The commands in a console block, as lists of words."""

import re
import shlex
from collections.abc import Iterator

_PROMPT = "$ "
_BETWEEN = {"|", "||", "&&", ";", "&"}


def command_lines(block: str) -> Iterator[str]:
    """What follows each prompt, with the lines that it is continued on; everything else is output."""
    joined = re.sub(r"\\\n\s*", "", block)
    for line in joined.splitlines():
        if line.startswith(_PROMPT):
            yield line.removeprefix(_PROMPT)


def commands(line: str) -> Iterator[list[str]]:
    """Each command of a pipeline or list; redirections are left out."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    words: list[str] = []
    is_redirected = False
    for word in lexer:
        if word in _BETWEEN:
            yield words
            words = []
        elif is_redirected:
            is_redirected = False
        elif set(word) <= {"<", ">"}:
            is_redirected = True
        else:
            words.append(word)
    yield words
