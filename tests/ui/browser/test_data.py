"""One's own images, from the upload to a run, in a real browser."""

import re

import numpy as np
from playwright.sync_api import expect

from alcore.data.collection import dataset_path
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from tests.dashboard import SECONDS, curve_points, run_button
from tests.data.helpers import SIZE, encoded, folder_files, picture, write_folder, write_zip
from tests.following import wait_for


def _upload_slowly(page):
    """Uploads take longer than their names need to be listed."""
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 60_000}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)


def test_from_an_upload_to_a_run(served, tmp_path):
    address, browser = served
    archive = write_zip(tmp_path / "my images.zip", folder_files(120), within="export/")
    page = browser.new_page(viewport={"width": 1500, "height": 1300})
    page.goto(f"{address}/data?data_view=Import")
    _upload_slowly(page)
    page.locator("input[type=file]").set_input_files(archive)
    page.get_by_role("textbox", name="Name").fill("mine")
    page.get_by_role("textbox", name="Patch size").fill("32x32")
    page.get_by_role("combobox", name="Cutting").click()
    page.get_by_role("option", name="Whole images").click()
    expect(page.get_by_text("my images.zip")).to_be_visible()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("can be imported")).to_be_visible(timeout=60 * SECONDS)
    expect(page.get_by_alt_text("patches with mask outlines")).to_be_visible()
    expect(page.get_by_text("Suggested:")).to_be_visible()
    page.locator("[class*=st-key-keep-import] button").click()
    expect(page.get_by_text("is ready")).to_be_visible(timeout=60 * SECONDS)
    expect(page.get_by_text("120 patches, 40 defective")).to_be_visible()
    folder = write_folder(tmp_path / "in", folder_files(120))
    import_dataset(folder, dataset_path("same"), options=ImportOptions((32, 32)))
    for name in ("images.npy", "masks.npy", "items.parquet"):
        assert (dataset_path("mine") / name).read_bytes() == (dataset_path("same") / name).read_bytes()

    page.goto(f"{address}/data?set=mine")
    expect(page.get_by_text("Pools come from train")).to_be_visible()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("120")
    expect(page.locator("[data-testid=stImage] img")).to_be_visible()

    page.goto(f"{address}/?data=mine&pool=60&query=6&cycles=2&steps=4&pi0=20+%25")
    expect(page.get_by_text(re.compile("Pool 60"))).to_be_visible()
    run_button(page).click()
    wait_for(lambda: curve_points(page) == [2, 2, 2], "three curves of two points")


def test_masks_in_several_colours_are_shown_to_choose_from(served, tmp_path):
    """Two kinds of defect of one brightness: refused with their colours, then both chosen as defective."""
    files = folder_files(30)
    for number in range(30):
        mask = picture(number)[1]
        pixels = np.zeros((*mask.shape, 3), dtype=np.uint8)
        pixels[mask] = (170, 0, 0) if number % 2 else (0, 170, 0)
        files[f"masks/{number:03d}.png"] = encoded(pixels)
    address, browser = served
    page = browser.new_page(viewport={"width": 1500, "height": 1300})
    page.goto(f"{address}/data?data_view=Import")
    page.locator("input[type=file]").set_input_files(write_zip(tmp_path / "colours.zip", files))
    page.get_by_role("textbox", name="Name").fill("colours")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("coded in several colours")).to_be_visible(timeout=60 * SECONDS)
    swatch = page.locator("[data-testid=stHtml] span", has_text="170,0,0").last
    expect(swatch.locator("span")).to_have_css("background-color", "rgb(170, 0, 0)")
    page.get_by_text("Masks and more").click()
    page.get_by_role("textbox", name="Mask colours").fill("170,0,0; 0,170,0")
    page.get_by_role("textbox", name="Keep together").fill("**/{n//3}.*")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("can be imported")).to_be_visible(timeout=60 * SECONDS)
    expect(page.get_by_text("defective: the colours 170,0,0 or 0,170,0 within 10, as chosen")).to_be_visible()
    expect(page.get_by_text("kept together: 30 images in 10 groups")).to_be_visible()


def test_a_second_family_of_masks_is_chosen_with_a_click(served, tmp_path):
    """Fields of view lie where masks are looked for, and masks in a folder that no layout knows."""
    address, browser = served
    files = folder_files(30)
    for name in [name for name in files if name.startswith("masks/")]:
        files[name.replace("masks", "truth")] = files[name]
        files[name] = encoded(np.full(SIZE, 255, dtype=np.uint8))
    page = browser.new_page(viewport={"width": 1500, "height": 1300})
    page.goto(f"{address}/data?data_view=Import")
    page.locator("input[type=file]").set_input_files(write_zip(tmp_path / "views.zip", files))
    page.get_by_role("textbox", name="Name").fill("views")
    page.get_by_role("textbox", name="Patch size").fill("20x24")
    expect(page.get_by_text("views.zip")).to_be_visible()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("so say which files are the images")).to_be_visible(timeout=60 * SECONDS)
    expect(page.get_by_text("about 100 % of the pixels marked")).to_be_visible()
    page.get_by_role("button", name="Take these").nth(1).click()
    expect(page.get_by_text("30 images with masks; 30 other image files")).to_be_visible()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("can be imported")).to_be_visible(timeout=60 * SECONDS)
    expect(page.get_by_text("30 patches, 10 defective").first).to_be_visible()
