"""Misfortunes, one a round, and what must hold after each of them.

    with misfortunes(place, seed=7) as fate:
        for _ in range(200):
            fate.round()
        assert fate.problems == []

A round starts a worker that adds, replaces and removes chips, and something happens to it, to the store, or to the
clock; another one searches all the while. Then all is calm, and must be true: every chip that was reported as added is
there with the vector that it was given, every chip that was reported as removed is gone, of a step that nobody reported
all is done or nothing, no chip is there twice, `verify` finds nothing, and no other model may ask.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np

from fakes.s3 import BROKEN, BUSY, CUT, REGION, SILENT, UNHEARD, Proxy, S3Server, Sometimes
from fakes.unlucky import CARD, OTHER_CARD, Spec, Workers, vectors_of, workers
from satseek.archive.archive import Archive
from satseek.core.errors import ArchiveNotFound, ModelMismatch, SatSeekError

NUMBERS = 400  # chips that there may be
DAY = 86_400
HERE = ("calm", "kill", "full disk", "truncated", "clock", "rivals")
FAR = ("calm", "kill", "failing store", "silent store", "truncated", "clock", "rivals")
KEYS = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": REGION}
MISSING, TWICE, BACK, WRONG, HALF, UNSOUND = "missing", "twice", "not removed", "wrong", "half done", "unsound"


class Misfortunes:
    """One archive, what it may hold, and what has been done to it."""

    def __init__(
        self, uri: str, folder: Path, group: Workers, *, seed: int, store: tuple[S3Server, Proxy] | None = None
    ) -> None:
        self.uri, self.problems, self.met, self.rounds = uri, list[str](), Counter[str](), 0
        self.steps, self.failures = Counter[str](), Counter[str]()
        self.answers = self.refusals = 0  # of those who searched meanwhile
        self._folder, self._workers, self._store = folder, group, store
        self._chance = random.Random(seed)
        self._generation = 0
        self._may: dict[int, set[int | None]] = {}  # number -> the generations it may be of; None: not there
        self._calm = {} if store is None else {"aws_endpoint": store[0].url}

    def round(self) -> str:
        """Do one round; return what happened in it."""
        self.rounds += 1
        kinds = [kind for kind in (HERE if self._store is None else FAR) if kind != "clock" or self._has_clock]
        kind = kinds[self.rounds % len(kinds)] if self.rounds <= len(kinds) else self._chance.choice(kinds)
        self.met[kind] += 1
        with self._searching(strict=kind != "clock"):
            specs = self._started(kind)
        for spec in specs:
            self._take_note(spec)
        if kind == "truncated":
            self._truncate()
        self._look(kind, [self._unreported(spec) for spec in specs])
        return kind

    @property
    def _has_clock(self) -> bool:
        return self._workers.can_jump_clocks

    def _started(self, kind: str) -> list[Spec]:
        """Start the workers of a round, strike them, and wait for their end."""
        halves = [range(NUMBERS // 2), range(NUMBERS // 2, NUMBERS)] if kind == "rivals" else [range(NUMBERS)]
        specs = [self._spec(kind, numbers, index) for index, numbers in enumerate(halves)]
        if self._store is not None and kind in ("failing store", "silent store"):
            kinds = (BROKEN, BUSY, UNHEARD, CUT) if kind == "failing store" else (SILENT, UNHEARD)
            share = 0.15 if kind == "failing store" else 0.03
            self._store[1].trouble = Sometimes(seed=self._chance.randrange(1 << 30), share=share, kinds=kinds)
        started = [self._workers.start(spec) for spec in specs]
        killed = started[0] if kind in ("kill", "rivals") else None
        if killed is not None:
            self._kill_in_the_middle(specs[0], killed)
        for worker in started:
            code = self._workers.wait(worker)
            if code != 0 and not (worker == killed and code == -signal.SIGKILL):
                self.problems.append(f"round {self.rounds} ({kind}): a worker ended with {code}")
        if self._store is not None:
            self._store[1].calm()
            self._store[1].settle()
        return specs

    def _spec(self, kind: str, numbers: range, index: int) -> Spec:
        steps: list[list[Any]] = []
        for _ in range(self._chance.randint(2, 5)):
            some = self._chance.sample(numbers, self._chance.randint(5, 60))
            what = self._chance.choices(["add", "remove", "optimize", "other model"], [6, 2, 2, 1])[0]
            self._generation += 1
            steps.append({"add": ["add", some, self._generation], "remove": ["remove", some[:20]]}.get(what, [what]))
            self.steps[what] += 1
        jumps = [self._chance.randint(-400 * DAY, 400 * DAY) for _ in steps] if kind == "clock" else None
        environment = {}
        if self._store is not None:
            patience = "0.5" if kind == "silent store" else "20"
            environment = KEYS | {"AWS_ENDPOINT_URL": self._store[1].url, "SATSEEK_STORE_TIMEOUT": patience}
        largest = self._chance.choice([4_000, 12_000, 30_000, 60_000]) if kind == "full disk" else None
        journal = str(self._folder / f"journal-{self.rounds}-{index}.jsonl")
        return Spec(self.uri, journal, steps, environment, largest, jumps)

    def _kill_in_the_middle(self, spec: Spec, worker: int) -> None:
        """Wait until a random step has begun, and a random moment more."""
        wanted, until = self._chance.randrange(len(spec.steps)), time.monotonic() + 60
        while time.monotonic() < until and not any(step >= wanted for step, _ in _journal(spec)):
            time.sleep(0.002)
        time.sleep(self._chance.uniform(0, 0.08))
        os.kill(worker, signal.SIGKILL)

    def _take_note(self, spec: Spec) -> None:
        """Work out from a worker's journal what each chip may be now."""
        journal = _journal(spec)
        told = dict(journal)  # the last word on each step
        if any(word == "mixed two models" for _, word in journal):
            self.problems.append(f"round {self.rounds}: chips of another model were added")
        self.failures.update(word for word in told.values() if word.startswith("failed"))
        for position, step in enumerate(spec.steps):
            word = told.get(position)
            if word is None or step[0] not in ("add", "remove"):
                continue
            outcome = step[2] if step[0] == "add" else None
            for number in step[1]:
                before = set() if word == "done" else self._may.get(number, {None})
                self._may[number] = before | {outcome}

    def _unreported(self, spec: Spec) -> list[list[Any]]:
        """Return the additions that began and that nobody reported as done."""
        told = dict(_journal(spec))
        return [step for at, step in enumerate(spec.steps) if step[0] == "add" and told.get(at, "done") != "done"]

    def _look(self, kind: str, unreported: list[list[list[Any]]]) -> None:
        """Compare the archive with what it may hold; then that is what it holds."""
        where = f"round {self.rounds} ({kind})"
        try:
            archive = self._open()
            held = self._held(archive, where)
            sound = archive.verify()
            if not sound.ok:
                self.problems.append(f"{where}: {UNSOUND}: {sound}")
            self._let_another_model_ask(where)
        except ArchiveNotFound:
            held = {}
        except SatSeekError as error:
            self.problems.append(f"{where}: {UNSOUND}: {error}")
            return
        for number in sorted(self._may):
            is_now, may = held.get(number), self._may[number]
            if is_now not in may:
                fault = MISSING if is_now is None else BACK if may == {None} else WRONG
                self.problems.append(f"{where}: chip {number} is {fault}: {is_now} instead of one of {may}")
        for step in (step for steps in unreported for step in steps):
            later = {number for number in step[1] if (held.get(number) or 0) > step[2]}
            done = {number for number in step[1] if held.get(number) == step[2]}
            if done and done | later != set(step[1]) and not self._removed_after(step, held):
                self.problems.append(f"{where}: {HALF}: {len(done)} of {len(step[1])} chips of one step")
        self._may = {number: {generation} for number, generation in held.items()}

    def _removed_after(self, step: list[Any], held: dict[int, int]) -> bool:
        return any(None in self._may.get(number, {None}) for number in step[1] if number not in held)

    def _held(self, archive: Archive, where: str) -> dict[int, int]:
        held: dict[int, int] = {}
        for part in archive.scan():
            for each, vector in zip(part.chips, part.vectors, strict=True):
                number, generation = int(each.id, 16), int((each.caption or "").split()[-1])
                if number in held:
                    self.problems.append(f"{where}: chip {number} is there {TWICE}")
                if not np.array_equal(vector, vectors_of([number], generation)[0]):
                    self.problems.append(f"{where}: chip {number} has a {WRONG} vector")
                held[number] = generation
        if len(archive) != len(held):
            self.problems.append(f"{where}: {WRONG}: {len(archive)} chips are said, {len(held)} were read")
        return held

    def _let_another_model_ask(self, where: str) -> None:
        try:
            Archive.open(self.uri, card=OTHER_CARD, storage=self._calm)
        except ModelMismatch:
            return
        self.problems.append(f"{where}: another model's questions were let in")

    def _truncate(self) -> None:
        """Leave half of a file: what is asked then is answered rightly, or not at all; then put it back."""
        where = f"round {self.rounds} (truncated)"
        names = self._files()
        if not names:
            return
        name = self._chance.choice(names)
        whole = self._read(name)
        self._write(name, whole[: len(whole) // 2])
        try:
            archive = self._open()
            number = self._chance.choice(sorted(self._may) or [0])
            self._check_answer(archive, number, where)
            for part in archive.scan():
                for each, vector in zip(part.chips, part.vectors, strict=True):
                    if not _is_true(each.id, each.caption, vector):
                        self.problems.append(f"{where}: of a truncated file, chip {each.id} was made up")
        except SatSeekError:
            self.refusals += 1
        finally:
            self._write(name, whole)

    @contextmanager
    def _searching(self, *, strict: bool) -> Iterator[None]:
        """Search all the while, past what goes wrong with the store; where strict, an answer must come."""
        over = Event()

        def search() -> None:
            chance, archive = random.Random(self.rounds), None
            while not over.is_set():
                try:
                    archive = archive or self._open()
                    self._check_answer(archive, chance.randrange(NUMBERS), f"round {self.rounds} (searching)")
                except ArchiveNotFound:
                    archive = None
                except SatSeekError as error:
                    archive, self.refusals = None, self.refusals + 1
                    if strict:
                        self.problems.append(f"round {self.rounds} (searching): {error}")
                over.wait(0.05)

        thread = Thread(target=search)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _check_answer(self, archive: Archive, number: int, where: str) -> None:
        query = vectors_of([number], 1)[0]
        found = archive.nearest(query, k=5)
        self.answers += 1
        for each, vector, score in zip(found.chips, found.vectors, found.scores, strict=True):
            if not _is_true(each.id, each.caption, vector) or abs(float(score) - float(vector @ query)) > 1e-5:
                self.problems.append(f"{where}: the answer {each.id} ({each.caption}, {score}) is made up")
        if list(found.scores) != sorted(found.scores, reverse=True):
            self.problems.append(f"{where}: answers in no order")

    def _open(self) -> Archive:
        return Archive.open(self.uri, card=CARD, storage=self._calm)

    def _files(self) -> list[str]:
        if self._store is None:
            return sorted(str(path) for path in Path(self.uri).rglob("*") if path.is_file())
        bucket, _, prefix = self.uri.removeprefix("s3://").partition("/")
        return sorted(self._store[0].names(bucket, prefix))

    def _read(self, name: str) -> bytes:
        if self._store is None:
            return Path(name).read_bytes()
        bucket = self.uri.removeprefix("s3://").partition("/")[0]
        data: bytes = self._store[0].client.get_object(Bucket=bucket, Key=name)["Body"].read()
        return data

    def _write(self, name: str, data: bytes) -> None:
        if self._store is None:
            Path(name).write_bytes(data)
        else:
            bucket = self.uri.removeprefix("s3://").partition("/")[0]
            self._store[0].client.put_object(Bucket=bucket, Key=name, Body=data)


@contextmanager
def misfortunes(folder: Path, *, seed: int, store: tuple[S3Server, Proxy] | None = None) -> Iterator[Misfortunes]:
    """Prepare rounds on a new archive: in a folder, or in a new bucket of a store."""
    with ExitStack() as stack:
        group = stack.enter_context(workers())
        uri = str(folder / "archive") if store is None else f"s3://{store[0].new_bucket()}/archive"
        if store is not None:
            before = {name: os.environ.get(name) for name in KEYS}
            os.environ.update(KEYS)
            stack.callback(lambda: _restore(before))
        yield Misfortunes(uri, folder, group, seed=seed, store=store)


def _restore(before: dict[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _journal(spec: Spec) -> list[tuple[int, str]]:
    """Read a worker's lines; the last one may be half written."""
    try:
        lines = Path(spec.journal).read_text().split("\n")[:-1]
    except FileNotFoundError:
        return []
    return [(position, what) for position, what in map(json.loads, lines)]


def _is_true(name: str, caption: str | None, vector: Any) -> bool:
    return np.array_equal(vector, vectors_of([int(name, 16)], int((caption or "0").split()[-1]))[0])
