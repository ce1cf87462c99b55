"""What a presenter does, in a real browser."""

import re

from playwright.sync_api import expect

from tests.dashboard import (
    LITTLE_FROM_SCRATCH,
    click_point,
    curve_points,
    curves,
    fewest_points,
    open_lab,
    run_button,
)
from tests.following import wait_for

SMALL_RUN = f"/?{LITTLE_FROM_SCRATCH}&pool=300&query=6&cycles=45&steps=4"


def points(page, at_least):
    wait_for(
        lambda: (found := curve_points(page)) and len(found) == 3 and min(found) >= at_least,
        f"three curves of {at_least} points",
    )


def test_what_cannot_be_built_is_said_and_run_is_off(served):
    address, browser = served
    page = browser.new_page()
    page.goto(f"{address}/?pool=9000")
    expect(page.get_by_text(re.compile("largest pool at this π₀ has")).first).to_be_visible()
    expect(run_button(page)).to_be_disabled()
    assert page.get_by_text("Traceback").count() == 0


def test_a_copied_link_opens_the_same_settings(served):
    address, browser = served
    page = open_lab(browser, address)
    page.locator(".st-key-pi1").get_by_role("slider").press("ArrowRight")
    field = page.get_by_role("spinbutton", name="Query size")
    field.fill("10")
    field.press("Enter")
    expect(page.get_by_text("first query 10")).to_be_visible()
    expect(page).to_have_url(re.compile("pi1="))
    link = page.url
    copy = open_lab(browser, link)
    expect(copy.get_by_text("first query 10")).to_be_visible()
    expect(copy.locator(".st-key-pi1").get_by_text("2.5 %")).to_be_visible()


def test_a_presentation(own, browser):
    address, _ = own
    page = open_lab(browser, address + SMALL_RUN)
    expect(page.get_by_text("Pool 300 · 30 defective (10 %)")).to_be_visible()

    slider = page.locator(".st-key-pi0").get_by_role("slider")
    for _ in range(4):
        slider.press("ArrowRight")
    expect(page.get_by_text("Pool 300 · 75 defective (25 %)")).to_be_visible()
    expect(page).to_have_url(re.compile("pi0="))

    run_button(page).click()
    expect(page).to_have_url(re.compile(r"run=\d{8}-"))
    points(page, 1)

    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".st-key-progress").get_by_text("paused in")).to_be_visible()
    before = fewest_points(page)
    page.get_by_role("button", name="Step").click()
    points(page, before + 1)
    expect(page.locator(".st-key-progress").get_by_text("paused in")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    points(page, before + 2)

    second = open_lab(browser, address)
    points(second, 1)  # another tab shows the run that is going on
    second.close()
    page.reload()
    expect(page.get_by_text("Pool 300 · 75 defective (25 %)")).to_be_visible()
    points(page, before + 2)

    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".st-key-progress").get_by_text("stopped, ")).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()

    click_point(page, curves(page).nth(1).locator(".point").nth(1))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("6 patches chosen")).to_be_visible()
    expect(dialog.locator("img")).to_have_count(6)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    page.get_by_role("link", name="Samples").click()
    expect(page.get_by_text(re.compile(r"query \d: 6 patches")).first).to_be_visible()
    strategy = page.get_by_role("combobox", name="Strategy")
    strategy.fill("entropy")
    strategy.press("Enter")
    expect(page.get_by_text(re.compile(r"^entropy, query \d: 6 patches"))).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^1\. ")).first.click()
    expect(dialog.get_by_text("true mask")).to_be_visible()
    expect(dialog.get_by_text("prediction before labelling")).to_be_visible()
    expect(dialog.locator("img")).to_have_count(4)
    expect(dialog.locator(".js-plotly-plot")).to_be_visible()
