"""Strategies: one file each, one registry, one contract. Importing them does not import torch."""

from alcore.acquisition.strategy import (
    Needs,
    PoolView,
    Query,
    Strategy,
    current_name,
    get_strategy,
    strategy_names,
)

# The order of these imports is the order in which strategies are shown.
from alcore.acquisition.random_sampling import Random  # isort: skip
from alcore.acquisition.entropy import Entropy, entropy_map, entropy_scores  # isort: skip
from alcore.acquisition.core_set import CoreSet, k_center_greedy  # isort: skip
from alcore.acquisition.nearest_center import nearest_center_distance  # isort: skip
from alcore.acquisition.entropy_top import EntropyTop  # isort: skip
from alcore.acquisition.entropy_max import EntropyMax  # isort: skip
from alcore.acquisition.entropy_diverse import EntropyDiverse  # isort: skip
from alcore.acquisition.tta_disagreement import TtaDisagreement, mutual_information_map  # isort: skip
from alcore.acquisition.badge import Badge, k_means_plus_plus  # isort: skip
from alcore.acquisition.typiclust import TypiClust, typicality  # isort: skip
from alcore.acquisition.oracle_random import OracleRandom  # isort: skip

__all__ = [
    "Badge",
    "CoreSet",
    "Entropy",
    "EntropyDiverse",
    "EntropyMax",
    "EntropyTop",
    "Needs",
    "OracleRandom",
    "PoolView",
    "Query",
    "Random",
    "Strategy",
    "TtaDisagreement",
    "TypiClust",
    "current_name",
    "entropy_map",
    "entropy_scores",
    "get_strategy",
    "k_center_greedy",
    "k_means_plus_plus",
    "mutual_information_map",
    "nearest_center_distance",
    "strategy_names",
    "typicality",
]
