"""The site: built with warnings as errors, whole, and with no link that leads nowhere."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from rig.pages import ROOT, pages

CONFIG = Path("docs/site")


def build(checkout: Path, output: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", str(CONFIG),
         "-d", str(output.with_name("doctrees")), ".", str(output)],
        check=False, cwd=checkout, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("site") / "html"
    built = build(ROOT, output)
    assert built.returncode == 0, built.stderr
    return output


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the site is made of, to be spoilt."""
    copy = tmp_path / "checkout"
    for folder in ("docs", "alerts", "dashboards"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for page in ROOT.glob("*.md"):
        shutil.copy(page, copy)
    return copy


class _Links(HTMLParser):
    """Where a page leads to, and the places in it that others may lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, _tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.targets.append(value)
            elif name == "id" and value:
                self.anchors.add(value)


def links_of(page: Path) -> _Links:
    links = _Links()
    links.feed(page.read_text())
    return links


def broken_links(site: Path) -> Iterator[str]:
    """Every link to a file or a place of the site that is not there."""
    links = {page: links_of(page) for page in site.rglob("*.html")}
    for page, found in links.items():
        for target in found.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if not file.is_file():
                yield f"{page.relative_to(site)}: {target}"
            elif parts.fragment and file in links and parts.fragment not in links[file].anchors:
                yield f"{page.relative_to(site)}: {target}: no such place"


def test_every_page_is_in_the_site(site: Path) -> None:
    # The README is the front page of the checkout; docs/index.md is that of the site.
    shipped = {page for page in pages() if page.is_relative_to(ROOT / "docs")}
    shipped |= {page for page in pages() if page.is_relative_to(ROOT / "alerts")}

    for page in shipped:
        assert (site / page.relative_to(ROOT).with_suffix(".html")).is_file(), page


def test_no_link_of_the_site_leads_nowhere(site: Path) -> None:
    assert list(broken_links(site)) == []


def test_the_site_asks_nobody_else_for_anything(site: Path) -> None:
    loaded = [
        target
        for page in site.rglob("*.html")
        for target in re.findall(
            r'<(?:script|img|link rel="stylesheet")[^>]* (?:src|href)="([^"]+)"', page.read_text()
        )
    ]

    assert loaded
    assert [target for target in loaded if "//" in target] == []


def test_the_root_leads_to_the_first_page(site: Path) -> None:
    assert "docs/index.html" in links_of(site / "index.html").targets


@pytest.mark.parametrize(
    ("page", "spoilt"),
    [
        ("docs/measuring.md", "\n[nowhere](nowhere.md)\n"),
        ("docs/limits.md", "\n[no such part](measuring.md#no-such-part)\n"),
        ("alerts/runbooks/KafkaMirrorStalled.md", "\n```nolanguage\nx\n```\n"),
        ("docs/stray.md", "# A page that no list names\n"),
    ],
)
def test_a_fault_in_a_page_fails_the_build(checkout: Path, tmp_path: Path, page: str, spoilt: str) -> None:
    with (checkout / page).open("a") as file:
        file.write(spoilt)

    built = build(checkout, tmp_path / "html")

    assert built.returncode != 0
    assert Path(page).name in built.stderr


def test_the_readmes_links_within_the_checkout_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)|(?:src|srcset)=\"([^\"]+)\"", (ROOT / "README.md").read_text())

    local = [one or other for one, other in targets if "://" not in (one or other)]
    assert len(local) > 5
    assert [target for target in local if not (ROOT / target).exists()] == []
