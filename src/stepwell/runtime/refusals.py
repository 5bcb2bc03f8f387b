"""Why a request to the runtime is not carried out."""


class NameTaken(Exception):
    """An execution of that name exists; `execution_id` is its id."""

    def __init__(self, execution_id: bytes) -> None:
        super().__init__(execution_id.hex())
        self.execution_id = execution_id


class Overloaded(Exception):
    """More work waits than the server takes on; starts are refused first."""


class StoreUnavailable(Exception):
    """The database does not answer; nothing was changed."""


class Moved(StoreUnavailable):
    """Another node drives this execution; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("another node drives this execution now")
