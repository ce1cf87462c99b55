"""One queue per device, by whatever name a run asks for it."""

import pytest

from alcore.server import lanes
from alcore.server.lanes import Lanes


def lanes_of(devices, found):
    queues = Lanes(lambda _: None, found=lambda: found)
    return [queues.of(device) for device in devices]


@pytest.mark.parametrize("first", ["cpu", "mps", "cuda:0"])
def test_auto_waits_with_the_device_that_it_takes(first):
    auto, named, other = lanes_of(["auto", first, "cuda:1"], [first, "cpu"])
    assert auto == named != other


def test_cuda_is_its_first_device():
    assert lanes_of(["cuda", "cuda:0", "cpu"], ["cuda:0", "cuda:1", "cpu"]) == ["auto", "auto", "cpu"]
    assert lanes_of(["cuda", "cuda:0", "cpu"], ["cpu"]) == ["cuda:0", "cuda:0", "auto"]


@pytest.mark.parametrize(
    ("machine", "likely"), [(("Darwin", "arm64"), "mps"), (("Linux", "x86_64"), "cpu")], ids=str
)
def test_before_a_worker_has_said_the_machine_says_what_auto_takes(monkeypatch, machine, likely):
    monkeypatch.setattr(lanes.platform, "system", lambda: machine[0])
    monkeypatch.setattr(lanes.platform, "machine", lambda: machine[1])
    monkeypatch.setattr(lanes.Path, "exists", lambda _: False)
    assert lanes_of(["auto", likely], None) == ["auto", "auto"]


def test_a_run_that_waits_for_auto_is_found_in_the_queue_of_its_device():
    done = []
    queues = Lanes(done.append, found=lambda: ["mps", "cpu"])
    queues.put("one", "auto")
    queues.put("two", "mps")
    assert list(queues.turns(queues.of("mps"))) == ["one", "two"]
    assert queues.of(queues.lane_with("two")) == queues.of("auto")
    queues.close()
