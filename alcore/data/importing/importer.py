"""A source of any known format -> a data set, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np

from alcore.data.dataset_writer import ImportReport, PackedPatch, PatchSizeError, write_dataset
from alcore.data.importing.annotation_signs import left_unread, unread
from alcore.data.importing.cutting_choice import decided, ways_to_try
from alcore.data.importing.first_look import look_at_all
from alcore.data.importing.formats import Format, Recognised, choose
from alcore.data.importing.import_events import ImportPhase, ImportProgress
from alcore.data.importing.layout_doubt import check_layout, left_over, without_truth
from alcore.data.importing.mask_colors import listed
from alcore.data.importing.mask_rule import chosen_classes, ignored_values, rule_of
from alcore.data.importing.opened_source import open_source
from alcore.data.importing.options import ImportOptions, Sample, values_in_words
from alcore.data.importing.pace import Pace
from alcore.data.importing.patch_choice import (
    ImageCuts,
    PatchSize,
    Way,
    add_up,
    offered,
    suggested,
    too_many_vanish,
    ways_for,
)
from alcore.data.importing.patterns import words_in, words_of
from alcore.data.importing.regions import ANY_IMAGE, WithoutRegions, limited
from alcore.data.importing.sample_reader import Outcome, SampleReader
from alcore.data.importing.side_by_side import in_order
from alcore.data.importing.source_files import Source, shown
from alcore.data.importing.without_labels import packed_without_labels
from alcore.data.stored import DatasetInfo
from alcore.errors import DataError
from alcore.wording import percent, plural

T = TypeVar("T")

_MOST_TRIED = 1000
"""Images on which other patch sizes are tried."""
_MOST_LOOKED_AT = 400
"""Images that decide whether tiles are cut, where the user did not choose."""


def import_dataset(
    source: Source | Path,
    target: Path,
    *,
    format_name: str = "auto",
    options: ImportOptions | None = None,
    follow: Callable[[ImportProgress], None] = lambda _progress: None,
    workers: int | None = None,
) -> DatasetInfo:
    """Import a folder or a zip file as the data set `target`.

    Args:
        source: where the files are.
        target: the new data set's directory; its last part is the name.
        format_name: a key of `FORMATS`, or auto.
        follow: called with how far it is; it may raise to stop.
        workers: that read side by side, by default one for each core; changes no byte.
    Raises:
        DataError: anything that cannot be used; nothing is left at `target` then.
    """
    return Import(source, format_name=format_name, options=options, follow=follow, workers=workers).write(
        target
    )


class Import:
    """A source of which it is known how to read it: its layout, its pairs, and what its masks mean.

    notes: that in words, one sentence each. colors: of masks in colours or palettes, red, green, blue and
    share of all pixels, the largest first.
    """

    def __init__(
        self,
        source: Source | Path,
        *,
        format_name: str = "auto",
        options: ImportOptions | None = None,
        follow: Callable[[ImportProgress], None] = lambda _progress: None,
        workers: int | None = None,
    ) -> None:
        """Pair images with masks and look at the masks' values; as `import_dataset`."""
        options = options or ImportOptions()
        _check(options)
        given: Source = open_source(source) if isinstance(source, Path) else source
        source = self._source = WithoutRegions(given, options.roi) if options.roi else given
        self._report, self._pace, self._workers = ImportReport(), Pace(follow), workers
        self._sizes: tuple[list[PatchSize], PatchSize | None] | None = None
        self._refuse = partial(_refuse, self._report, options)
        chosen = choose(source, format_name, options)
        chosen.check_boxes(options)
        options = replace(options, foreground=chosen.form.resolved(options.foreground))
        samples = self._paired(source, chosen, options, is_found=format_name == "auto")
        ignored = ignored_values(chosen.form, options.foreground)
        seen = look_at_all(source, samples, options, ignored, self._pace, workers)
        self.notes, self._format = [chosen.sentence(), *left_unread(source, chosen.name)], chosen.name
        self.notes += without_truth(chosen, source, samples, set(self._report.skipped))
        if any(sample.masks for sample in samples):
            named = (*(options.foreground.classes or ()), *options.foreground.ignored)
            foreground, rule = rule_of(chosen.form, options.foreground, seen.census)
            options = replace(options, foreground=replace(foreground, ignored=ignored))
            samples = chosen.form.pair(seen.source, options, lambda _name, _reason: None)
            self.notes += [seen.census.sentence(), *rule]
            absent = seen.census.absent(named)
            self.notes += [f"in no mask, so they have no effect: {values_in_words(absent)}"] if absent else []
            if ignored:
                self.notes.append(f"unknown, neither clean nor defective: {values_in_words(ignored)}")
        elif chosen.form.chosen_by == "classes":
            self.notes += chosen_classes(options.foreground)
        if options.roi:
            samples, outside = limited(samples, given, options.roi, chosen.images or ANY_IMAGE)
            self.notes.append(outside)
        if options.group:
            samples, together = grouped(samples, options.group)
            self.notes.append(together)
        self.colors = listed(seen.census.colors + seen.census.in_palettes)
        self._samples, self._reader = samples, SampleReader(source, options, seen.levels)
        if options.tile is None:
            self._decide_cutting(chosen.form)

    def _paired(
        self, source: Source, chosen: Recognised, options: ImportOptions, *, is_found: bool
    ) -> list[Sample]:
        """The pairs of a layout; raises where it was found by itself and cannot be taken without a yes."""
        is_found = is_found and chosen.name != "patterns"
        if is_found:
            check_layout(chosen, source, options)
        samples = _paired(chosen, source, options, self._refuse)
        if is_found:
            for name, reason in left_over(chosen, samples, set(self._report.skipped)).items():
                self._refuse(name, reason)
        return samples

    def write(self, target: Path, *, unlabelled: Sequence[Path] = ()) -> DatasetInfo:
        """Read everything and make the data set `target`; raises as `import_dataset`.

        Args:
            unlabelled: images, folders and zip files of images without masks, which follow the others.
        """
        if target.exists():
            raise DataError(
                f"a data set called {target.name!r} exists; delete it first, or choose another name"
            )
        try:
            return self._write(target, unlabelled)
        except PatchSizeError as error:
            reasons = list(self._report.skipped.values())
            left_out = f"; {plural(len(reasons), 'file')} left out, since {reasons[0]}" if reasons else ""
            raise PatchSizeError(f"{error}{left_out}{offered(*self.patch_sizes())}") from None

    def _write(self, target: Path, unlabelled: Sequence[Path]) -> DatasetInfo:
        options = self._reader.options
        with self._each(self._reader.read, self._samples) as outcomes:
            labelled = self._patches(self._pace.over(ImportPhase.READING, outcomes, len(self._samples)))
            more = packed_without_labels(unlabelled, options, self._reader.levels, self._report)
            return write_dataset(
                target,
                chain(labelled, more),
                shape=(*options.patch, options.channels),
                format_name=self._format,
                cutting="tiles" if options.tile else "resized",
                resized_to=options.resize_to,
                levels=self._reader.levels if any(self._reader.levels) else None,
                keep_alike=options.keep_alike,
                report=self._report,
                notes=self.notes,
            )

    def outcomes(self) -> Iterator[Outcome]:
        """What comes of each image, in their order, without making a data set."""
        with self._each(self._reader.read, self._samples) as outcomes:
            yield from outcomes

    @property
    def refused(self) -> dict[str, str]:
        """Files that could not be paired or used so far, with the reason."""
        return dict(self._report.skipped)

    def patch_sizes(self) -> tuple[list[PatchSize], PatchSize | None]:
        """What other patch sizes would do, and the best of them; from at most 1,000 images spread evenly."""
        if self._sizes is not None:
            return self._sizes
        self._sizes = [], None
        if not self._report.sizes:
            return self._sizes
        ways = ways_for(self._report.sizes.most_common(1)[0][0])
        cuts = self._tried(ways, _MOST_TRIED)
        if cuts:
            sizes = add_up(cuts, ways, images=sum(self._report.sizes.values()))
            self._sizes = sizes, suggested(sizes, cuts)
        return self._sizes

    def _decide_cutting(self, form: Format) -> None:
        """Take tiles or whole images by what some images show, and note which and why."""
        options = self._reader.options
        cuts = self._tried(ways_to_try(options), _MOST_LOOKED_AT)
        options, why = decided(options, cuts, usually_whole=form.title if form.is_whole else "")
        self._reader = replace(self._reader, options=options)
        self.notes += [why] if why else []

    def _tried(self, ways: list[Way], most: int) -> list[ImageCuts]:
        """What ways of cutting make of at most so many images, spread evenly."""
        spread = np.linspace(0, len(self._samples) - 1, min(most, len(self._samples))).astype(int)
        work = partial(self._reader.try_ways, ways=ways)
        with self._each(work, [self._samples[i] for i in spread]) as found:
            return [one for one in found if one is not None]

    def _patches(self, outcomes: Iterator[Outcome]) -> Iterator[PackedPatch]:
        """The patches of all images; what is lost is noted on the way.

        Raises:
            PatchSizeError: too many images would lose their defect.
        """
        for outcome in outcomes:
            if outcome.refused:
                self._refuse(outcome.image, outcome.refused)
                continue
            outcome.note(self._report)
            yield from outcome.patches
        lost, clean = self._report.lost, self._report.clean
        if too_many_vanish(len(lost), clean):
            height, width = self._reader.options.patch
            raise PatchSizeError(
                f"resizing to {height}x{width} loses the defects of {plural(len(lost), 'image')}, such as "
                f"{lost[0]}, which would be {percent(len(lost) / (len(lost) + clean))} of the clean class; "
                "cut tiles, use larger patches, or count them as clean with --vanished-are-clean"
            )

    def _each(
        self, work: Callable[[Sample], T], samples: list[Sample]
    ) -> AbstractContextManager[Generator[T]]:
        return closing(in_order(work, samples, self._source, workers=self._workers))


def _paired(
    chosen: Recognised, source: Source, options: ImportOptions, refuse: Callable[[str, str], None]
) -> list[Sample]:
    """The samples of a source; where there are none, the reason says what the layout leaves unexplained."""
    try:
        samples = chosen.form.pair(source, options, refuse)
        if not samples:
            raise DataError("there is no image to import")
        return samples
    except DataError as error:
        parts = [str(error), *unread(source, chosen.name)]
        raise DataError(
            "; ".join(parts) + (f" ({chosen.sentence()})" if chosen.unexplained else "")
        ) from None


def _refuse(report: ImportReport, options: ImportOptions, name: str, reason: str) -> None:
    """A file cannot be used: that ends the import, unless bad files are to be skipped."""
    if not options.skip_bad:
        raise DataError(reason)
    report.skipped[shown(name)] = reason


def _check(options: ImportOptions) -> None:
    if options.overlap >= min(options.patch):
        raise DataError(
            f"tiles of {options.patch[0]}x{options.patch[1]} cannot overlap by {options.overlap} px"
        )
    ways = (options.foreground.threshold is not None, bool(options.foreground.colors))
    if sum(ways) + bool(options.foreground.classes or options.foreground.names) > 1:
        raise DataError("a threshold, classes and colours each say what is defective; choose one of them")
    if options.foreground.colors and options.foreground.ignored:
        raise DataError("values can be ignored in grey and indexed masks; a mask of colours has none")
    if options.tile is False and (options.overlap or options.resize_to or options.clean_tiles):
        raise DataError("--overlap, --resize and --clean-tiles need tiles; add --tile, or leave them out")
    if options.overlap < 0 or options.min_area < 1:
        raise DataError("the overlap must be at least 0 and the smallest defect area at least 1 pixel")


def grouped(samples: Sequence[Sample], pattern: str) -> tuple[list[Sample], str]:
    """Samples whose names have the same words as one group each, instead of a layout's own; and a sentence.

    Raises:
        DataError: a pattern without `{words}`, or one that no image matches.
    """
    if not words_in(pattern):
        raise DataError(
            f"the group pattern {pattern!r} names nothing; write {{stem}} for what a group shares"
        )
    found = []
    groups, alone = set(), []
    for sample in samples:
        words = words_of(pattern, sample.image)
        if words is None:
            alone.append(sample.image)
            found.append(replace(sample, group=""))
        else:
            group = "\n".join(words[word] for word in sorted(words))  # no name has a line's end in it
            groups.add(group)
            found.append(replace(sample, group=group))
    if not groups:
        raise DataError(
            f"no image has the group pattern {pattern!r}; the first is {shown(samples[0].image)}"
            if samples
            else "there is no image to group"
        )
    rest = f", and {plural(len(alone), 'image')} by themselves, such as {shown(alone[0])}" if alone else ""
    many = len(samples) - len(alone)
    return found, f"kept together: {plural(many, 'image')} in {plural(len(groups), 'group')}{rest}"
