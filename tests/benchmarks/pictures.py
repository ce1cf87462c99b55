"""The pictures of README.md and docs/pages.md: the pages in Chromium after a run of the demo.

    python -m tests.benchmarks.pictures

Trains the demo once in a home of its own, about a minute on two cores, and writes `assets/*.png` and
`docs/pictures/*.png`.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect

from tests.conftest import ROOT, train
from tests.dashboard import SECONDS, chromium, serving

_PROJECTOR, _PHONE = (1280, 720), (390, 844)
_LAB, _COMPARE = "/?run=demo", "/compare?runs=demo"
_PICTURES = {
    "assets/lab": (_LAB, _PROJECTOR, "light"),
    "assets/compare": (f"{_COMPARE}&view=Label+shift", _PROJECTOR, "light"),
    "assets/study": ("/study?study=recorded%3A+synthetic", _PROJECTOR, "light"),
    "docs/pictures/lab-dark": (_LAB, _PROJECTOR, "dark"),
    "docs/pictures/lab-phone": (_LAB, _PHONE, "light"),
    "docs/pictures/samples": ("/samples?run=demo", _PROJECTOR, "light"),
    "docs/pictures/compare-dark": (_COMPARE, _PROJECTOR, "dark"),
}
"""By file, without ending: the address, the size of the window, and the theme."""
_COLORS = 200


def main() -> None:
    """Train the demo and take all pictures."""
    from alcore.config import load_config

    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        train(Path(folder) / "runs" / "demo", load_config("demo"))
        with serving(Path(folder)) as (address, _):
            for name, (path, size, scheme) in _PICTURES.items():
                _take(browser, address + path, ROOT / f"{name}.png", size, scheme)


def _take(browser: Browser, address: str, file: Path, size: tuple[int, int], scheme: str) -> None:
    width, height = size
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(address)
    expect(page.get_by_test_id("stMain").locator("img, .js-plotly-plot").first).to_be_visible(
        timeout=60 * SECONDS
    )
    page.wait_for_timeout(4 * SECONDS)  # until all charts are drawn and nothing fades any more
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    page.close()
    file.parent.mkdir(exist_ok=True)
    picture.quantize(_COLORS).save(file, optimize=True)
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1000} kB", flush=True)


if __name__ == "__main__":
    main()
