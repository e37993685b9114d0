"""The built site holds together and opens in a browser without a network: python -m pytest docs/test_site.py

It looks at docs/_build, or at the folder that the variable SITE names.
"""

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

SITE = Path(os.environ.get("SITE", Path(__file__).parent / "_build")).resolve()
PAGES = sorted(path for path in SITE.rglob("*.html") if "_static" not in path.parts)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOWN = {
    "index.html": ["<math", 'class="copybtn'],
    "what_l2_does.html": ["<math", "sphx_glr_plot_why_l2_001.png"],
    "auto_examples/plot_why_l2.html": ["sphx_glr_plot_why_l2_001.png", 'class="copybtn'],
    "generated/skl2.Ridge.html": ["skl2.Ridge.fit", "get_params", "Examples using Ridge", 'class="copybtn'],
}
"""Pages that are opened, and what has to be on them"""


class Links(HTMLParser):
    """What a page refers to, and the places within it that others may refer to."""

    def __init__(self, path):
        super().__init__()
        self.targets, self.places = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.places.add(value)
            elif value and (name == "src" or (name == "href" and tag in ("a", "link"))):
                self.targets.append((tag, value))


@pytest.fixture(scope="module")
def links():
    return {path: Links(path) for path in PAGES}


def test_links_within_the_site_lead_somewhere(links):
    broken = []
    for page, found in links.items():
        for _, target in found.targets:
            if re.match(r"[a-z]+:|//", target):
                continue
            path, _, place = unquote(target.split("?")[0]).partition("#")
            file = (page.parent / path).resolve() if path else page
            places = links[file].places if file in links else None
            if not file.exists() or (place and places is not None and place not in places):
                broken.append(f"{page.relative_to(SITE)}: {target}")
    assert not broken


def test_nothing_is_fetched_from_elsewhere(links):
    for page, found in links.items():
        fetched = [target for tag, target in found.targets if tag not in ("a", "link")]
        assert not [target for target in fetched if re.match(r"https?:|//", target)], page


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
@pytest.mark.parametrize("page", SHOWN)
def test_a_page_opens_without_a_network_and_without_an_error(page, tmp_path):
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]
    offline = ["--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path}"]
    command = [CHROMIUM, *options, *offline, "--virtual-time-budget=4000", (SITE / page).as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert [part for part in SHOWN[page] if part not in shown.stdout] == []
    console = [line for line in shown.stderr.splitlines() if "CONSOLE" in line]
    assert not [line for line in console if '"[PST]: ' not in line]  # what the theme says of itself
