"""A map of fields: a rectangle cut again and again across its longer side, as farmland is."""

import numpy as np

from toolbox.core.streams import generator

TURN = 0.12  # radians by which a cut leaves the right angle: no two fields are parallel
MIDDLE = (0.4, 0.6)  # where along its length a field is cut
HEDGE = 0.006  # width of what lies between two fields, in heights of the map


def field_map(count: int, *, width: float, seed: int) -> list[np.ndarray]:
    """Return `count` convex polygons (k, 2) that share a map of `width` by 1 among them."""
    rng = generator(seed, "field map")
    fields = [np.array([[0, 0], [width, 0], [width, 1], [0, 1]], float)]
    while len(fields) < count:
        largest = max(range(len(fields)), key=lambda k: area(fields[k]))
        fields[largest : largest + 1] = _cut(fields[largest], rng)
    return [_shrunk(field) for field in sorted(fields, key=_reading_order)]


def area(polygon: np.ndarray) -> float:
    """Return the area of a polygon (Gauss' formula)."""
    x, y = polygon.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def _reading_order(polygon: np.ndarray) -> tuple[int, float]:
    """Order fields by rows of a fifth of the map, then from left to right."""
    x, y = polygon.mean(axis=0)
    return int(5 * y), float(x)


def _cut(polygon: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Cut across the direction in which the polygon is longest."""
    centred = polygon - polygon.mean(axis=0)
    along = np.linalg.svd(centred, full_matrices=False)[2][0]
    angle = rng.uniform(-TURN, TURN)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    normal = turn @ along
    reach = centred @ normal
    level = reach.min() + rng.uniform(*MIDDLE) * np.ptp(reach)
    return [_side(polygon, reach - level), _side(polygon, level - reach)]


def _side(polygon: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Return the part of a convex polygon where the height of its corners is positive."""
    kept = []
    for i, corner in enumerate(polygon):
        j = (i + 1) % len(polygon)
        if height[i] >= 0:
            kept.append(corner)
        if height[i] * height[j] < 0:
            kept.append(corner + (polygon[j] - corner) * height[i] / (height[i] - height[j]))
    return np.array(kept)


def _shrunk(polygon: np.ndarray) -> np.ndarray:
    """Leave room for the hedge around a field."""
    centre = polygon.mean(axis=0)
    away = polygon - centre
    return centre + away * (1 - HEDGE / np.linalg.norm(away, axis=1, keepdims=True))
