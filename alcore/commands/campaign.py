"""The command line's part about campaigns: python -m alcore campaign COMMAND."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alcore.errors import AlcoreError

if TYPE_CHECKING:
    from alcore.campaign.campaign import Campaign
    from alcore.campaign.campaign_events import CampaignEvent
    from alcore.experiment.cycle import Progress

campaign_app = typer.Typer(
    help="Label images batch by batch: a run with people in the place of the oracle.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="The campaign's name.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")]


@campaign_app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="The campaign's name from now on.")],
    dataset: Annotated[str, typer.Option(help="An imported data set with images that have no label.")],
    template: Annotated[
        str,
        typer.Option(
            "--from", help="What worked before: a run's or study's directory, a scene, a preset or a config."
        ),
    ] = "demo",
    strategy: Annotated[str, typer.Option(help="What chooses; needed where --from has several.")] = "",
    query_size: Annotated[
        int | None, typer.Option(help="Images in a batch, the random slice included; else as --from.", min=2)
    ] = None,
    batches: Annotated[
        int | None, typer.Option(help="Batches that are planned; by default as --from.", min=1)
    ] = None,
    random_slice: Annotated[
        float, typer.Option(help="Share of all labels that judges the model, drawn at random.")
    ] = 0.1,
    stop: Annotated[
        str, typer.Option(help="The rule that says when to stop; an unknown one lists all.")
    ] = "all of the budget",
    seed: Annotated[int | None, typer.Option(help="One seed, one campaign; else as --from.", min=0)] = None,
    as_json: AsJson = False,
) -> None:
    """Begin a campaign. Labels that are there are its first batch."""
    with _reported(as_json=as_json) as say:
        from alcore.campaign.campaign import Wishes, new_campaign
        from alcore.campaign.campaign_events import BatchAsked

        wishes = Wishes(
            dataset=dataset,
            template=template,
            strategy=strategy,
            query_size=query_size,
            batches=batches,
            share=random_slice,
            rule=stop,
            seed=seed,
        )
        new_campaign(name, wishes)
        say(BatchAsked(name, "made", 0))


@campaign_app.command("next")
def next_(
    name: Name,
    without_missing: Annotated[
        bool,
        typer.Option("--without-missing", help="Do not wait for missing labels; they may come any time."),
    ] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Go on though the stopping rule says stop.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train on what is labelled, and ask for the next batch."""
    with _reported(as_json=as_json) as say:
        from alcore.campaign.asking import next_batch
        from alcore.campaign.campaign import Campaign

        campaign = Campaign(name)
        step = next_batch(
            campaign, without_missing=without_missing, anyway=anyway, follow=_followed(say, as_json=as_json)
        )
        _say_step(campaign, step.state, step.batch, step.why, say)


@campaign_app.command("take")
def take(
    name: Name,
    export: Annotated[Path, typer.Argument(help="What the tool exported: a file, folder or zip.")],
    format: Annotated[
        str, typer.Option(help="auto, or a format such as coco; an unknown one lists all.")
    ] = "auto",
    classes: Annotated[
        str, typer.Option(help="Mask values, or classes by number or name, that are defective.")
    ] = "",
    ignore: Annotated[str, typer.Option(help="Mask values or classes that mean 'unknown'.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take labels in."""
    with _reported(as_json=as_json) as say:
        from alcore.campaign.campaign import Campaign
        from alcore.campaign.campaign_events import LabelsTaken
        from alcore.campaign.taking import take_labels
        from alcore.data.importing.option_texts import classes_in
        from alcore.data.importing.options import Foreground

        (wanted, names), (ignored, ignored_names) = classes_in(classes), classes_in(ignore)
        foreground = Foreground(
            classes=wanted or None, names=names, ignored=ignored, ignored_names=ignored_names
        )
        taken = take_labels(Campaign(name), export, format_name=format, foreground=foreground)
        say(LabelsTaken(name, *taken))


@campaign_app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="The campaign's name; without one, all are listed.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say where a campaign stands: labels, their price, and how good the model is."""
    with _reported(as_json=as_json) as say:
        from alcore.campaign.campaign import Campaign
        from alcore.campaign.campaign_settings import campaign_names
        from alcore.campaign.standing import standing_of

        for one in [name] if name else campaign_names():
            say(standing_of(Campaign(one)))


@campaign_app.command("stop")
def stop_(
    name: Name,
    why: Annotated[str, typer.Option(help="A reason, for the log.")] = "stopped by hand",
    as_json: AsJson = False,
) -> None:
    """End a campaign for good; a last batch that is labelled is trained on first."""
    with _reported(as_json=as_json) as say:
        from alcore.campaign.asking import finish
        from alcore.campaign.campaign import Campaign

        campaign = Campaign(name)
        step = finish(campaign, why, follow=_followed(say, as_json=as_json))
        _say_step(campaign, step.state, step.batch, step.why, say)


def _say_step(
    campaign: Campaign, state: str, batch: int, why: str, say: Callable[[CampaignEvent], None]
) -> None:
    from alcore.campaign.campaign_events import BatchAsked
    from alcore.campaign.standing import missing_names, standing_of

    history = campaign.log.read()
    folder = "" if state == "ended" else str(campaign.images_of(batch))
    images = len(history.asked[batch].items) if batch in history.asked else 0
    missing = missing_names(campaign, history, batch if batch in history.asked else 0)
    say(BatchAsked(campaign.name, state, batch, folder, images, missing, why))
    if state == "ended":
        say(standing_of(campaign))


def _followed(say: Callable[[CampaignEvent], None], *, as_json: bool) -> Callable[[Progress], None]:
    """What training and ranking report to: lines for scripts, about a hundred a phase; nothing for people."""
    from alcore.campaign.campaign_events import CampaignProgress

    said: tuple[int, str, int] | None = None

    def follow(progress: Progress) -> None:
        nonlocal said
        batch, phase = progress.key.cycle, progress.phase
        now = (batch, phase, 100 * progress.done // max(progress.total, 1))
        if as_json and now != said:
            said = now
            say(CampaignProgress(batch, phase, progress.done, progress.total))

    return follow


@contextmanager
def _reported(*, as_json: bool) -> Iterator[Callable[[CampaignEvent], None]]:
    """Where events go; a script finds on stdout, too, why something failed."""
    from alcore.campaign.campaign_events import CampaignFailed, to_line
    from alcore.campaign.campaign_sentences import in_sentences

    def say(event: CampaignEvent) -> None:
        for line in [to_line(event)] if as_json else in_sentences(event):
            print(line, flush=True)

    try:
        yield say
    except (AlcoreError, OSError) as error:
        if as_json:
            say(CampaignFailed(str(error)))
        raise
