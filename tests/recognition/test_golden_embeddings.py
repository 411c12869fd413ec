"""Real weights give the numbers they gave before: detection, alignment, colours, scale unchanged.

A difference means that kept embeddings can no longer be compared with new ones.
"""

import numpy as np
import pytest

PHOTOS = ("obama.jpg", "obama2.jpg", "biden.jpg", "lin-manuel-miranda.png")
PAIRS = np.triu_indices(len(PHOTOS), 1)
GOLDEN = {
    "mini": (
        [0.1689, -0.0279, -0.0056, 0.0025, -0.0787, 0.0202],
        [0.7318, -0.0409, 0.0213, 0.0578, 0.0666, -0.1126],
    ),
    "dlib": (
        [-0.0667, 0.0874, 0.0103, -0.0611, -0.0009, 0.0079],
        [0.9627, 0.8120, 0.8906, 0.8441, 0.8817, 0.8149],
    ),
}


@pytest.mark.parametrize("recogniser_name", ["mini", "dlib"])
def test_embeddings_are_those_of_the_day_they_were_first_kept(request, photo, recogniser_name):
    recogniser = request.getfixturevalue(recogniser_name)
    rows = []
    for name in PHOTOS:
        image = photo(name)
        face = recogniser.detector.detect(image)[0]
        aligned = recogniser.embedder.align(image, face.landmarks_xy)
        rows.append(recogniser.embedder.embed([aligned])[0])
    first_values, cosines = GOLDEN[recogniser_name]
    assert rows[0][:6] == pytest.approx(first_values, abs=2e-3)
    together = np.stack(rows)
    assert (together @ together.T)[PAIRS] == pytest.approx(cosines, abs=5e-3)
