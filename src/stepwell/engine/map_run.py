"""The aggregate of one Map Run: which children there are, how they ended, when the next may start, when it is over.

What belongs here: pages of children, concurrency, tolerances, counts. What never comes in: where items come from, what
a child does, where results go, a clock, rows. Whoever drives a run tells what happened and asks what may be done.

A child is one item or one batch of items. Children are numbered in the order of their items and kept by pages of
1,024; a page whose children have all ended leaves memory, so a run of any length holds a few pages. What is restored
after a crash are the ends that were recorded: a child that had not ended counts as never started, and is told again.

An end counts once: the second time the child's page, or its status, says that it is over. Only a redrive of the run
takes ends back: those of the children that did not end well. (AWS, "Map state in Distributed mode" and "Redriving Map
Runs": tolerances, counts; thresholds measured.)
"""

from collections.abc import Container, Iterable
from enum import IntEnum
from typing import Any, Final, NamedTuple

from stepwell.engine.failure import ITEM_READER_FAILED, TOO_MANY_FAILURES, Failure

EXCEEDED: Final = Failure(TOO_MANY_FAILURES, "The specified tolerated failure threshold was exceeded")
SHRUNK: Final = Failure(ITEM_READER_FAILED, "There are fewer items than when they were read before.")
PAGE_CHILDREN: Final = 1_024
_BACKLOG_MAX: Final = 1_000


class Status(IntEnum):
    """Where a child stands. The numbers are stored: never renumber."""

    UNKNOWN = 0  # its page is known and it was not told again since
    PENDING = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILED = 4
    TIMED_OUT = 5
    ABORTED = 6
    PENDING_REDRIVE = 7  # it did not end well before the run was redriven, and was not started since


ENDS: Final = (Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT, Status.ABORTED)
_BAD_ENDS: Final = frozenset((Status.FAILED, Status.TIMED_OUT, Status.ABORTED))
_RUNNING: Final = frozenset((Status.RUNNING,))
_WAITING: Final = frozenset((Status.PENDING, Status.PENDING_REDRIVE))


class Settings(NamedTuple):
    """What UpdateMapRun may change. `max_concurrency` 0 is no bound of its own; a tolerance of None is not set."""

    max_concurrency: int = 0
    tolerated_count: int | None = None
    tolerated_percentage: float | None = None


class Page:
    """A run of children: their statuses, a byte each, how many items each has, and how often each was redriven.

    `checkpoint` is where reading stood before the first of them; `parts` counts the pieces of results written so far.
    """

    __slots__ = ("checkpoint", "dirty", "ended", "full", "number", "parts", "redrives", "sizes", "statuses")

    def __init__(self, number: int, checkpoint: str) -> None:
        self.number = number
        self.checkpoint = checkpoint
        self.statuses = bytearray()
        self.sizes: list[int] = []
        self.redrives: list[int] = []
        self.ended = 0
        self.parts = 0
        self.full = False
        self.dirty = True

    @property
    def is_over(self) -> bool:
        """Whether nothing will change in it any more."""
        return self.full and self.ended == len(self.statuses)

    @property
    def has_bad_ends(self) -> bool:
        """Whether some of it would go on with a redrive."""
        return any(status in self.statuses for status in _BAD_ENDS)

    def add(self, items: int) -> None:
        """One child more."""
        self.statuses.append(Status.UNKNOWN)
        self.sizes.append(items)
        self.redrives.append(0)
        self.full = len(self.statuses) == PAGE_CHILDREN
        self.dirty = True

    def forget_running(self) -> None:
        """What had not ended when the last server did is told again."""
        for place, status in enumerate(self.statuses):
            if status in (Status.PENDING, Status.RUNNING):
                self.statuses[place] = Status.PENDING_REDRIVE if self.redrives[place] else Status.UNKNOWN
                self.dirty = True


class MapRun:
    """One run, live. `counts` and `items` are indexed by `Status`; `attempt` is its redrive.

    `backlog` is how many children were told and wait to be started, `not_redrivable` how many could not be redriven.
    """

    def __init__(self, settings: Settings, concurrency_max: int, *, items_known: int | None = None) -> None:
        self.settings = settings
        self.concurrency_max = concurrency_max
        self.items_known = items_known  # how many items there are, where that is known before they are read
        self.attempt = 0
        self.pages: dict[int, Page] = {}
        self.next_page = 0  # pages before it, and not in memory, are over
        self.counts = [0] * len(Status)
        self.items = [0] * len(Status)
        self.backlog = 0
        self.not_redrivable = [0, 0]  # children, items
        self.source_ended = False
        self.failure: Failure | None = None
        self.aborted = False
        self.output_bytes = 0

    # What happens

    def tell(self, index: int, items: int, checkpoint: str) -> bool:
        """A child is known, with so many items, read from `checkpoint` on. False if it has ended already."""
        page = self._page_of(index, checkpoint)
        if page is None:
            return False
        place = index % PAGE_CHILDREN
        if place == len(page.statuses):
            page.add(items)
        if page.statuses[place] == Status.UNKNOWN:
            page.statuses[place] = Status.PENDING
            page.dirty = True
            self._count(Status.PENDING, items)
        elif page.statuses[place] != Status.PENDING_REDRIVE:
            return False
        self.backlog += 1
        return True

    def leave_out(self, index: int, items: int) -> bool:
        """A child that a failed run did not get to is counted as pending. Of those behind the pages nothing else is
        kept: a redrive tells them again. False if it was started.
        """
        if index // PAGE_CHILDREN < self.next_page:
            self.tell(index, items, "")
            return self.status_of(index) == Status.PENDING
        self._count(Status.PENDING, items)
        return True

    def _page_of(self, index: int, checkpoint: str) -> Page | None:
        number = index // PAGE_CHILDREN
        if number >= self.next_page:
            self.pages[number] = Page(number, checkpoint)
            self.next_page = number + 1
        return self.pages.get(number)

    def start(self, index: int) -> None:
        """A child that was told starts."""
        self.backlog -= 1
        page = self.pages[index // PAGE_CHILDREN]
        page.dirty = page.dirty or page.statuses[index % PAGE_CHILDREN] == Status.PENDING_REDRIVE
        self._move(index, _WAITING, Status.RUNNING)

    def end(self, index: int, status: Status, output_bytes: int = 0) -> Page | None:
        """A running child ended. Its page if that counts; None if it is counted already."""
        page = self.pages.get(index // PAGE_CHILDREN)
        if page is None or status not in ENDS:
            return None
        place = index % PAGE_CHILDREN
        if place >= len(page.statuses) or page.statuses[place] != Status.RUNNING:
            return None
        self._move(index, _RUNNING, status)
        page.ended += 1
        page.dirty = True
        self.output_bytes += output_bytes
        self._judge()
        return page

    def refuse_redrive(self, index: int) -> None:
        """A child that starts again cannot: it has ended as it had before."""
        page = self.pages[index // PAGE_CHILDREN]
        place = index % PAGE_CHILDREN
        page.redrives[place] -= 1
        self.not_redrivable[0] += 1
        self.not_redrivable[1] += page.sizes[place]

    def end_source(self) -> None:
        """All items have been told. Children that were known before and were not told again have lost theirs."""
        self.source_ended = True
        waiting = 0
        for page in self.pages.values():
            page.full = True
            waiting += sum(page.statuses.count(status) for status in (Status.UNKNOWN, *_WAITING))
        if waiting > self.backlog:
            self.fail(SHRUNK)
        self._judge()

    def fail(self, failure: Failure) -> None:
        """The run cannot go on: its items cannot be read, or its results not written. The first failure stays."""
        if self.failure is None:
            self.failure = failure

    def abort(self) -> None:
        """Nobody waits for the run any more."""
        self.aborted = True

    def redrive(self, attempt: int) -> None:
        """What did not end well is to go on, and is told again. All pages are here (see `restore`)."""
        self.attempt = attempt
        self.failure = None
        self.not_redrivable = [0, 0]
        for page in self.pages.values():
            for place, status in enumerate(page.statuses):
                if status in _BAD_ENDS:
                    self._move(page.number * PAGE_CHILDREN + place, _BAD_ENDS, Status.PENDING_REDRIVE)
                    page.redrives[place] += 1
                    page.ended -= 1
                    page.dirty = True

    def update(self, settings: Settings) -> None:
        """UpdateMapRun: for children that have not started, and for failures from now on (AWS)."""
        self.settings = settings
        self._judge()

    # What may be done

    @property
    def is_ending(self) -> bool:
        """Whether no child is to start any more."""
        return self.failure is not None or self.aborted

    @property
    def concurrency(self) -> int:
        """How many children may run at once."""
        return min(self.settings.max_concurrency or self.concurrency_max, self.concurrency_max)

    @property
    def may_start(self) -> bool:
        """Whether a pending child may start now."""
        return not self.is_ending and self.counts[Status.RUNNING] < self.concurrency

    @property
    def wants_more(self) -> bool:
        """Whether more items are to be read: the backlog is never held."""
        return not self.source_ended and not self.is_ending and self.backlog < _BACKLOG_MAX

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to happen to its children."""
        if self.counts[Status.RUNNING]:
            return False
        return self.is_ending or (self.source_ended and not self.backlog)

    @property
    def status(self) -> str:
        """What its end makes of it (AWS: MapRunStatus)."""
        if self.aborted:
            return "ABORTED"
        return "FAILED" if self.failure is not None else "SUCCEEDED"

    # Pages

    def drop_over(self) -> None:
        """Forget the pages that are over and written."""
        for number in [number for number, page in self.pages.items() if page.is_over and not page.dirty]:
            del self.pages[number]

    def status_of(self, index: int) -> Status | None:
        """A child's status; None if its page is over or not begun."""
        page = self.pages.get(index // PAGE_CHILDREN)
        place = index % PAGE_CHILDREN
        return None if page is None or place >= len(page.statuses) else Status(page.statuses[place])

    def redrives_of(self, index: int) -> int:
        """How often a child of an open page was redriven, the time that it waits for included."""
        return self.pages[index // PAGE_CHILDREN].redrives[index % PAGE_CHILDREN]

    @property
    def first_open(self) -> Page | None:
        """The first page in which a child has not ended: where reading goes on after a crash."""
        open_pages = [number for number, page in self.pages.items() if not page.is_over]
        return self.pages[min(open_pages)] if open_pages else None

    # What is kept

    def snapshot(self) -> tuple[Any, ...]:
        """All but the pages; what had not ended is left out, since it is told again."""
        ends = [0 if status not in ENDS else self.counts[status] for status in Status]
        items = [0 if status not in ENDS else self.items[status] for status in Status]
        settings, refused = tuple(self.settings), tuple(self.not_redrivable)
        return (settings, self.attempt, self.next_page, ends, items, self.failure, self.output_bytes, refused)

    def restore(self, snapshot: Iterable[Any], pages: Iterable[Page]) -> None:
        """Put a new aggregate into the state of its rows. `pages` are those not over; before a redrive, all."""
        settings, self.attempt, self.next_page, self.counts, self.items, failure, self.output_bytes, refused = snapshot
        self.settings = Settings(*settings)
        self.failure = None if failure is None else Failure(*failure)
        self.not_redrivable = list(refused)
        self.pages = {page.number: page for page in pages}
        for page in self.pages.values():
            page.forget_running()
            for status, items in zip(page.statuses, page.sizes, strict=True):
                if status == Status.PENDING_REDRIVE:
                    self._count(Status.PENDING_REDRIVE, items)

    # Inside

    def _move(self, index: int, expected: Container[int], after: Status) -> None:
        page = self.pages[index // PAGE_CHILDREN]
        place = index % PAGE_CHILDREN
        before = page.statuses[place]
        assert before in expected, (index, before, after)
        page.statuses[place] = after
        items = page.sizes[place]
        self._count(before, -items, -1)
        self._count(after, items)

    def _count(self, status: int, items: int, children: int = 1) -> None:
        self.counts[status] += children
        self.items[status] += items

    def _judge(self) -> None:
        """Fail the run once its failures are too many; with no tolerance set the first is (measured).

        A percentage is of all items, so it can be judged once their number is known.
        """
        failed = self.items[Status.FAILED] + self.items[Status.TIMED_OUT]
        if not failed or self.failure is not None:
            return
        _, count, percentage = self.settings
        if count is None and percentage is None:
            count = 0
        total = self.items_known
        if total is None and self.source_ended:
            total = sum(self.items)
        too_many = count is not None and failed > count
        if percentage is not None and not too_many:
            too_many = percentage == 0 or (bool(total) and failed * 100 > percentage * (total or 0))
        if too_many:
            self.failure = EXCEEDED
