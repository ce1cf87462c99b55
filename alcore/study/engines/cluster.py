"""The Ray engine: the same tasks on a cluster, or on a Ray that is started on this machine.

The study's broker is an actor on the scheduler's node, the only one that writes to the study's directory.
Tasks may land on any node, with a shared file system or without: they hand each cycle to the broker, and get
their data set from the object store, once per node, unless they find it in a shared ALCORE_HOME.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # before the import, which reads it

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from alcore.compute.capacity import Capacity
from alcore.config import RunConfig
from alcore.data.collection import dataset_names, open_dataset, open_directory, place_of
from alcore.data.patches import Patches
from alcore.errors import ConfigError, in_a_line
from alcore.home import IMPORT_ROOT, IS_CHECKOUT, PACKAGE, home
from alcore.study.engines.engine import MOST_ATTEMPTS, given_up
from alcore.study.engines.starting import StartError, start_in_time
from alcore.study.ledger import FAILED
from alcore.study.study_store import StudyBroker
from alcore.study.tasks import Outcome, Task, perform
from alcore.wording import plural

_SECONDS_TO_KNOCK = 10
_NOT_CODE = [".venv", ".git", ".alcore", "tests", "assets/recorded", "**/__pycache__", ".*_cache"]


class RayEngine:
    """Tasks of a Ray cluster, each with the CPUs and the part of a GPU that it needs."""

    def __init__(
        self, *, address: str | None = None, workers: int | None = None, gpu_share: float = 1.0
    ) -> None:
        """Args as `alcore.study.engines.make_engine`; the cluster is joined when it is first needed."""
        self._address, self._workers, self._gpu_share = address, workers, gpu_share
        self._has_joined = False
        self._release: Callable[[], None] = lambda: None

    def describe(self) -> str:
        """Where tasks run."""
        resources = self._resources()
        gpus = f", {plural(int(resources['GPU']), 'GPU')}" if resources.get("GPU") else ""
        nodes = sum(node["Alive"] for node in ray.nodes())
        return f"a Ray cluster: {plural(nodes, 'node')}, {plural(_cpus(resources), 'CPU')}{gpus}"

    def workers_for(self, config: RunConfig) -> int:
        """See `Engine`."""
        resources = self._resources()
        needs = self._needs(config, resources)
        by_cpu = _cpus(resources) // needs["num_cpus"]
        by_gpu = int(resources["GPU"] / needs["num_gpus"]) if needs["num_gpus"] else by_cpu
        return max(1, min(by_cpu, by_gpu, self._workers or by_cpu))

    def perform_all(self, tasks: Iterable[Task], broker: StudyBroker) -> Iterator[Outcome]:
        """See `Engine`."""
        try:
            yield from self._perform_all(iter(tasks), broker, self._resources())
        finally:
            self._leave()

    def _perform_all(
        self, tasks: Iterator[Task], broker: StudyBroker, resources: Mapping[str, float]
    ) -> Iterator[Outcome]:
        remote_broker = RemoteBroker(_broker_actor(broker))
        pending: dict[ray.ObjectRef, Task] = {}
        most = max(64, 4 * _cpus(resources))  # some wait in Ray's own queue, so that no worker does
        if self._workers and self._address:  # a Ray started here has no more CPUs than that
            most = self._workers
        while True:
            while len(pending) < most and (task := next(tasks, None)):
                remote_broker.share(task.config.dataset)
                needs = self._needs(task.config, resources)
                pending[_perform_remotely.options(**needs).remote(task, remote_broker)] = task
            if not pending:
                return
            ray.wait(list(pending), num_returns=1)
            for done in ray.wait(list(pending), num_returns=len(pending), timeout=0)[0]:
                yield _outcome(pending.pop(done), done)

    def _needs(self, config: RunConfig, resources: Mapping[str, float]) -> dict[str, Any]:
        wants_gpu = config.device != "cpu" and resources.get("GPU")
        return {"num_cpus": 1, "num_gpus": self._gpu_share if wants_gpu else 0}

    def _resources(self) -> Mapping[str, float]:
        """What the cluster has, which is joined if this process is in none."""
        if not ray.is_initialized():
            self._join()
            self._has_joined = True
        return ray.cluster_resources()

    def _leave(self) -> None:
        """Leave the cluster, if this engine has joined it; one that it started ends."""
        if self._has_joined:
            ray.shutdown()
            self._release()
            self._has_joined = False

    def _join(self) -> None:
        environment = {"ALCORE_HOME": str(home())}
        quiet = {"log_to_driver": False, "logging_level": logging.WARNING}
        if self._address is None:
            environment["PYTHONPATH"] = str(IMPORT_ROOT)
            cores = self._workers or len(Capacity.here().slots(gpu_share=0))
            own = {"env_vars": environment}
            options = {"num_cpus": cores, "include_dashboard": False, "runtime_env": own}
            try:
                self._release = start_in_time(lambda: ray.init(address="local", **options, **quiet))
            except (StartError, RayError, OSError, ValueError, RuntimeError) as error:
                atexit.unregister(ray.shutdown)  # which would wait for what does not answer
                raise ConfigError(
                    f"Ray does not start on this machine ({in_a_line(error)}); end what is left of an "
                    "earlier one with `ray stop --force`, or take --engine local"
                ) from None
            return
        code = _code_for_nodes() | {"env_vars": environment}
        try:
            _knock(self._address)
            self._release = start_in_time(lambda: ray.init(address=self._address, runtime_env=code, **quiet))
        except (StartError, RayError, OSError, ValueError, RuntimeError) as error:
            reason = in_a_line(error)
            raise ConfigError(f"no Ray cluster can be joined at {self._address!r}: {reason}") from None


def _code_for_nodes() -> dict[str, object]:
    """What goes to the nodes: the checkout without its heavy folders, or only the installed package."""
    if IS_CHECKOUT:
        return {"working_dir": str(IMPORT_ROOT), "excludes": _NOT_CODE}
    return {"py_modules": [str(PACKAGE)]}


def _cpus(resources: Mapping[str, float]) -> int:
    """CPUs for tasks; a head without any is waited with until nodes come."""
    return max(1, int(resources.get("CPU", 1)))


def _knock(address: str) -> None:
    """Raise OSError if nothing listens at HOST:PORT, which would take Ray itself minutes to report."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host, int(port)), timeout=_SECONDS_TO_KNOCK).close()


def _outcome(task: Task, done: ray.ObjectRef) -> Outcome:
    try:
        return ray.get(done)
    except RayError:  # its node or process died more often than it is begun again
        return Outcome(task, FAILED, message=given_up(task))


@ray.remote(max_retries=MOST_ATTEMPTS - 1)
def _perform_remotely(task: Task, broker: RemoteBroker) -> Outcome:
    return perform(task, broker)


def _broker_actor(broker: StudyBroker) -> ray.actor.ActorHandle:
    """The broker where the study's directory is: on this node and no other."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    options = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1, "max_concurrency": 4}
    return ray.remote(StudyBroker).options(scheduling_strategy=here, **options).remote(broker.directory)


@dataclass(frozen=True)
class _Shipment:
    """A data set in the object store: its files, by name, as (n,) uint8."""

    fingerprint: str
    files: Mapping[str, ray.ObjectRef]


@dataclass(frozen=True)
class RemoteBroker:
    """The broker as tasks on other nodes see it."""

    actor: ray.actor.ActorHandle
    shipments: dict[str, _Shipment] = field(default_factory=dict)

    def share(self, name: str) -> None:
        """Put a data set into the object store, once; for the scheduler."""
        if name not in self.shipments:
            directory = place_of(name)
            paths = [path for path in directory.glob("*") if path.is_file()] if directory else []
            files = {path.name: ray.put(np.fromfile(path, dtype=np.uint8)) for path in paths}
            self.shipments[name] = _Shipment(open_dataset(name).fingerprint, files)

    def patches(self, name: str) -> Patches:
        """An open data set: of a shared ALCORE_HOME, or shipped to this node."""
        return _patches(name, self.shipments[name])

    def fetch(self, task: Task) -> dict[str, bytes]:
        """As `StudyBroker.fetch`."""
        return _answer(self.actor.fetch.remote(task))

    def deliver(self, task: Task, files: Mapping[str, bytes]) -> bool:
        """As `StudyBroker.deliver`."""
        return _answer(self.actor.deliver.remote(task, files))


def _answer(reference: ray.ObjectRef) -> Any:  # noqa: ANN401  Ray knows no types of an actor's answers
    """What the actor answers; its own exceptions are raised as they are there."""
    try:
        return ray.get(reference)
    except RayTaskError as error:
        raise error.cause from None


_opened: dict[str, Patches] = {}
"""This worker process's data sets, by fingerprint."""


def _patches(name: str, shipment: _Shipment) -> Patches:
    if shipment.fingerprint not in _opened:
        _opened[shipment.fingerprint] = _shared(name, shipment) or _unpack(name, shipment)
    return _opened[shipment.fingerprint]


def _shared(name: str, shipment: _Shipment) -> Patches | None:
    """The data set as this node has it already; None where it has none, or another."""
    if name not in dataset_names():
        return None
    patches = open_dataset(name)
    return patches if patches.fingerprint == shipment.fingerprint else None


def _unpack(name: str, shipment: _Shipment) -> Patches:
    """Unpack the data set on this node's disk, completely or not at all, for all its workers."""
    root = Path(tempfile.gettempdir()) / f"alcore-data-{os.getuid()}"
    root.mkdir(mode=0o700, exist_ok=True)
    place = root / shipment.fingerprint.replace("/", "_")
    with FileLock(root / f"{place.name}.lock"):
        if not place.exists():
            partial = Path(tempfile.mkdtemp(dir=root))
            try:
                for file, reference in shipment.files.items():
                    ray.get(reference).tofile(partial / file)
                partial.rename(place)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
    return open_directory(place, name)
