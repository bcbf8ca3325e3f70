"""How long the HTML edition takes to answer a search and a filter in a browser, layout included. Bar: 200 ms.

    python -m bench.screen [--rows 5000] [--findings 2000]

The report has `rows` passing subjects in one check and `findings` failing ones in another, and prints as many of them as a
definition may ask for. Chromium must be installed.
"""

import argparse
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import sync_playwright

from app.render import ReportRenderer
from app.resources import resource
from bench.report import large_input

MOST_ROWS = 2000
MEASURE = """
() => {
  const timed = (act) => { const start = performance.now(); act(); document.body.offsetHeight; return performance.now() - start; };
  const field = document.querySelector("#find");
  const search = (words) => () => { field.value = words; field.dispatchEvent(new Event("input")); };
  const press = (state) => () => document.querySelector(`.filter [data-filter="${state}"]`).click();
  return {
    entries: document.querySelectorAll("main [data-state]").length,
    "first search, which reads every entry": timed(search("payments")),
    "narrower": timed(search("payments 17")),
    "nothing found": timed(search("no such words")),
    "everything again": timed(search("")),
    "one state": timed(press("exception")),
    "every state": timed(press("")),
  };
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--findings", type=int, default=2000)
    wanted = parser.parse_args()
    report = large_input(wanted.rows, wanted.findings)
    report = replace(report, definition=replace(report.definition, rows=MOST_ROWS))
    (made,) = ReportRenderer(resource("templates")).render(report, ["html"])
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        path = Path(folder) / "report.html"
        path.write_bytes(made.body)
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1340, "height": 900})
        page.goto(path.as_uri())
        found = page.evaluate(MEASURE)
        browser.close()
    print(f"{len(made.body):,} bytes, {found.pop('entries'):,} entries")
    for what, spent in found.items():
        print(f"  {what}: {spent:.0f} ms")


if __name__ == "__main__":
    main()
