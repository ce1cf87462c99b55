"""The strategy in CONTRIBUTING.md works as printed: anyone who copies it has one that keeps the contract."""

import re

import numpy as np
import torch

from alcore.acquisition import PoolView, strategy
from tests.conftest import ROOT


def test_the_documented_strategy_can_be_copied(monkeypatch):
    monkeypatch.setattr(strategy, "_REGISTRY", {})
    code = re.search(
        r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL
    )[1]
    assert len(code.splitlines()) <= 40
    exec(compile(code, "CONTRIBUTING.md", "exec"), {})
    (area,) = strategy._REGISTRY.values()
    logits = torch.randn(30, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    logits[4] = 0.0
    scores = area.score(logits).numpy()
    query = area.query(PoolView(30, scores=scores), query_size=5, rng=np.random.default_rng(0))
    assert query.rows[0] == 4, "even odds in every pixel are the least certain"
    assert area.help.endswith(".")
