"""What a reader sees in Chromium: the API's numbers, live, as text, by keyboard, with and without a script."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from kafka_mirror_exporter.core.fallback import FallbackReading, FallbackState
from kafka_mirror_exporter.core.reading import GroupSummary, MirrorReading
from kafka_mirror_exporter.web.routes import create_app
from kafka_mirror_exporter.web.site import Site
from unit.exposition.hand_made import group_columns, mirror_reading
from unit.exposition.scraping import FakeClock
from unit.web.estates import estate, names
from unit.web.running import Running, running
from unit.web.sites import site_of

from opened import Open

NASTY = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
TOPICS = names(6)


def calm(_topic: int, partition: int) -> float:
    return 0.1 * partition


def one_late(topic: int, partition: int) -> float | None:
    """payments.charges: partition 2 past its threshold, 3 unmeasured; inventory: 1 past the fallback's."""
    return {(1, 2): 45.3, (1, 3): None, (2, 1): 130.0, (3, 0): 6.0}.get((topic, partition), 0.5)


@contextmanager
def served(*readings: MirrorReading) -> Iterator[tuple[Site, Running]]:
    site = site_of(*readings)
    with running(create_app(site)) as server:
        yield site, server


def cell(page: Page, topic: str, partition: int) -> Any:
    return (
        page.get_by_role("group", name=f"partitions of {topic}", exact=True)
        .get_by_role("button")
        .nth(partition)
    )


def test_what_is_shown_is_what_the_api_says(open_page: Open) -> None:
    with served(estate(TOPICS, 4, one_late)) as (_, server):
        opened = open_page(server.port)
        page = opened.page
        expect(page.locator(".topic .cell")).to_have_count(24)
        (mirror,) = server.ask("/api/v1/mirrors").json()["mirrors"]
        rows = server.ask("/api/v1/mirrors/legacy/redpanda/partitions").json()["partitions"]
        shown = {
            (topic.get_by_role("heading").inner_text(), n): button.get_attribute("aria-label")
            for topic in page.locator(".topic").all()
            for n, button in enumerate(topic.locator(".cell").all())
        }
        order = page.locator(".topic h4").all_inner_texts()

    assert page.locator(".health strong").inner_text() == "Past fallback"
    assert mirror["totals"]["max_drift_seconds"] == 130.0
    assert page.locator('[data-fact="drift"]').inner_text() == "2m 10s"
    assert page.locator('[data-fact="lag"]').inner_text() == f"{mirror['totals']['lag_records']:,} records"
    assert page.locator('[data-fact="unmeasured"]').inner_text() == "1"
    expected = {
        (row["topic"], row["partition"]): f"partition {row['partition']}: {word(row['drift_seconds'])}"
        for row in rows
    }
    assert shown == expected
    assert order[:3] == ["inventory", "payments.charges", "audit.trail"]
    assert opened.errors == []


def word(drift: float | None) -> str:
    """By the thresholds of the estate: 15 s, 120 s, and a third of the first."""
    if drift is None:
        return "unmeasured"
    if drift > 120:
        return "past fallback threshold"
    if drift > 15:
        return "past threshold"
    return "behind" if drift > 5 else "within"


def test_a_cell_tells_all_that_is_known_of_its_partition(open_page: Open) -> None:
    with served(estate(TOPICS, 4, one_late)) as (_, server):
        page = open_page(server.port).page
        cell(page, "payments.charges", 2).hover()
        detail = page.get_by_role("complementary", name="Partition")
        expect(detail).to_contain_text("payments.charges partition 2")
        for text in (
            "45.3 s",
            "44.9 s to 45.8 s",
            "1,812 records",
            "1,998,188",
            "offset sync, 0.8 s old, verified",
        ):
            expect(detail).to_contain_text(text)
        cell(page, "payments.charges", 3).click()
        expect(detail).to_contain_text("leader_unreachable: broker 3")
        page.mouse.move(0, 0)
        expect(detail).to_be_visible()
        page.keyboard.press("Escape")
        expect(detail).to_be_hidden()


def test_a_reading_changes_the_page_without_a_reload(open_page: Open) -> None:
    with served(estate(TOPICS, 4, calm)) as (site, server):
        opened = open_page(server.port)
        page = opened.page
        expect(page.locator(".health strong")).to_have_text("Healthy")
        page.evaluate("window.isSamePage = true")
        site.latest.publish(estate(TOPICS, 4, one_late, at=5.0))
        expect(page.locator(".health strong")).to_have_text("Past fallback")
        expect(cell(page, "inventory", 1)).to_have_class("cell s5")
        expect(page.locator(".events li").first).to_contain_text("past the")
        expect(page.locator(".topic h4").first).to_have_text("inventory")
        site.latest.publish(estate(TOPICS, 4, calm, at=10.0))
        expect(page.locator(".health strong")).to_have_text("Healthy")
        expect(cell(page, "inventory", 1)).to_have_class("cell s1")
        label = page.locator(".curve svg").get_attribute("aria-label")

        assert label == "Worst drift of the last 15 minutes: now 0.3 s, highest 2m 10s"
        assert page.evaluate("window.isSamePage") is True
        assert opened.errors == []


def test_the_fallback_comes_onto_the_page_and_goes(open_page: Open) -> None:
    calm_then, late_then = estate(TOPICS, 4, calm), estate(TOPICS, 4, one_late, at=5.0)
    engaged = FallbackState(engaged=True, since=1790000000.0, reason="drift 130.0s over 120s on partition 1")
    states = FallbackReading(
        is_by_mirror=False, states={"inventory": engaged}, transitions={"engaged": 1, "released": 0}
    )
    with served(replace(calm_then, fallback=None)) as (site, server):
        page = open_page(server.port).page
        expect(page.locator("ul.fallback")).to_be_hidden()
        site.latest.publish(replace(late_then, fallback=states))
        expect(page.locator("ul.fallback li")).to_contain_text("Fallback engaged for inventory since")
        expect(page.locator("ul.fallback li")).to_have_class("worst")
        site.latest.publish(replace(estate(TOPICS, 4, calm, at=10.0), fallback=None))
        expect(page.locator("ul.fallback")).to_be_hidden()


def test_a_page_whose_data_grow_old_says_so(open_page: Open) -> None:
    clock = FakeClock(1001.0)
    with running(create_app(site_of(estate(TOPICS, 4, calm), clock=clock))) as server:
        page = open_page(server.port).page
        expect(page.locator(".health strong")).to_have_text("Healthy")
        clock.now = 1100.0
        expect(page.locator(".health strong")).to_have_text("Stale")
        expect(page.locator(".health")).to_have_class("health unknown")


def test_a_page_that_lost_its_exporter_says_so_and_finds_it_again(open_page: Open) -> None:
    with served(estate(TOPICS, 4, calm)) as (_, server):
        page = open_page(server.port).page
        expect(page.locator("#connection")).to_have_text("live")
    expect(page.locator("#connection")).to_have_text("connection lost, trying again")
    with running(create_app(site_of(estate(TOPICS[:3], 4, one_late))), port=server.port):
        expect(page.locator("#connection")).to_have_text("live", timeout=20_000)
        expect(page.locator(".health strong")).to_have_text("Past fallback")
        expect(page.locator(".topic .cell")).to_have_count(12)


def test_a_mirror_that_is_configured_anew_comes_onto_the_page(open_page: Open) -> None:
    mirrors = [("legacy", "redpanda")]
    with running(create_app(site_of(estate(TOPICS, 4, calm), mirrors=lambda: mirrors))) as server:
        page = open_page(server.port).page
        expect(page.locator("section.mirror")).to_have_count(1)
        expect(page.locator(".topic .cell")).to_have_count(24)
        mirrors.append(("legacy", "elsewhere"))
        expect(page.locator("section.mirror")).to_have_count(2, timeout=20_000)

        assert page.locator(".health strong").all_inner_texts() == ["Healthy", "Waiting"]


def test_without_a_script_there_is_a_plain_table(open_page: Open) -> None:
    with served(estate(TOPICS, 4, one_late)) as (_, server):
        page = open_page(server.port, java_script_enabled=False).page
        rows = page.locator("table.worst tbody tr")

        assert page.locator(".health strong").inner_text() == "Past fallback"
        assert rows.count() == 20
        assert rows.nth(0).locator("th, td").all_inner_texts()[:4] == [
            "inventory",
            "1",
            "mirroring",
            "2m 10s",
        ]
        assert "leader_unreachable" in rows.nth(2).inner_text()
        assert page.locator(".live:visible").count() == 0


def nasty_reading() -> MirrorReading:
    (billing,) = mirror_reading().groups
    group: GroupSummary = replace(billing, group=NASTY)
    columns = replace(
        group_columns(), index=tuple((side, NASTY, tp) for side, _, tp in group_columns().index)
    )
    reading = estate([NASTY, *TOPICS], 2, lambda topic, _: 20.0 if topic == 0 else 0.0)
    return replace(reading, groups=(group,), group_columns=columns)


@pytest.mark.parametrize("has_script", [True, False])
def test_a_name_is_text_and_runs_nothing(open_page: Open, *, has_script: bool) -> None:
    with served(nasty_reading()) as (_, server):
        opened = open_page(server.port, java_script_enabled=has_script)
        page = opened.page
        expect(page.locator(".groups tbody th")).to_have_text(NASTY)
        expect(page.locator(".sentence")).to_contain_text(NASTY)
        expect(page.locator(".events li").first).to_contain_text(NASTY)
        if has_script:
            expect(page.locator(".topic h4").first).to_have_text(NASTY)
            page.locator(".topic .cell").first.click()
            expect(page.locator("#detail h3")).to_have_text(f"{NASTY} partition 0")

        assert page.title() == "Kafka Mirror Exporter"
        assert page.locator("img").count() == 0
        assert opened.errors == []


def test_no_request_leaves_the_host_and_the_policy_forbids_what_is_not_the_pages_own(open_page: Open) -> None:
    with served(estate(TOPICS, 4, one_late)) as (_, server):
        opened = open_page(server.port)
        expect(opened.page.locator(".topic .cell")).to_have_count(24)
        opened.page.locator(".topic .cell").first.click()
        expect(opened.page.locator("#detail")).to_be_visible()
        policy = server.ask("/").headers["content-security-policy"]
        injected = opened.page.evaluate(
            """() => {
                const script = document.createElement("script");
                try { script.textContent = "window.ran = 1"; document.head.append(script); } catch {}
                try { document.body.innerHTML = "<b>x</b>"; } catch (refused) { return [window.ran, refused.name]; }
                return [window.ran, "allowed"];
            }"""
        )

    assert opened.hosts == {f"127.0.0.1:{server.port}"}
    assert "unsafe" not in policy
    assert injected == [None, "TypeError"]


def test_the_keyboard_reaches_every_cell(open_page: Open) -> None:
    with served(estate(TOPICS, 4, one_late)) as (_, server):
        page = open_page(server.port).page
        expect(page.locator(".topic .cell")).to_have_count(24)
        page.get_by_placeholder("topic").focus()
        page.keyboard.press("Tab")
        heard = [focused(page)]
        for key in ("ArrowRight", "End", "ArrowDown", "Home", "ArrowLeft", "ArrowUp"):
            page.keyboard.press(key)
            heard.append(focused(page))
        expect(page.locator("#detail h3")).to_have_text("inventory partition 0")

    assert heard == [
        ("inventory", "partition 0: within"),
        ("inventory", "partition 1: past fallback threshold"),
        ("inventory", "partition 3: within"),
        ("payments.charges", "partition 3: unmeasured"),
        ("payments.charges", "partition 0: within"),
        ("payments.charges", "partition 0: within"),
        ("inventory", "partition 0: within"),
    ]


def focused(page: Page) -> tuple[str, str]:
    return tuple(
        page.evaluate(
            """() => [document.activeElement.closest("li").querySelector("h4").textContent,
                      document.activeElement.ariaLabel]"""
        )
    )


def test_a_cell_keeps_the_focus_when_its_topic_moves(open_page: Open) -> None:
    with served(estate(TOPICS, 4, calm)) as (site, server):
        page = open_page(server.port).page
        cell(page, "shipping.labels", 2).focus()
        site.latest.publish(estate(TOPICS, 4, lambda topic, _: 20.0 if topic == 4 else 0.0, at=5.0))
        expect(page.locator(".topic h4").first).to_have_text("shipping.labels")

        assert focused(page)[0] == "shipping.labels"


def test_topics_are_found_by_a_part_of_their_name(open_page: Open) -> None:
    with served(estate(TOPICS, 4, calm)) as (_, server):
        page = open_page(server.port).page
        page.get_by_placeholder("topic").fill("PAY")
        expect(page.locator(".topic h4")).to_have_text(["payments.charges"])


# Tables may be scrolled; the rest is cut off at the border of its mirror.
RIGHTMOST = """() => Math.max(...[...document.querySelectorAll("main *")]
    .filter((place) => !place.closest(".table")).map((place) => place.getBoundingClientRect().right))"""


@pytest.mark.parametrize("width", [320, 390, 768, 1920])
def test_nothing_runs_off_the_side(open_page: Open, width: int) -> None:
    long = [f"a.very.long.topic.name.{'x' * 200}", *TOPICS]
    with served(estate(long, 60, one_late)) as (_, server):
        page = open_page(server.port, viewport={"width": width, "height": 800}).page
        expect(page.locator(".topic .cell")).to_have_count(7 * 60)

        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(RIGHTMOST) <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_in_both_schemes(open_page: Open, scheme: str) -> None:
    """WCAG's contrast of 4.5 between text and ground, for every tone of the line of health."""
    with served(estate(TOPICS, 4, one_late)) as (_, server):
        page = open_page(server.port, color_scheme=scheme).page
        expect(page.locator(".topic .cell")).to_have_count(24)
        contrasts = page.evaluate(CONTRASTS)

    assert {name: value for name, value in contrasts.items() if value < 4.5} == {}


CONTRASTS = """() => {
  const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = (colour) => {
    const [red, green, blue] = colour.match(/[\\d.]+/g).slice(0, 3).map((text) => channel(Number(text)));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const found = {};
  const health = document.querySelector(".health");
  for (const tone of ["good", "warn", "bad", "worst", "unknown"]) {
    health.style.transition = "none";
    health.className = `health ${tone}`;
    const style = getComputedStyle(health);
    found[tone] = contrast(style.color, style.backgroundColor);
  }
  const ground = getComputedStyle(document.body).backgroundColor;
  for (const place of ["body", ".stat", "dt", "dd", "thead th", ".legend li", ".links"]) {
    found[place] = contrast(getComputedStyle(document.querySelector(place)).color, ground);
  }
  return found;
}"""
