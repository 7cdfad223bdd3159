"""The page in a real browser: accessible, worked by the keyboard, readable without scripts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "functional" / "publish"))

from publish_sample import sample_document

from assemblier.blocks import MapBlock, Section
from assemblier.publish.html import render_html

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "exemple.html"
    path.write_text(render_html(sample_document()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as held:
        made = held.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.mark.parametrize("width", [1366, 820, 360])
def test_axe_finds_nothing_and_nothing_overflows(chromium, page_path: Path, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(page_path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".fig[role=button]").first.click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.close()


def test_panel_is_opened_read_and_left_by_the_keyboard(chromium, page_path: Path) -> None:
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_path.as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    first = page.locator(".fig[role=button]").first
    first.focus()
    page.keyboard.press("Enter")
    panel = page.locator("dialog[open]")
    assert panel.count() == 1
    text = panel.inner_text()
    for words in ("97\u202f274", "habitants", "sha256", "licence", "Méthode", "ne dit pas"):
        assert words in text
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    assert page.evaluate("document.activeElement.dataset.k") == "population|pays|2021"
    cell = page.locator("#communes .fig[role=button]").first
    cell.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.k") == "population|99001|2021"
    assert page.locator("#communes .fig[tabindex='0']").count() == 1
    assert asked == [page_path.as_uri()]
    page.close()


def test_every_zone_of_a_map_is_painted(chromium, tmp_path: Path) -> None:
    """Maps share their contours: each zone is still drawn, in its place, with its colour."""
    document = sample_document()
    maps = [b for s in document.sections for b in s.blocks if isinstance(b, MapBlock)]
    twice = [replace(maps[0], id=name) for name in ("une", "deux")]
    section = Section("s", 1, "S", "", tuple(twice))
    (tmp_path / "cartes.html").write_text(
        render_html(replace(document, sections=(section,))), encoding="utf-8"
    )
    page = chromium.new_page()
    page.goto((tmp_path / "cartes.html").as_uri())
    painted = page.evaluate(
        """[...document.querySelectorAll('g.zones')].map(
            g => [...g.children].filter(z => z.getBBox().width > 1 && z.querySelector('title')
                && getComputedStyle(z).fill !== 'none').length)"""
    )
    drawn = sum(code in document.shapes[maps[0].grid] for code in maps[0].zones)
    assert painted == [drawn, drawn]
    assert page.locator("g.zones use").count() == 2 * drawn
    page.close()


def test_page_reads_without_scripts(chromium, page_path: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_path.as_uri())
    assert "97\u202f274 habitants" in page.inner_text("main")
    assert page.locator(".fig[role=button]").count() == 0
    context.close()
