"""Replies to messages of other nodes that no turn carries: to those that were carried out elsewhere, or met nobody."""

from stepwell.runtime.messages import reply_to
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.refusals import StoreUnavailable
from stepwell.runtime.turns import Asker
from stepwell.store.protocol import StoreError
from stepwell.store.records import Commit, Message


class Replies:
    """They gather until the next commit."""

    def __init__(self, ownership: Ownership) -> None:
        self._ownership = ownership
        self._unwritten: list[tuple[Message, bool, Asker]] = []

    def __bool__(self) -> bool:
        return bool(self._unwritten)

    def add(self, message: Message, accepted: bool, answer: Asker) -> None:
        """Reply to a message, and answer the same here once that is durable."""
        self._unwritten.append((message, accepted, answer))

    async def write(self) -> None:
        """Write what has gathered; messages that cannot be answered now are received again."""
        written, self._unwritten = self._unwritten, []
        replies = [(message, reply_to(message, accepted)) for message, accepted, _ in written]
        try:
            await self._ownership.commit(
                [Commit(message.shard, message.execution_id, replies=[reply]) for message, reply in replies]
            )
        except (StoreError, StoreUnavailable) as error:
            for _, _, answer in written:
                _fail(answer, error)
        for _, accepted, answer in written:
            if not answer.done():
                answer.set_result(accepted)


def _fail(answer: Asker, error: Exception) -> None:
    if not answer.done():
        answer.set_exception(StoreUnavailable(str(error)))
