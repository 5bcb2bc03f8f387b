"""Revisions, compiled once and kept."""

import pytest

from stepwell.limits import AWS
from stepwell.runtime import machines
from stepwell.runtime.machines import Machines
from stepwell.store.protocol import StoreError
from stepwell.store.records import RevisionRow
from tests.runtime.world import ACTIVITY, LAMBDA, flow, task, world


async def test_a_revision_is_compiled_once_and_the_oldest_leaves(monkeypatch):
    monkeypatch.setattr(machines, "_KEPT_MAX", 2)
    async with world() as w:
        for name in ("a", "b", "c"):
            await w.machine(flow((name, {"Type": "Pass"})), name)
        kept = Machines(w.inner, AWS)
        a, b, c = (w.machines[name][0].id for name in ("a", "b", "c"))
        first = await kept.load(a, 1)
        assert await kept.load(a, 1) is first
        assert kept.keep(*w.machines["a"]) is first
        await kept.load(b, 1)
        await kept.load(a, 1)
        await kept.load(c, 1)
        assert list(kept._kept) == [(a, 1), (c, 1)]
        assert await kept.load(a, 1) is first


async def test_which_activities_a_machine_names():
    async with world() as w:
        inner = flow(("A", task(ACTIVITY)), ("L", task(LAMBDA)))
        await w.machine(flow(("P", {"Type": "Parallel", "Branches": [inner]}), ("A2", task(ACTIVITY))))
        found = await w.runtime.machines.load(w.machines["m"][0].id, 1)
        assert found.activities == ((ACTIVITY, "000000000000", "us-east-1", "press"),)


async def test_rows_that_are_gone_or_do_not_compile_any_more():
    async with world() as w:
        await w.machine(flow(("P", {"Type": "Pass"})))
        row, revision = w.machines["m"]
        with pytest.raises(StoreError, match="revision 2 of state machine"):
            await w.runtime.machines.load(row.id, 2)
        with pytest.raises(StoreError, match="is missing"):
            await w.runtime.machines.load(b"nobody" * 2, 1)
        await w.inner.put_revision(RevisionRow(row.id, 2, None, b"{}", revision.role_arn, b"{}", 2))
        with pytest.raises(StoreError, match="does not compile any more"):
            await w.runtime.machines.load(row.id, 2)
