"""Scenes: how near fields of radiance come to pictures they were not fitted to, and what exact pictures cost.

    python bench/scenes.py [elephant|opaque|two|exact|memory ...]

Times are processor seconds, of all cores together: 60 s on two cores are 120.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np

import foldline as fl
from foldline.data.rays import Thing, photographed
from foldline.radiance import along, colours, degree_of, harmonics, span
from foldline.scene import Scene
from foldline.scenes.fitting import fit_scene
from foldline.scenes.render import EXACT_RAYS, exactly, sampled
from foldline.scenes.score import score
from foldline.scenes.surface import LEVEL, coloured, density_of

MESHES = Path(__file__).parents[1] / "data" / "mesh"
OUT = Path("out/bench")


def stripes(points: np.ndarray) -> np.ndarray:
    """Bands of two colours along the longest axis."""
    along = points[:, int(np.argmax(np.ptp(points, axis=0)))]
    wave = 0.5 + 0.5 * np.sign(np.sin(14 * np.pi * (along - along.min()) / max(float(np.ptp(along)), 1e-9)))
    return wave[:, None] * [0.85, 0.2, 0.15] + (1 - wave[:, None]) * [0.95, 0.85, 0.4]


def checks(points: np.ndarray) -> np.ndarray:
    """A checkered blue and green."""
    side = np.ptp(points, axis=0).max() / 8
    odd = np.floor(points / side).astype(int).sum(axis=1) % 2
    return np.where(odd[:, None] > 0, [[0.15, 0.3, 0.75]], [[0.3, 0.7, 0.45]])


def elephant(**how: object) -> Scene:
    return photographed(fl.read(MESHES / "elephant.off"), **how)  # type: ignore[arg-type]


def two(**how: object) -> Scene:
    """A knot in bands and a part in checks, side by side, both with a highlight that moves with who looks."""
    knot, part = (fl.read(MESHES / name) for name in ("knot1.off", "fandisk.off"))
    placed = []
    for mesh, shift in ((knot, -0.55), (part, 0.55)):
        lo, hi = mesh.bounds
        placed.append(mesh.transformed(1 / float((hi - lo).max()), (lo + hi) / 2))
        placed[-1] = placed[-1].transformed(1.0, [-shift, 0.0, 0.0])
    return photographed([Thing(placed[0], stripes, 0.5), Thing(placed[1], checks, 0.5)], **how)  # type: ignore[arg-type]


def fitted(name: str, scene: Scene, steps: int, judge: Scene) -> fl.Network:
    """Fit, say how it went, and keep the field."""
    OUT.mkdir(parents=True, exist_ok=True)
    begun = time.process_time()
    net = fit_scene(scene, steps=steps)
    cost = time.process_time() - begun
    told = score(net, judge.part(True), exact=True)
    over = f"{told['foreground_psnr']:6.2f} dB where the thing is"
    print(f"{name:10} {steps:5} steps {cost:6.1f} s  held out {told['psnr']:6.2f} dB, {over}, SSIM {told['ssim']:.4f}")
    net.save(OUT / f"{name}.safetensors", force=True)
    return net


def on_elephant(steps: int = 1500) -> None:
    net = fitted("elephant", elephant(), steps, elephant())
    begun = time.process_time()
    found = fl.surface(density_of(net), fl.Box([-1] * 3, [1] * 3), -LEVEL)
    mesh = coloured(found.mesh, net).transformed(net.transform.inverse.scale, net.transform.inverse.shift)
    cost = time.process_time() - begun
    true = fl.read(MESHES / "elephant.off")
    lo, hi = true.bounds
    apart = mesh.distance_to(true.transformed(1.8 / float((hi - lo).max()), (lo + hi) / 2)).chamfer
    told = f"closed {mesh.closed}, certified {found.proof.certified}, complete {found.proof.complete}"
    print(f"surface    {found.mesh.n_faces:,} polygons in {cost:.0f} s, {told}, CD {apart:.2e}")
    mesh.save(OUT / "elephant.ply", force=True)


def on_opaque(steps: int = 1500) -> None:
    fitted("opaque", elephant(alpha=False), steps, elephant())


def on_two(steps: int = 1500) -> None:
    fitted("two", two(), steps, two())


def on_exact(n: int = 1000, fine: int = 10_000, finer: int = 100_000, looked: int = 10) -> None:
    """Exact light beside fine sampling on rays of a held-out picture, and beside 128 samples in time.

    Where the density rises from 0 to hundreds within a hundredth of the box even 10,000 samples a ray are off by more
    than 1e-4; the rays that are off most are sampled more finely, which says whose error that is.
    """
    net = fl.read(OUT / "elephant.safetensors")
    camera = elephant().part(True).cameras[1].moved(net.transform)
    origins, ways = camera.rays()
    chosen = np.random.default_rng(0).choice(len(origins), n, replace=False)
    origins, ways = origins[chosen], ways[chosen]
    see, cheap = exactly(net), sampled(net, 128)
    times: list[list[float]] = [[], []]
    for way, spent in 6 * [(see, times[0]), (cheap, times[1])]:
        begun = time.process_time()
        for k in range(0, n, EXACT_RAYS):
            way(origins[k : k + EXACT_RAYS], ways[k : k + EXACT_RAYS])
        spent.append(time.process_time() - begun)
    slow, quick = (1e6 * float(np.median(spent[1:])) / n for spent in times)
    print(f"exact      {slow:.0f} us a ray, 128 samples {quick:.1f} us: {slow / quick:.1f} times")
    exact = see(origins, ways)
    met = np.flatnonzero(exact[:, 3] > 0)
    off = np.array([np.abs(quadrature(net, origins[k], ways[k], fine) - exact[k, :4]).max() for k in met])
    most = met[np.argsort(-off)[:looked]]
    left = max(float(np.abs(quadrature(net, origins[k], ways[k], finer) - exact[k, :4]).max()) for k in most)
    print(f"           from {fine:,} samples at most {off.max():.1e}, above 1e-4 on {(off > 1e-4).sum()} of {len(met)} "
          f"rays; from {finer:,} samples, on the {looked} that are off most, at most {left:.1e}")  # fmt: skip


def quadrature(net: fl.Network, origin: np.ndarray, way: np.ndarray, n: int) -> np.ndarray:
    """Red, green, blue and opacity along one ray, by n samples in the middles of equal parts of its way."""
    near, far = span(origin[None], way[None])
    length = (far[0] - near[0]) / n
    at = near[0] + (np.arange(n) + 0.5) * length
    outputs = net(origin + at[:, None] * way)
    taken = along(np.zeros(n, dtype=np.int64), np.maximum(outputs[:, 0], 0) * length, 1)
    told = colours(outputs, np.tile(harmonics(way, degree_of(net)), (n, 1)))
    return np.array([*(taken.sums(told[:, c])[0] for c in range(3)), 1 - taken.left[0]])


def on_memory(views: int = 100, size: int = 800) -> None:
    """A hundred pictures of 800 x 800: the most memory a short fit takes."""
    small = elephant(views=views, held_out=0, size=size // 8)
    pictures = [picture.repeat(8, 0).repeat(8, 1) for picture in small.pictures]
    cameras = [replace_size(camera, 8) for camera in small.cameras]
    fit_scene(Scene(cameras, pictures, box=small.box, background=small.background), steps=20, holdout=0.0)
    print(f"memory     {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def replace_size(camera: fl.scene.Camera, by: int) -> fl.scene.Camera:
    focal, centre = (tuple(by * value for value in values) for values in (camera.focal, camera.centre))
    return fl.scene.Camera(camera.pose, by * camera.width, by * camera.height, focal, centre)


ALL = {"elephant": on_elephant, "opaque": on_opaque, "two": on_two, "exact": on_exact, "memory": on_memory}

if __name__ == "__main__":
    for name in sys.argv[1:] or ALL:
        ALL[name]()
