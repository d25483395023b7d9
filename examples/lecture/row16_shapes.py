"""
One shape four ways
===================

Voxels, points, triangles of a grid, and a network's exact surface; bytes and distances.

Drawn by `foldline figure shapes`.
"""

from foldline.lecture.shapes import State, ask

answer = ask(State(resolutions=(32, 64)))
exact = answer.exact
print(f"network: {answer.network_bytes:,} bytes; its surface: {exact.n_faces:,} polygons, Euler {exact.euler}")
for form in answer.forms:
    print(f"{form.n}^3 {form.kind:9} {form.size:9,} bytes, mean distance to the exact surface {form.mean:.5f}")
    if form.kind == "triangles":
        print(f"Euler number of the triangles: {form.mesh.euler}")
