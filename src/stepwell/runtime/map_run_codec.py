"""Map Runs as bytes: what is fixed at their start, how far they are, pages, and how children ended."""

from typing import Any, NamedTuple

from stepwell.engine.commands import MapPlan
from stepwell.engine.map_run import MapRun, Page, Settings
from stepwell.payload import Payload
from stepwell.runtime.codec import pack, unpack


class ChildEnd(NamedTuple):
    """How one child ended. Texts are JSON; those of a STANDARD child stand with its execution. Times in ms.

    `redrives` is how often the child was redriven by then, `attempt` is the redrive of the run that it ended in.
    """

    number: int
    status: int
    items: int
    started_ms: int
    stopped_ms: int
    input: str | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    redrives: int = 0
    attempt: int = 0

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return 64 + sum(len(text) for text in (self.input, self.output, self.cause) if text)


class Progress(NamedTuple):
    """`counts` and `items` are by `Status`, those that run included; reading goes on at `page` and `checkpoint`.

    `told` is how many children were ever known, and `after` the checkpoint behind the last of them. `exported` is the
    last redrive whose results were exported, -1 for none.
    """

    snapshot: Any
    counts: list[int]
    items: list[int]
    written: int
    page: int
    checkpoint: str
    told: int = 0
    after: str = ""
    exported: int = -1

    @property
    def attempt(self) -> int:
        """The redrive that the pages belong to."""
        attempt: int = self.snapshot[1]
        return attempt

    @property
    def not_redrivable(self) -> list[int]:
        """How many children, and items, could not be redriven."""
        counts: list[int] = self.snapshot[7]
        return counts

    @property
    def settings(self) -> Settings:
        """What UpdateMapRun may change."""
        return Settings(*self.snapshot[0])


def encode_plan(plan: MapPlan) -> bytes:
    """The fixed part of a run."""
    variables = {name: payload.text for name, payload in plan.variables.items()}
    return pack(
        [_plain(getattr(plan, name)) if name != "variables" else variables for name in MapPlan.__struct_fields__]
    )


def _plain(value: Any) -> Any:
    return [value.text] if isinstance(value, Payload) else value


def _payload(value: Any) -> Any:
    return Payload(value[0]) if isinstance(value, list) else value


def decode_plan(raw: bytes) -> MapPlan:
    """The other way."""
    values = dict(zip(MapPlan.__struct_fields__, unpack(raw), strict=True))
    made: dict[str, Any] = {name: _payload(value) for name, value in values.items()}
    made["variables"] = {name: Payload(text) for name, text in values["variables"].items()}
    return MapPlan(**made)


def first_progress(plan: MapPlan) -> bytes:
    """That of a run which has just begun."""
    settings = Settings(plan.max_concurrency, plan.tolerated_count, plan.tolerated_percentage)
    run = MapRun(settings, 0)
    return encode_progress(Progress(run.snapshot(), run.counts, run.items, 0, 0, ""))


def encode_progress(progress: Progress) -> bytes:
    """How far a run is."""
    return pack(progress)


def decode_progress(raw: bytes) -> Progress:
    return Progress(*unpack(raw))


def encode_page(page: Page) -> bytes:
    """A page; sizes that are all 1 take no room, nor do redrives where there were none."""
    sizes = [] if all(size == 1 for size in page.sizes) else page.sizes
    redrives = page.redrives if any(page.redrives) else []
    return pack((page.checkpoint, bytes(page.statuses), sizes, page.ended, page.parts, page.full, redrives))


def decode_page(number: int, raw: bytes) -> Page:
    checkpoint, statuses, sizes, ended, parts, full, redrives = unpack(raw)
    page = Page(number, checkpoint)
    page.statuses = bytearray(statuses)
    page.sizes = sizes or [1] * len(statuses)
    page.redrives = redrives or [0] * len(statuses)
    page.ended, page.parts, page.full, page.dirty = ended, parts, full, False
    return page


def encode_ends(ends: list[ChildEnd]) -> bytes:
    """Some ends, for one row."""
    return pack(ends)


def decode_ends(raw: bytes) -> list[ChildEnd]:
    return [ChildEnd(*end) for end in unpack(raw)]
