"""Strategies: one file each, one registry, one contract. Importing them does not import torch."""

from alcore.acquisition.strategy import Needs, PoolView, Query, Strategy, get_strategy, strategy_names

# The order of these imports is the order in which strategies are shown.
from alcore.acquisition.random_sampling import Random  # isort: skip
from alcore.acquisition.entropy import Entropy, entropy_map, entropy_scores  # isort: skip
from alcore.acquisition.core_set import CoreSet, k_center_greedy, nearest_center_distance  # isort: skip

__all__ = [
    "CoreSet",
    "Entropy",
    "Needs",
    "PoolView",
    "Query",
    "Random",
    "Strategy",
    "entropy_map",
    "entropy_scores",
    "get_strategy",
    "k_center_greedy",
    "nearest_center_distance",
    "strategy_names",
]
