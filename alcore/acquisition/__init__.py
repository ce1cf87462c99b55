"""Strategies: one file each, one registry, one contract. Importing them does not import torch."""

from alcore.acquisition.strategy import (
    Needs,
    PoolView,
    Query,
    Strategy,
    asking_prevalence,
    current_name,
    get_strategies,
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
from alcore.acquisition.oracle_balanced import OracleBalanced33, OracleBalanced66  # isort: skip
from alcore.acquisition.most_likely_defective import MostLikelyDefective, peak_probability  # isort: skip
from alcore.acquisition.power_entropy import PowerEntropy, power_draw  # isort: skip
from alcore.acquisition.class_balanced_power_entropy import ClassBalancedPowerEntropy  # isort: skip
from alcore.acquisition.galaxy import Galaxy  # isort: skip
from alcore.acquisition.balanced_selection import Base  # isort: skip
from alcore.acquisition.mc_dropout import McDropout  # isort: skip
from alcore.acquisition.malls import Malls, medial_weights  # isort: skip
from alcore.acquisition.people import You, asks_people, refuse_people  # isort: skip

__all__ = [
    "Badge",
    "Base",
    "ClassBalancedPowerEntropy",
    "CoreSet",
    "Entropy",
    "EntropyDiverse",
    "EntropyMax",
    "EntropyTop",
    "Galaxy",
    "Malls",
    "McDropout",
    "MostLikelyDefective",
    "Needs",
    "OracleBalanced33",
    "OracleBalanced66",
    "OracleRandom",
    "PoolView",
    "PowerEntropy",
    "Query",
    "Random",
    "Strategy",
    "TtaDisagreement",
    "TypiClust",
    "You",
    "asking_prevalence",
    "asks_people",
    "current_name",
    "entropy_map",
    "entropy_scores",
    "get_strategies",
    "get_strategy",
    "k_center_greedy",
    "k_means_plus_plus",
    "medial_weights",
    "mutual_information_map",
    "nearest_center_distance",
    "peak_probability",
    "power_draw",
    "refuse_people",
    "strategy_names",
    "typicality",
]
