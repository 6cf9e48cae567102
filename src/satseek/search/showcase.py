"""Six telling questions to an archive, made of what it really holds: labels, captions, places and dates."""

from __future__ import annotations

import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from satseek.core.area import Area
from satseek.core.chip import BBox, Chip
from satseek.core.period import Period, rfc3339
from satseek.core.query import Example, Keyword, Query

CHIPS_LOOKED_AT = 5_000
TRIED = 32  # chips that a sentence is taken from, those with most labels first
HITS = 5
DAYS = 3  # on both sides of a scene's date
PLAIN_WORDS = ("water", "forest", "field", "built-up")  # where nothing is written about the chips


@dataclass(frozen=True)
class Showing:
    """One question, and what its answer shows."""

    title: str
    shows: str
    query: Query

    def command(self, archive: str) -> str:
        """Return the command line that asks the same."""
        query = self.query
        words = ["satseek", "search", archive, *([query.sentence] if query.sentence else [])]
        for option, keywords in (("--must", query.must), ("--not", query.must_not)):
            words += [part for keyword in keywords for part in (option, keyword.text)]
        for option, examples in (("--like", query.like), ("--unlike", query.unlike)):
            words += [part for example in examples for part in (option, example.name)]
        words += [part for sensor in query.sensors for part in ("--sensor", sensor)]
        if query.where is not None:
            words.append("--bbox=" + ",".join(f"{side:g}" for side in query.where.bbox))
        if query.when is not None:
            words += ["--datetime", _dates(query.when)]
        return shlex.join([*words, "-k", str(query.k)])


@dataclass
class Holdings:
    """What is known of an archive's chips, as far as the showcase needs it."""

    chips: list[Chip] = field(default_factory=list)
    labels: Counter[str] = field(default_factory=Counter)

    @staticmethod
    def of(chips: Iterable[Chip]) -> Holdings:
        """Look at some chips."""
        holdings = Holdings(list(chips))
        for chip in holdings.chips:
            holdings.labels.update(chip.labels)
        return holdings

    @property
    def sensors(self) -> list[str]:
        """The sensors, those with most chips first."""
        counts = Counter(chip.sensor for chip in self.chips)
        return sorted(counts, key=lambda sensor: (-counts[sensor], sensor))

    def rare(self, labels: Iterable[str]) -> list[str]:
        """Labels, the rarest first: they tell most."""
        return sorted(set(labels), key=lambda label: (self.labels[label], label))

    def of_sensor(self, sensor: str) -> list[Chip]:
        """The chips of one sensor."""
        return [chip for chip in self.chips if chip.sensor == sensor]


def showcase(chips: Iterable[Chip]) -> list[Showing]:
    """Return the questions for an archive that holds these chips; what it lacks is left out or asked otherwise."""
    holdings = Holdings.of(chips)
    if not holdings.chips:
        return []
    asked = [_sentence(holdings), _keyword(holdings), _both(holdings), _example(holdings), _across(holdings)]
    return [*asked, *_area_and_date(holdings)]


def in_common(hits: Sequence[Chip], example: Chip) -> str:
    """Say what hits have in common with an example: the place, and its labels."""
    there = sum(1 for hit in hits if hit.bbox and example.bbox and _overlap(hit.bbox, example.bbox))
    shared = Counter(label for hit in hits for label in set(hit.labels) & set(example.labels))
    labels = ", ".join(f"{label} {count}" for label, count in shared.most_common(6))
    return f"Of {len(hits)} hits, {there} lie where the example lies" + (
        f"; labels in common: {labels}." if labels else "."
    )


def _sentence(holdings: Holdings) -> Showing:
    return Showing(
        "A sentence",
        "Chips whose pictures and captions fit the sentence, of any sensor.",
        Query(sentence=_best_sentence(holdings.chips) or f"{PLAIN_WORDS[0]} beside {PLAIN_WORDS[1]}", k=HITS),
    )


def _keyword(holdings: Holdings) -> Showing:
    often = [label for label, count in holdings.labels.items() if count >= 2 * HITS]  # overlapping hits are merged
    if often:
        word = holdings.rare(often)[0]
        shows = f"Every hit must show '{word}', a rare thing here."
    elif holdings.labels:
        word = holdings.labels.most_common(1)[0][0]
        shows = f"Every hit must show '{word}'."
    else:
        word, shows = (
            PLAIN_WORDS[0],
            f"Every hit must show '{PLAIN_WORDS[0]}'; as nothing is labelled, the model decides.",
        )
    return Showing("A keyword", shows, Query(must=(Keyword(word),), k=HITS))


def _both(holdings: Holdings) -> Showing:
    """A sentence about one thing, a must for another that is there too, a not for one that often is."""
    title = "A sentence and keywords"
    telling = sorted((chip for chip in holdings.chips if chip.caption and chip.labels), key=_plenty)[:TRIED]
    for chip in telling:
        for must in holdings.rare(chip.labels):
            sentence = _best_sentence([chip], without=must)
            if not sentence:
                continue
            with_it = [set(each.labels) for each in holdings.chips if must in each.labels]
            beside = Counter(label for labels in with_it for label in labels - set(chip.labels))
            others = [label for label, count in beside.most_common() if len(with_it) - count >= HITS]
            if others:
                return Showing(
                    title,
                    f"The sentence ranks; '{must}' must be there, '{others[0]}' must not.",
                    Query(sentence=sentence, must=(Keyword(must),), must_not=(Keyword(others[0]),), k=HITS),
                )
    first, second, third = PLAIN_WORDS[1], PLAIN_WORDS[2], PLAIN_WORDS[3]
    query = Query(sentence=f"{first} and {second}", must=(Keyword(second),), must_not=(Keyword(third),), k=HITS)
    return Showing(title, f"The sentence ranks; '{second}' must be there, '{third}' must not.", query)


def _example(holdings: Holdings) -> Showing:
    sensor = holdings.sensors[0]
    chip = _telling(holdings, holdings.of_sensor(sensor))
    what = f" ({', '.join(holdings.rare(chip.labels)[:3])})" if chip.labels else ""
    return Showing(
        "An example",
        f"More like one {sensor} chip{what}; the chip itself comes first.",
        Query(like=(Example(chip=chip.id),), k=HITS),
    )


def _across(holdings: Holdings) -> Showing:
    """From radar to optical where both are there, else from the rarest sensor to the others."""
    sensors = holdings.sensors
    if len(sensors) == 1:
        chips = holdings.of_sensor(sensors[0])
        like, unlike = _telling(holdings, chips), _telling(holdings, chips[::-1][: max(1, len(chips) // 2)])
        query = Query(like=(Example(chip=like.id),), unlike=(Example(chip=unlike.id),), k=HITS)
        return Showing("More of this, less of that", "One example attracts, another repels.", query)
    asking = "s1" if "s1" in sensors else sensors[-1]
    others = tuple(sorted(sensor for sensor in sensors if sensor != asking))
    chip = max(holdings.of_sensor(asking), key=lambda chip: (len(set(chip.labels)), chip.id))  # much to recognise
    what = f" ({', '.join(holdings.rare(chip.labels)[:3])})" if chip.labels else ""
    kind = "From radar to optical" if asking == "s1" else f"From {asking} to {', '.join(others)}"
    return Showing(
        kind,
        f"A chip of {asking}{what} finds its like among {' and '.join(others)}.",
        Query(like=(Example(chip=chip.id),), sensors=others, k=HITS),
    )


def _area_and_date(holdings: Holdings) -> list[Showing]:
    """A word inside the place and around the date of one scene; without places or dates what is left of it."""
    scenes: dict[tuple[str, str], list[Chip]] = defaultdict(list)
    for chip in holdings.chips:
        if chip.bbox is not None or chip.datetime is not None:
            scenes[chip.source, chip.scene].append(chip)
    if not scenes:
        return []
    chips = max(
        scenes.values(), key=lambda chips: (len({label for chip in chips for label in chip.labels}), len(chips))
    )
    labels = Counter(label for chip in chips for label in chip.labels)
    word = labels.most_common(1)[0][0] if labels else PLAIN_WORDS[1]
    where, when = _area(chips), _period(next((chip.datetime for chip in chips if chip.datetime), None))
    told = [f"inside {', '.join(f'{side:g}' for side in where.bbox)}"] if where is not None else []
    told += [f"from {when.start:%Y-%m-%d} to {when.end:%Y-%m-%d}"] if when and when.start and when.end else []
    query = Query(sentence=word, where=where, when=when, k=HITS)
    title = "An area and a date" if where and when else "An area" if where else "A date"
    return [Showing(title, f"'{word}' {' '.join(told)}: the filter runs inside the search.", query)]


def _area(chips: Sequence[Chip]) -> Area | None:
    boxes = [chip.bbox for chip in chips if chip.bbox is not None and chip.bbox[0] <= chip.bbox[2]]
    if not boxes:
        return None
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return Area.from_bbox([round(side, 3) for side in (min(wests), min(souths), max(easts), max(norths))])


def _period(moment: datetime | None) -> Period | None:
    if moment is None:
        return None
    first, last = (moment + timedelta(days=days) for days in (-DAYS, DAYS))
    return Period.parse(f"{rfc3339(first)[:10]}/{rfc3339(last)[:10]}")


def _dates(when: Period) -> str:
    """The period as a person types it: whole days as days."""
    return str(when).replace("T00:00:00Z", "").replace("T23:59:59.999999Z", "")


def _telling(holdings: Holdings, chips: Sequence[Chip]) -> Chip:
    """The chip with the rarest label; of those the one with fewest others."""

    def rarity(chip: Chip) -> tuple[int, int, str]:
        return min((holdings.labels[label] for label in chip.labels), default=10**9), len(chip.labels), chip.id

    return min(chips, key=rarity)


def _best_sentence(chips: Iterable[Chip], without: str | None = None) -> str | None:
    """The sentence of the captions that names most of what the labels and keywords name, said most often."""
    said: Counter[str] = Counter()
    names: dict[str, int] = {}
    for chip in chips:
        words = {*chip.labels, *chip.keywords}
        for sentence in re.split(r"(?<=[.!?])\s+", chip.caption or ""):
            plain = sentence.strip().rstrip(".").lower()
            if plain and (without is None or without.lower() not in plain):
                said[plain] += 1
                names[plain] = sum(1 for word in words if word.lower() in plain)
    return min(said, key=lambda each: (-names[each], -said[each], each), default=None)


def _plenty(chip: Chip) -> tuple[int, str]:
    """Order chips: those that show most first."""
    return -len(set(chip.labels)), chip.id


def _overlap(one: BBox, other: BBox) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
