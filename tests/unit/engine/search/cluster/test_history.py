"""What is known of searches by their shape."""

from engine.search.cluster.history import ShapeHistory, shape_of


def test_a_shape_is_the_text_without_its_instants() -> None:
    def body(end: str, size: int = 1) -> bytes:
        return b'{"query":{"range":{"t":{"lte":"%b"}}},"size":%d}' % (end.encode(), size)

    shape = shape_of(b"logs", body("2024-05-07T10:00:00.000Z"))
    assert shape_of(b"logs", body("2031-12-31T23:59:59.999Z")) == shape
    assert shape_of(b"logs", body("2024-05-07T10:00:00.000Z", 2)) != shape
    assert shape_of(b"other", body("2024-05-07T10:00:00.000Z")) != shape


def test_costs_rise_at_once_and_fall_by_and_by() -> None:
    history = ShapeHistory()
    assert history.expected_ms(1) is None
    history.note_cost(1, 10.0)
    assert history.expected_ms(1) == 10.0
    history.note_cost(1, 110.0)
    assert history.expected_ms(1) == 110.0
    history.note_cost(1, 10.0)
    assert history.expected_ms(1) == 80.0
    assert history.expected_ms(2) is None


def test_doubted_shapes_can_prove_themselves_excluded_ones_cannot() -> None:
    history = ShapeHistory()
    for shape in (1, 2):
        history.note_cost(shape, 1.0)
    history.doubt(1)
    history.exclude(2)
    assert [history.expected_ms(shape) for shape in (1, 2)] == [None, None]
    for shape in (1, 2):
        history.note_cost(shape, 1.0)
    assert [history.expected_ms(shape) for shape in (1, 2)] == [1.0, None]


def test_the_oldest_shapes_are_forgotten() -> None:
    history = ShapeHistory()
    for shape in range(50_001):
        history.note_cost(shape, 1.0)
    assert history.expected_ms(0) is None
    assert history.expected_ms(1) == history.expected_ms(50_000) == 1.0
