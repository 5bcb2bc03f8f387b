"""The verbs of nodes, for every SQL database: who drives which shard, and messages to whoever does.

A node that stops to beat is given up by another one, on that one's own clock; nothing here knows a time. What makes it
safe is the epoch of a shard: whoever takes it over raises that, and every write of an owner proves its own.
"""

from collections.abc import Mapping, Sequence

from stepwell.store.driver import Driver, Row, Step
from stepwell.store.records import ActivityTaskRow, Fence, Message, NodeRow, ShardRow

Mail = tuple[list[Message], list[tuple[bytes, bytes]]]
"""Messages to shards, and replies to a node by the ids of its messages."""


class SqlNodes:
    """The part of a store (see `protocol.Store`) that nodes share."""

    _driver: Driver

    # Nodes

    async def join_node(self, node: NodeRow) -> None:
        """A process begins to drive executions."""
        row = (node.id, node.name.encode(), node.address.encode(), node.started_ms, node.beats, node.line.encode())
        await self._driver.write([("insert_node", row)])

    async def beat_node(self, node_id: bytes) -> bool:
        """Count one beat; False when this node was given up for dead."""
        return (await self._driver.write([("beat_node", (node_id,))]))[0] == 1

    async def remove_node(self, node_id: bytes, beats: int | None = None) -> bool:
        """Remove a node, and what nobody will read any more; given `beats`, only if it has not beaten since."""
        steps: list[Step] = [("delete_node", (node_id, beats)), ("delete_lost_replies", ())]
        return (await self._driver.write(steps))[0] == 1

    async def load_nodes(self) -> tuple[list[NodeRow], list[ShardRow]]:
        """All nodes, and all shards in order, as they were at one moment."""
        nodes, shards = await self._driver.read([("list_nodes", ()), ("list_shards", ())])
        return [_node(row) for row in nodes], [ShardRow(*row) for row in shards]

    # Shards

    async def take_shards(self, node_id: bytes, shards: Sequence[ShardRow]) -> list[Fence]:
        """Make a node the owner of those shards that are still as given."""
        steps: list[Step] = [("take_shard", (node_id, row.shard, row.epoch)) for row in shards]
        taken = await self._driver.write(steps)
        return [Fence(row.shard, row.epoch + 1) for row, won in zip(shards, taken, strict=True) if won]

    async def release_shards(self, fences: Sequence[Fence], handover: Mapping[int, bytes]) -> None:
        """Let shards go, with what their next owner is to know."""
        await self._driver.write(
            [("release_shard", (fence.shard, fence.epoch, handover.get(fence.shard))) for fence in fences]
        )

    # Messages

    async def exchange_mail(
        self, node_id: bytes, sent: Sequence[Message], read: Sequence[bytes], shards: Sequence[int], limit: int
    ) -> Mail:
        """Put messages into inboxes, forget replies that were read; the messages of shards, and replies to a node."""
        gone = [(node_id, message_id) for message_id in read]
        await self._driver.write_rows([("insert_message", list(map(message_columns, sent))), ("delete_reply", gone)])
        messages = await self._driver.fetch("receive_messages", list(shards), limit)
        return read_mail(messages, await self._driver.fetch("load_replies", node_id))

    async def find_activity_tasks(self, activity_id: bytes, shards: Sequence[int], limit: int) -> list[ActivityTaskRow]:
        """Waiting tasks of one activity in these shards, those that wait longest first."""
        rows = await self._driver.fetch("find_activity_tasks", activity_id, list(shards), limit)
        return [ActivityTaskRow(*row) for row in rows]


def message_columns(message: Message) -> Row:
    """A message as a row of an inbox."""
    return (message.shard, message.id, message.sender, message.execution_id, message.body)


def read_mail(messages: Sequence[Row], replies: Sequence[Row]) -> Mail:
    """What one round of the post has found."""
    return [Message(*row) for row in messages], [(row[0], row[1]) for row in replies]


def _node(row: Row) -> NodeRow:
    id, name, address, started_ms, beats, line = row
    return NodeRow(id, name.decode(), address.decode(), started_ms, beats, line.decode())
