"""One shape four ways: voxels, points, triangles of a grid, and a network's exact surface; bytes and distances.

Drawn by `foldline figure shapes`.
"""

from foldline.lecture.shapes import elephant, forms

network, exact = elephant()
print(f"network: {4 * network.n_parameters:,} bytes; its surface: {exact.n_faces:,} polygons, Euler {exact.euler}")
for n in (32, 64):
    for form in forms(n):
        print(f"{n}^3 {form.kind:9} {form.size:9,} bytes, mean distance to the exact surface {form.mean:.5f}")
    print(f"Euler number of the triangles: {forms(n)[2].mesh.euler}")
