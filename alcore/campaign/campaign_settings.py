"""What a campaign is set to, and where it lies: ALCORE_HOME/campaigns/NAME, a run's directory and more.

config.json, environment.json, records/, weights/   as of any run
campaign.json    what is said here
split.npy        which patches the random slices are drawn from
log.jsonl        what was asked and taken, see `alcore.campaign.campaign_log`
selections/      each query as its model chose it; needed until its labels are there
batches/         the images of each query, for people and their tools
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from alcore.acquisition import Needs, get_strategy, strategy_names
from alcore.config import RunConfig, load_config
from alcore.errors import ConfigError, StoreError, did_you_mean
from alcore.home import home
from alcore.home_files import damage_reported
from alcore.json_object import read_json_object
from alcore.presentation.scenes import scenes
from alcore.server.recorded import recorded_directory
from alcore.statistics.stopping import RULES
from alcore.storage.run_store import RunStore
from alcore.study.plan import load_study

_FILE = "campaign.json"
_ADVICE = "restore a backup"


@dataclass(frozen=True)
class CampaignSettings:
    """What no config says. rule: a key of `RULES`; owner: the member whose it is, '' for nobody's; template:
    what its strategy and model were taken from.
    """

    rule: str
    owner: str = ""
    template: str = ""

    def write_to(self, directory: Path) -> None:
        """Write campaign.json into a new campaign's directory."""
        (directory / _FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read_from(cls, directory: Path) -> CampaignSettings:
        """StoreError where there is none, or a damaged one."""
        file = directory / _FILE
        values = read_json_object(file, advice=_ADVICE)
        with damage_reported(file, _ADVICE):
            return cls(**{key: str(text) for key, text in values.items()})


def campaigns_directory() -> Path:
    """ALCORE_HOME/campaigns."""
    return home() / "campaigns"


def campaign_names() -> list[str]:
    """Names of all campaigns, sorted."""
    return sorted(file.parent.name for file in campaigns_directory().glob(f"[!.]*/{_FILE}"))


def campaign_directory(name: str) -> Path:
    """Where the campaign of that name lies; StoreError where there is none."""
    if name not in campaign_names():
        known = campaign_names()
        others = f" (there are: {', '.join(known)})" if known else ""
        raise StoreError(f"there is no campaign {name!r}{did_you_mean(name, known)}{others}")
    return campaigns_directory() / name


def new_directory(name: str) -> Path:
    """Where a new campaign goes; StoreError for a name that is taken, or cannot be one."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise StoreError(f"{name!r} cannot name a campaign; take up to 64 letters, digits, dots, _ and -")
    if (campaigns_directory() / name).exists():
        raise StoreError(f"a campaign called {name!r} exists; go on with it, or take another name")
    return campaigns_directory() / name


def template_config(template: str) -> RunConfig:
    """The settings of what worked before: a run's or a study's directory, a scene, a preset or a CONFIG.json.

    Raises:
        ConfigError, StoreError: it is none of them, or cannot be read.
    """
    path = Path(template)
    if (path / "study.json").is_file():
        return load_study(path / "study.json").cells[0].config
    if (path / "config.json").is_file():
        return RunStore(path).config
    if template in scenes():
        recorded = recorded_directory(f"recorded-{scenes()[template].run}")
        assert recorded is not None, "scenes tell of recorded runs"
        return RunStore(recorded).config
    return load_config(template)


def chosen_strategy(name: str, config: RunConfig) -> str:
    """The strategy of a campaign: the one that is named, or the only one of its template.

    Raises:
        ConfigError: none is named and the template has several, or one that cannot choose without masks.
    """
    if not name and len(config.strategies) > 1:
        raise ConfigError(f"say which strategy chooses, with --strategy: {', '.join(config.strategies)}")
    strategy = get_strategy(name or config.strategies[0])
    if strategy.needs & (Needs.ORACLE | Needs.PEOPLE):
        able = [
            one for one in strategy_names() if not get_strategy(one).needs & (Needs.ORACLE | Needs.PEOPLE)
        ]
        raise ConfigError(
            f"the strategy {strategy.name!r} cannot lead a campaign, as it needs true masks or a page; "
            f"take one of {', '.join(able)}"
        )
    return strategy.name


def checked_rule(rule: str) -> str:
    """A stopping rule by its name; ConfigError where there is none."""
    if rule not in RULES:
        raise ConfigError(
            f"unknown stopping rule {rule!r}{did_you_mean(rule, RULES)} (known: {', '.join(RULES)})"
        )
    return rule
