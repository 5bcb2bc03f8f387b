"""Histories that are learnt once and read from any event on."""

import pytest

from stepwell.engine.reducer import start
from stepwell.runtime import tracks
from stepwell.runtime.tracks import Tracks
from tests.runtime.world import flow, world

PASS = ("Pass", {"Type": "Pass"})
WAIT = ("Wait", {"Type": "Wait", "Seconds": 10})


async def test_what_was_learnt_is_not_read_again(monkeypatch):
    async with world() as w:
        await w.machine(flow(WAIT))
        execution_id = await w.start()
        kept = Tracks(w.store, w.runtime.reader, w.runtime.express.histories)
        track = await kept.of(execution_id)
        assert track.last == 2
        reads = []
        real = w.store.load_history
        monkeypatch.setattr(w.store, "load_history", lambda *given: reads.append(given) or real(*given))
        assert await kept.of(execution_id) is track
        await w.runtime.stop_execution(execution_id, None, None)
        assert (await kept.of(execution_id)).last == 3
        assert [first for _, first, _ in reads] == [3, 3, 4]


async def test_events_and_pictures_agree_at_every_place(monkeypatch):
    monkeypatch.setattr(tracks, "PAGE_EVENTS", 3)
    async with world() as w:
        await w.machine(flow(*[(f"P{n}", {"Type": "Pass"}) for n in range(6)]))
        execution_id = await w.start()
        track = await Tracks(w.store, w.runtime.reader, w.runtime.express.histories).of(execution_id)
        whole = await track.events(1, 100)
        assert [event.id for event in whole] == list(range(1, track.last + 1))
        for at in range(track.last + 1):
            assert await track.model(at) == start(whole[:at])
            assert await track.events(at + 1, 2) == whole[at : at + 2]
        assert await track.model() == start(whole)
        for at in reversed(range(track.last + 1)):
            assert await track.model(at) == start(whole[:at])


async def test_the_picture_of_now_is_kept_and_nobody_can_change_it(monkeypatch):
    async with world() as w:
        await w.machine(flow(WAIT))
        execution_id = await w.start()
        kept = Tracks(w.store, w.runtime.reader, w.runtime.express.histories)
        picture = await (await kept.of(execution_id)).model()
        picture.states["Wait"].next["nowhere"] = 7
        picture.visits.clear()
        track = await kept.of(execution_id)
        reads = []
        real = w.store.load_history
        monkeypatch.setattr(w.store, "load_history", lambda *given: reads.append(given) or real(*given))
        again = await track.model()
        assert reads == [] and again == start(await track.events(1, 100))
        await w.runtime.stop_execution(execution_id, None, None)
        assert (await (await kept.of(execution_id)).model()).status == "ABORTED" and again.status == "RUNNING"


async def test_texts_that_were_put_apart_are_read_when_they_are_shown():
    async with world(blob_bytes_min=20) as w:
        await w.machine(flow(PASS))
        given = '{"text": "' + "x" * 100 + '"}'
        execution_id = await w.start(given=given)
        track = await Tracks(w.store, w.runtime.reader, w.runtime.express.histories).of(execution_id)
        assert [event.details.get("input") for event in await track.events(1, 2)] == [given, given]
        assert all("input" not in event.details for event in await track.events(1, 2, data=False))


@pytest.mark.parametrize("limit, value", [("_KEPT_EVENTS_MAX", 8), ("_KEPT_MAX", 2)])
async def test_the_histories_looked_at_last_are_kept(monkeypatch, limit, value):
    monkeypatch.setattr(tracks, limit, value)
    async with world() as w:
        await w.machine(flow(PASS))
        ids = [await w.start(name) for name in ("a", "b", "c")]
        kept = Tracks(w.store, w.runtime.reader, w.runtime.express.histories)
        first = await kept.of(ids[0])
        for execution_id in ids[1:]:
            await kept.of(execution_id)
        assert await kept.of(ids[2]) is not first
        assert await kept.of(ids[0]) is not first
