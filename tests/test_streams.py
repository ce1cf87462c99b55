import numpy as np

from alcore.streams import Purpose, stream


def test_a_stream_is_a_function_of_its_name():
    first = stream(7, Purpose.QUERY, 1, 2, "entropy").integers(2**60, size=4)
    again = stream(7, Purpose.QUERY, 1, 2, "entropy").integers(2**60, size=4)
    assert np.array_equal(first, again)


def test_streams_of_other_names_differ():
    names = [
        (s, p, r, name) for s in (0, 1) for p in Purpose for r in (1, 2) for name in ("random", "core-set")
    ]
    draws = {int(stream(s, p, r, name).integers(2**62)) for s, p, r, name in names}
    assert len(draws) == len(names)
