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
from foldline.scenes.space import filled
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
    """Exact light beside fine sampling on rays of held-out pictures that meet something; its time beside 128 samples.

    Samples are spread between where a ray enters the first cell that may hold something and where it leaves the last,
    as renderers with an occupancy grid do; then over all of its way through the cube.  Where the density rises from 0
    to hundreds within a hundredth of the box they err by the square of what lies between two of them; the rays that
    are off most are sampled more finely, which says whose error that is.
    """
    net = fl.read(OUT / "elephant.safetensors")
    views = [camera.moved(net.transform).rays() for camera in elephant().part(True).cameras]
    origins, ways = (np.concatenate(parts) for parts in zip(*views, strict=True))
    order = np.random.default_rng(0).permutation(len(origins))
    on_time(net, origins[order[:n]], ways[order[:n]])
    see, cells = exactly(net), filled(net)
    exact = np.concatenate([see(origins[k], ways[k]) for k in np.array_split(order, len(order) // EXACT_RAYS)])
    met = np.flatnonzero(exact[:, 3] > 0)[:n]
    rays = [(origins[order[k]], ways[order[k]], exact[k, :4]) for k in met]
    for what, within in (("in cells that may hold something", cells), ("in all of the cube", None)):
        off = np.array([np.abs(quadrature(net, *ray[:2], fine, within) - ray[2]).max() for ray in rays])
        most = [rays[k] for k in np.argsort(-off)[:looked]]
        left = max(float(np.abs(quadrature(net, *ray[:2], finer, within) - ray[2]).max()) for ray in most)
        print(f"           from {fine:,} samples {what} at most {off.max():.1e}, above 1e-4 on {(off > 1e-4).sum()} of "
              f"{len(met)} rays; from {finer:,}, on the {looked} that are off most, at most {left:.1e}")  # fmt: skip


def on_time(net: fl.Network, origins: np.ndarray, ways: np.ndarray) -> None:
    """Exact light and 128 samples, in microseconds a ray of a picture."""
    times: list[list[float]] = [[], []]
    for see, spent in 6 * [(exactly(net), times[0]), (sampled(net, 128), times[1])]:
        begun = time.process_time()
        for k in range(0, len(origins), EXACT_RAYS):
            see(origins[k : k + EXACT_RAYS], ways[k : k + EXACT_RAYS])
        spent.append(time.process_time() - begun)
    slow, quick = (1e6 * float(np.median(spent[1:])) / len(origins) for spent in times)
    print(f"exact      {slow:.0f} us a ray, 128 samples {quick:.1f} us: {slow / quick:.1f} times")


def quadrature(
    net: fl.Network, origin: np.ndarray, way: np.ndarray, n: int, within: np.ndarray | None = None
) -> np.ndarray:
    """Red, green, blue and opacity along one ray, by n samples in the middles of equal parts of its way.

    within   the cells between the first and the last of which it goes; through all of the cube unless given
    """
    near, far = (float(ends[0]) for ends in span(origin[None], way[None]))
    if within is not None:
        near, far = between(origin, way, near, far, within)
    length = (far - near) / n
    at = near + (np.arange(n) + 0.5) * length
    outputs = net(origin + at[:, None] * way)
    taken = along(np.zeros(n, dtype=np.int64), np.maximum(outputs[:, 0], 0) * length, 1)
    told = colours(outputs, np.tile(harmonics(way, degree_of(net)), (n, 1)))
    return np.array([*(taken.sums(told[:, c])[0] for c in range(3)), 1 - taken.left[0]])


def between(
    origin: np.ndarray, way: np.ndarray, near: float, far: float, cells: np.ndarray, looks: int = 2000
) -> tuple[float, float]:
    """Where a ray is in cells for the first and the last time, by looks along it, a look to spare at both ends."""
    at = np.linspace(near, far, looks)
    corner = np.clip(((origin + at[:, None] * way + 1) / 2 * len(cells)).astype(int), 0, len(cells) - 1)
    inside = np.flatnonzero(cells[tuple(corner.T)])
    return float(at[max(inside[0] - 1, 0)]), float(at[min(inside[-1] + 1, looks - 1)])


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
