"""An image as a function of the plane: fitted, measured, and cut into the regions it is made of.

Drawn by `foldline figure image`.
"""

from foldline.lecture.image import State, ask

answer = ask(State())
print(f"PSNR {answer.psnr:.2f} dB; bytes of pixels, PNG and network: {answer.bytes}")
found = answer.regions
print(f"{len(found)} regions round the pupil; darkest {found.extrema()[0].min():.3f}")
small = ask(State(hidden=(16, 16), steps=200))
print(f"2-16-16-3 after 200 steps: {small.psnr:.2f} dB, {small.bytes[2]} bytes, {len(small.regions)} regions there")
