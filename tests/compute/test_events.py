"""Events between processes: every kind through its line and back, and what is no event."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alcore.compute import events
from alcore.compute.events import Ended, EventWriter, Note, Ready, RecordCommitted, RunProgress, StateChanged
from alcore.data.importing import import_events
from alcore.errors import DataError, StoreError
from alcore.experiment.cycle_key import Phase

texts, counts = st.text(max_size=40), st.integers(0, 10**9)
seconds = st.floats(0, 1e9)
run_events = st.one_of(
    st.builds(Ready, st.lists(texts)),
    st.builds(StateChanged, texts),
    st.builds(
        RunProgress,
        strategy=texts,
        repetition=counts,
        cycle=counts,
        phase=st.sampled_from(Phase),
        done=counts,
        total=counts,
        finished=counts,
        records=counts,
        share=st.floats(0, 1),
        elapsed=seconds,
        left=st.none() | seconds,
        pace=st.none() | st.floats(0, 1),
    ),
    st.builds(RecordCommitted, texts, counts, counts, counts, counts),
    st.builds(Note, texts),
    st.builds(Ended, texts, texts),
)
ends = st.builds(
    import_events.ImportEnded,
    texts,
    texts,
    texts,
    counts,
    counts,
    st.lists(texts),
    st.dictionaries(texts, texts),
)


@given(run_events)
def test_an_event_comes_back_from_its_line(event):
    line = events.to_line(event)
    assert "\n" not in line
    assert events.from_line(line) == event
    assert json.loads(line)["event"] == event.event


@given(st.one_of(st.builds(import_events.ImportProgress, counts, counts), ends))
def test_an_event_of_an_import_comes_back_from_its_line(event):
    line = import_events.to_line(event)
    assert "\n" not in line
    assert import_events.from_line(line) == event


def test_a_phase_that_does_not_exist_is_no_event():
    progress = RunProgress("random", 1, 1, Phase.TRAINING, 0, 9, 0, 9, 0.1, 1.0, None)
    line = events.to_line(progress)
    assert events.from_line(line).phase is Phase.TRAINING
    with pytest.raises(StoreError, match="no event"):
        events.from_line(line.replace("training", "dreaming"))
    with pytest.raises(DataError, match="no event"):
        import_events.from_line('{"event": "progress", "done": 1, "total": 2, "phase": "dreaming"}')


@pytest.mark.parametrize("line", ["", "[]", "3", "{}", '{"event": "lunch"}', '{"event": "ended"}', "{"])
def test_what_is_no_event_is_one_sentence(line):
    with pytest.raises(StoreError, match="no event"):
        events.from_line(line)
    if line != '{"event": "ended"}':
        with pytest.raises(DataError, match="no event"):
            import_events.from_line(line)


def test_a_writer_writes_a_line_per_event():
    stream = io.StringIO()
    write = EventWriter(stream)
    written = [
        RunProgress("random", 1, 1, "training", 0, 9, 0, 9, 0.1, 1.0, None),
        RecordCommitted("random", 1, 1, 1, 9),
        Ended("finished"),
    ]
    for event in written:
        write(event)
    assert [events.from_line(line) for line in stream.getvalue().splitlines()] == written


def test_an_import_that_lost_something_says_so():
    ended = import_events.ImportEnded(
        "finished",
        name="mine",
        patches=30,
        defective=10,
        skipped={"b.png": "b.png is torn"},
        warnings=["1 defect lost"],
    )
    assert ended.sentences() == [
        "mine: 30 patches, 10 defective (33.3 %)",
        "1 defect lost",
        "skipped b.png: b.png is torn",
    ]
    assert import_events.ImportEnded("failed", "it is no zip").sentences() == ["it is no zip"]


def test_a_line_from_before_a_key_was_renamed_is_still_read():
    assert import_events.from_line('{"event": "ended", "status": "finished", "mind": ["1 defect lost"]}') == (
        import_events.ImportEnded("finished", warnings=["1 defect lost"])
    )
