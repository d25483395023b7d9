"""The lab in headless Chromium: milliseconds from a drag's event to its redraw, redraws while training, time to start.

Prints medians and 95th percentiles for the region map at about 400 and 3,000 exact regions (question, wire and drawing
together), frames a second of the playground with 1,000 rows of three classes, and of a turning surface.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import threading
import time
from typing import Any
from urllib.parse import quote

import numpy as np

from foldline.fit.start import start
from foldline.lab.server import Lab, listening, serve

FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage"]
WIDTHS = {"about 400 regions": 15, "about 3,000 regions": 44}
MOVES = 120


def state_of(width: int) -> dict[str, Any]:
    """A random network of two hidden layers in [-3, 3]^2."""
    weights, _ = start([2, width, width, 1], seed=1)
    rng = np.random.default_rng(1)
    biases = [0.5 * rng.standard_normal(len(W)) for W in weights]
    return {"network": "ripple", "weights": [W.tolist() for W in weights], "biases": [b.tolist() for b in biases],
            "plane": None, "window": [-3, -3, 3, 3], "pointer": [0.5, -0.4], "grids": [], "chances": 0}  # fmt: skip


def rest(page: Any) -> Any:
    while not page.evaluate("Boolean(window.foldline && !foldline.busy && foldline.numbers.length)"):
        page.wait_for_timeout(20)
    return page.evaluate("foldline")


def told(what: str, times: list[float]) -> None:
    cut = statistics.quantiles(times, n=20)
    least, middle = min(times), statistics.median(times)
    print(f"{what:40} least {least:6.1f}   median {middle:6.1f}   95th percentile {cut[-1]:6.1f}   n {len(times)}")


def drags(page: Any, port: int) -> None:
    for what, width in WIDTHS.items():
        page.goto("about:blank")
        page.goto(
            f"http://127.0.0.1:{port}/regions#v=%7B%22layer%22%3A%22first%22%7D&s={quote(json.dumps(state_of(width)))}"
        )
        rest(page)
        for name, dims in (("pointer", "xy:pointer"), ("a weight", "y:weights.0.0.0")):
            page.evaluate("foldlinePage.frames.length = 0")
            page.evaluate(
                f"""async () => {{ const p = foldlinePage;
                const h = p.told.handles.find(one => one.name === {json.dumps(dims)});
                p.take(); for (let k = 0; k < {MOVES}; k++) {{ const t = k / {MOVES};
                p.drag(h, [h.lo[0] + t * (h.hi[0] - h.lo[0]), h.lo[1] + t * (h.hi[1] - h.lo[1])]);
                while (p.busy) await new Promise(done => setTimeout(done)); }} }}"""
            )
            found = rest(page)
            regions = next(one["shown"] for one in found["numbers"] if one["name"] == "regions")
            told(f"{what}: {name}, {regions}", found["frames"][5:])


def training(page: Any, port: int) -> None:
    page.goto(f"http://127.0.0.1:{port}/playground")
    rest(page)
    page.locator("label", has_text="which").locator("select").select_option("blobs")
    page.locator("label", has_text="rows").first.locator("input").fill("1000")
    page.locator("label", has_text="rows").first.locator("input").dispatch_event("change")
    page.locator("button", has_text="Use this data").click()
    rest(page)
    begin = page.evaluate("foldline.frames.length")
    page.locator("button.primary").click()
    clock = time.perf_counter()
    page.wait_for_timeout(4000)
    frames, took = page.evaluate("foldline.frames.length") - begin, time.perf_counter() - clock
    page.locator("button.primary").click()
    print(f"{'playground, redraws a second':28} {frames / took:7.1f}")


def turning(page: Any, port: int) -> None:
    page.goto(f"http://127.0.0.1:{port}/surface")
    rest(page)
    while not page.evaluate("Boolean(foldlinePage.fixed)"):
        page.wait_for_timeout(50)
    rate = page.evaluate(
        """async () => { const view = foldlinePage.plots[0].view; let n = 0; const from = performance.now();
        while (performance.now() - from < 4000) {
          view.turn(0.05, 0); await new Promise(requestAnimationFrame); n += 1;
        }
        return n / (performance.now() - from) * 1000; }"""
    )
    print(f"{'79,750 polygons, frames/s':28} {rate:7.1f}")


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("no chromium: its columns are left out")
    from playwright.sync_api import sync_playwright

    clock, at = time.perf_counter(), listening(0)
    lab = Lab(at.getsockname()[1])
    server = serve(lab, at)
    threading.Thread(target=server.run, args=([at],), daemon=True).start()
    while not server.started:
        time.sleep(0.005)
    print(f"{'server up, s':28} {time.perf_counter() - clock:7.2f}")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(lab.url)
        page.wait_for_timeout(300)
        clock = time.perf_counter()
        page.goto(f"http://127.0.0.1:{lab.port}/shallow")
        rest(page)
        print(f"{'a page usable, s':28} {time.perf_counter() - clock:7.2f}")
        drags(page, lab.port)
        training(page, lab.port)
        turning(page, lab.port)
        browser.close()
    server.should_exit = True


if __name__ == "__main__":
    main()
