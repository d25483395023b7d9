"""The lab in headless Chromium: milliseconds from a drag's event to its redraw, redraws while training, time to start.

Prints medians and 95th percentiles for the region map at about 400 and 3,000 exact regions (question, wire and drawing
together), redraws a second of the playground with an own table of 1,000 rows, two features and three classes, frames a
second of a turning surface of 200,704 polygons, seconds until the command answers and a page can be used.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np

from foldline import Mesh
from foldline.data.toys import blobs
from foldline.fit.start import start
from foldline.lab.server import Lab, listening, serve
from foldline.lecture.live.view import View

PLAIN = ["--no-sandbox", "--disable-dev-shm-usage"]
SOFTWARE = [*PLAIN, "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]  # a graphics card in software
WIDTHS = {"about 400 regions": 15, "about 3,000 regions": 44}
BARS = dict(zip(WIDTHS, (16, 40), strict=True))
MOVES = 120
SIDE = 448  # quadrilaterals a turn of the torus
SECONDS = 4


def state_of(width: int) -> dict[str, Any]:
    """A random network of two hidden layers in [-3, 3]^2."""
    weights, _ = start([2, width, width, 1], seed=1)
    rng = np.random.default_rng(1)
    biases = [0.5 * rng.standard_normal(len(W)) for W in weights]
    return {"network": "ripple", "weights": [W.tolist() for W in weights], "biases": [b.tolist() for b in biases],
            "plane": None, "window": [-3, -3, 3, 3], "pointer": [0.5, -0.4], "grids": [], "chances": 0}  # fmt: skip


def until(page: Any, true: str) -> None:
    while not page.evaluate(f"Boolean({true})"):
        page.wait_for_timeout(20)


def rest(page: Any) -> Any:
    until(page, "window.foldline && !foldline.busy && foldline.numbers.length")
    return page.evaluate("foldline")


def told(what: str, times: list[float]) -> None:
    cut = statistics.quantiles(times, n=20)
    least, middle = min(times), statistics.median(times)
    bar = BARS[what.split(":")[0]]
    print(
        f"{what:40} least {least:6.1f}   median {middle:6.1f}   95th percentile {cut[-1]:6.1f}"
        f" ({cut[-1] / middle:.1f} x)   n {len(times)}   (bar: {bar} ms, 2 x)"
    )


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
    samples = blobs(1000, seed=0)
    rows = [f"{x:.6f},{y:.6f},kind{int(k)}" for (x, y), (k,) in zip(samples.inputs, samples.targets, strict=True)]
    page.goto(f"http://127.0.0.1:{port}/playground")
    rest(page)
    page.locator("select[aria-label='data']").select_option("csv")
    page.locator("textarea").fill("\n".join(["length,width,kind", *rows]))
    page.locator("button", has_text="Use this data").click()
    until(page, "foldline.classes?.length === 3 && !foldline.busy")
    begin = page.evaluate("foldline.frames.length")
    page.locator("button.primary").click()
    clock = time.perf_counter()
    page.wait_for_timeout(1000 * SECONDS)
    frames, took = page.evaluate("foldline.frames.length") - begin, time.perf_counter() - clock
    page.locator("button.primary").click()
    print(f"{'playground, own 1,000 rows, redraws/s':40} {frames / took:7.1f}   (bar: 30)")


def torus() -> Mesh:
    """A surface of SIDE x SIDE quadrilaterals."""
    a, b = np.meshgrid(*[np.linspace(0, 2 * np.pi, SIDE, endpoint=False)] * 2, indexing="ij")
    r = 0.6 + 0.25 * np.cos(b)
    vertices = np.stack([r * np.cos(a), 0.25 * np.sin(b), r * np.sin(a)], axis=-1).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(SIDE), np.arange(SIDE), indexing="ij")
    square = [(i + di) % SIDE * SIDE + (j + dj) % SIDE for di, dj in ((0, 0), (0, 1), (1, 1), (1, 0))]
    return Mesh(vertices, np.stack(square, axis=-1).ravel(), np.arange(0, 4 * SIDE * SIDE + 1, 4))


def turning(page: Any, port: int) -> None:
    page.goto(f"http://127.0.0.1:{port}/viewer")
    until(page, "globalThis.foldlinePage?.fixed?.surface && document.querySelector('canvas[data-drawn]')")
    page.wait_for_timeout(1500)
    rate, coarse = page.evaluate(
        """async seconds => { const {view} = foldlinePage.plots.find(one => one.key === "solid");
        let n = 0; const from = performance.now();
        while (performance.now() - from < 1000 * seconds) {
          view.turn(0.05, 0); await new Promise(requestAnimationFrame); n += 1;
        }
        return [n / (performance.now() - from) * 1000, view.view.coarse]; }""",
        SECONDS,
    )
    what = f"{SIDE * SIDE:,} polygons turn, frames/s"
    print(f"{what:40} {rate:7.1f}   (bar: 10 in software, 60 with a card){', coarser' if coarse else ''}")


def command() -> None:
    """Seconds until ``foldline lab`` answers."""
    clock = time.perf_counter()
    words = [sys.executable, "-m", "foldline", "lab", "--no-browser"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split(" at ")[1].split("#")[0].strip()
        httpx.get(address)
        print(f"{'foldline lab answers, s':40} {time.perf_counter() - clock:7.2f}   (bar: 2)")
        process.terminate()


@contextmanager
def open_page(browser: Any, view: View | None = None) -> Iterator[tuple[Any, int]]:
    """A window that has entered a lab."""
    at = listening(0)
    lab = Lab(at.getsockname()[1], view=view)
    server = serve(lab, at)
    threading.Thread(target=server.run, args=([at],), daemon=True).start()
    while not server.started:
        time.sleep(0.005)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(lab.url)
    until(page, "!location.hash.includes('token')")
    yield page, lab.port
    page.close()
    server.should_exit = True


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("no chromium: its columns are left out")
    from playwright.sync_api import sync_playwright

    command()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=PLAIN)
        with open_page(browser) as (page, port):
            clock = time.perf_counter()
            page.goto(f"http://127.0.0.1:{port}/shallow")
            rest(page)
            print(f"{'a page can be used, s':40} {time.perf_counter() - clock:7.2f}   (bar: 1)")
            drags(page, port)
            training(page, port)
        browser.close()
        print("with a graphics card in software, which draws the 3-D views and puts the page together:")
        browser = play.chromium.launch(executable_path=chromium, args=SOFTWARE)
        with open_page(browser) as (page, port):
            drags(page, port)
        with open_page(browser, View(torus(), "a torus")) as (page, port):
            turning(page, port)
        browser.close()


if __name__ == "__main__":
    main()
