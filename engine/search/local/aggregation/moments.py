"""What extended statistics add to plain ones: variances, deviations and their bounds (embedded-search.md 7)."""

import math

from engine.model.jsonvalue import JsonObject


def spread(count: int, total: float, squares: float, sigma: float) -> JsonObject:
    """From count, sum and sum of squares; all null without values, and the sampling ones with less than two."""
    population = max((squares - total * total / count) / count, 0.0) if count else None
    sampling = max((squares - total * total / count) / (count - 1), 0.0) if count > 1 else None
    deviation, sampled = _root(population), _root(sampling)
    mean = total / count if count else None
    bounds: JsonObject = {}
    for kind, each in (("", deviation), ("_population", deviation), ("_sampling", sampled)):
        for end, sign in (("upper", sigma), ("lower", -sigma)):
            bounds[end + kind] = None if mean is None or each is None else mean + sign * each
    return {
        "sum_of_squares": squares if count else None,
        "variance": population,
        "variance_population": population,
        "variance_sampling": sampling,
        "std_deviation": deviation,
        "std_deviation_population": deviation,
        "std_deviation_sampling": sampled,
        "std_deviation_bounds": bounds,
    }


def _root(variance: float | None) -> float | None:
    return None if variance is None else math.sqrt(variance)
