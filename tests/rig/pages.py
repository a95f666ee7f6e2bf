"""The pages of the documentation, and every block and span of code in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
_PLACES = ("*.md", "docs/**/*.md", "alerts/**/*.md", "dashboards/**/*.md", "helm/**/*.md", "compose/**/*.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a page shows as code; `kind` is the word after the fence, empty where there is none."""

    page: Path
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Every page that is shipped."""
    return sorted({page for place in _PLACES for page in ROOT.glob(place)})


def blocks(page: Path) -> Iterator[Code]:
    """Every fenced or indented block."""
    for token in _tokens(page):
        if token.type in ("fence", "code_block"):
            kind = (token.info.split() or [""])[0]
            yield Code(page=page, line=_line(token), kind=kind, text=token.content)


def spans(page: Path) -> Iterator[Code]:
    """Every span of code within a sentence."""
    for token in _tokens(page):
        for child in token.children or ():
            if child.type == "code_inline":
                yield Code(page=page, line=_line(token), kind="span", text=child.content)


def _tokens(page: Path) -> list[Token]:
    return MarkdownIt().enable("table").parse(page.read_text())


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0
