"""Where a Map Run goes on after a crash."""

from stepwell.engine.commands import MapPlan
from stepwell.engine.map_run import PAGE_CHILDREN, MapRun, Settings, Status
from stepwell.runtime.map_run_codec import decode_page, decode_progress, first_progress
from stepwell.runtime.map_run_journal import Journal
from stepwell.store.records import MapRunRow, MapRunSave


class Saves:
    """Keeps what is saved, as a store does."""

    def __init__(self):
        self.pages = {}

    async def save_map_run(self, save: MapRunSave):
        self.pages.update(save.pages)


def row():
    progress = first_progress(MapPlan(0))
    return MapRunRow(b"", 0, b"", 0, 1, b"", 1, "L", "RUNNING", 0, 0, None, b"", progress)


def tell(run, journal, numbers):
    for number in numbers:
        if run.tell(number, 1, f"before {number}"):
            run.start(number)
    journal.advance(numbers[-1], f"after {numbers[-1]}")


def end(run, numbers):
    for number in numbers:
        run.end(number, Status.SUCCEEDED)


def restored(saves, made):
    progress = decode_progress(made.progress)
    run = MapRun(progress.settings, 10_000)
    pages = [decode_page(number, raw) for number, raw in saves.pages.items()]
    run.restore(progress.snapshot, [page for page in pages if not page.is_over])
    return run, Journal(saves, made, run, progress), progress


async def test_what_is_told_again_moves_nothing_back():
    """The first page ends late: reading then goes on behind all that was ever told, not where it stood by chance."""
    saves, made = Saves(), row()
    run = MapRun(Settings(), 10_000)
    journal = Journal(saves, made, run, decode_progress(made.progress))
    tell(run, journal, range(2 * PAGE_CHILDREN))
    end(run, [number for number in range(2 * PAGE_CHILDREN) if number != 5])
    await journal.save()
    run, journal, progress = restored(saves, made)
    assert (progress.page, progress.checkpoint) == (0, "before 0")
    tell(run, journal, range(10))
    end(run, [5])
    assert journal.where == (2, f"after {2 * PAGE_CHILDREN - 1}")
    await journal.save()
    _, _, progress = restored(saves, made)
    assert (progress.page, progress.checkpoint) == (2, f"after {2 * PAGE_CHILDREN - 1}")


async def test_nothing_is_written_where_nothing_happened():
    saves, made = Saves(), row()
    run = MapRun(Settings(), 10_000)
    journal = Journal(saves, made, run, decode_progress(made.progress))
    assert not journal.has_unsaved and not journal.is_due
    journal.changed = True
    assert journal.has_unsaved
    await journal.save()
    assert not journal.has_unsaved and saves.pages == {}
