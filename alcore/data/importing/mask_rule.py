"""Which pixels of a set's masks are defective, and that in words: as chosen, or as the values suggest."""

from __future__ import annotations

from alcore.data.images import MOST_INDICES
from alcore.data.importing.formats import FORMATS, Format
from alcore.data.importing.mask_colors import MaskColorsError, in_words, left_over
from alcore.data.importing.mask_values import MaskCensus, suggest
from alcore.data.importing.options import Foreground, classes_in_words, colors_in_words
from alcore.wording import plural


def ignored_values(form: Format, chosen: Foreground) -> tuple[int, ...]:
    """Mask values that mean 'unknown': chosen, or the format's own."""
    own = tuple(value for value in form.unknown if value not in (chosen.classes or ()))
    return chosen.ignored or own


def rule_of(form: Format, chosen: Foreground, census: MaskCensus) -> tuple[Foreground, list[str]]:
    """What is defective, for the reader of masks, and that in sentences with the reason.

    Raises:
        DataError: values that tell nothing, or a threshold on colours.
    """
    if chosen.threshold is not None and not chosen.colors and chosen.classes is None and census.colored:
        raise MaskColorsError(
            f"{plural(census.colored, 'mask')} coded in colours, which a threshold cannot tell apart",
            census.colors,
            "name what is defective",
        )
    if chosen.is_chosen:
        sentences = [f"defective: {_done(chosen, census)}, as chosen", *_passed_over(chosen, census)]
        if chosen.ignored_colors:
            sentences.append(
                f"unknown, neither clean nor defective: {colors_in_words(chosen.ignored_colors)}"
            )
        return chosen, sentences
    if form.foreground is not None:
        own = form.foreground
        reason = form.table or f"{form.title} has it"
        sentences = [f"defective: {_done(own, census)}, as {reason}", *_passed_over(own, census)]
        if own.ignored_colors:
            sentences.append(f"unknown, neither clean nor defective: {colors_in_words(own.ignored_colors)}")
        return chosen, sentences
    if form is FORMATS["roboflow"]:
        return chosen, ["defective: the classes that _classes.csv lists"]
    found = suggest(census)
    return found, [f"defective: {_done(found, census)}, by the values of the masks"]


def chosen_classes(chosen: Foreground) -> list[str]:
    """Of a format with classes: which of them count, as chosen by number or name, in sentences."""
    chosen_names = {
        "defective": [*map(str, chosen.classes or ()), *chosen.names],
        "unknown, neither clean nor defective": [*map(str, chosen.ignored), *chosen.ignored_names],
    }
    return [f"{what}: {classes_in_words(names)}, as chosen" for what, names in chosen_names.items() if names]


def _done(rule: Foreground, census: MaskCensus) -> str:
    """A rule in words, with what is done to the masks that are read otherwise."""
    words = rule.in_words()
    if rule.colors or rule.classes is not None or rule.threshold:
        return words
    if census.colored:
        words += f" in the brightest channel of {in_words(left_over(census.colors, (), 0))}"
    parts = [words] if census.others or (rule.threshold == 0 and census.binary) else []
    if rule.threshold is None and census.binary:
        parts.append(f"above 0 in {plural(census.binary, 'mask')} of 0 and 1")
    if census.palettes:
        parts.append(f"an index above 0 in {plural(census.palettes, 'palette')}")
    return ", ".join(parts) or words


def _passed_over(rule: Foreground, census: MaskCensus) -> list[str]:
    """What a rule leaves clean although it is marked."""
    if rule.colors:
        rest = left_over(
            census.colors + census.in_palettes, rule.colors + rule.ignored_colors, rule.tolerance
        )
        return [f"read as clean: the colours {in_words(rest)}"] if rest else []
    if rule.classes is not None or rule.threshold is None or rule.threshold <= MOST_INDICES:
        return []  # small values below a small threshold are a background of their own
    dim = sum(count for top, count in census.tops.items() if 0 < top <= rule.threshold)
    if not dim:
        return []
    return [f"read as clean: {plural(dim, 'mask')} with marks, none of them above {rule.threshold}"]
