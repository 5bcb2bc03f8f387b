"""Amazon Resource Names of everything this service names, and the rules for names.

The one place that knows how an ARN is spelled. Whether the named thing exists is never asked here.
Sources: AWS's service model and developer guide for the forms and name rules, recorded answers for the texts.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from stepwell.errors import InvalidArn, InvalidName

PARTITION: Final = "aws"
SERVICE: Final = "states"

STATE_MACHINE: Final = "stateMachine"
VERSION: Final = "version"
ALIAS: Final = "alias"
LABELLED_STATE_MACHINE: Final = "labelledStateMachine"
EXECUTION: Final = "execution"
EXPRESS_EXECUTION: Final = "express"
CHILD_EXECUTION: Final = "childExecution"
EXPRESS_CHILD_EXECUTION: Final = "expressChild"
MAP_RUN: Final = "mapRun"
ACTIVITY: Final = "activity"

_RESOURCE_TYPES: Final = {
    STATE_MACHINE: "stateMachine",
    VERSION: "stateMachine",
    ALIAS: "stateMachine",
    LABELLED_STATE_MACHINE: "stateMachine",
    EXECUTION: "execution",
    EXPRESS_EXECUTION: "express",
    CHILD_EXECUTION: "execution",
    EXPRESS_CHILD_EXECUTION: "express",
    MAP_RUN: "mapRun",
    ACTIVITY: "activity",
}

_FORBIDDEN_IN_NAME: Final = re.compile(
    '[\\s<>{}\\[\\]?*"#%\\\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff\U0010ffff]'
)
_VERSION_NUMBER: Final = re.compile(r"[1-9][0-9]{0,9}")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_REGION: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")
NAME_CHARACTERS_MAX: Final = 80


class Arn(NamedTuple):
    """A parsed ARN: its kind (one of this module's constants) and the names in it.

    `parts` by kind: state machine and activity (name,) · version (name, number) · alias (name, alias) · labelled state
    machine (name, label) · execution (machine, name) · express execution (machine, name, uuid) · child execution
    (machine, label, uuid) · express child (machine, label, uuid, uuid) · map run (machine, label, uuid).
    """

    partition: str
    service: str
    region: str
    account: str
    kind: str
    parts: tuple[str, ...]

    @property
    def resource_type(self) -> str:
        """The word after the account: `stateMachine`, `execution`, `express`, `mapRun` or `activity`."""
        return _RESOURCE_TYPES[self.kind]

    @property
    def name(self) -> str:
        """The name of the machine or activity that comes first."""
        return self.parts[0]

    @property
    def text(self) -> str:
        """The ARN itself; `parse_arn(arn.text) == arn`."""
        labelled = self.kind in (LABELLED_STATE_MACHINE, CHILD_EXECUTION, EXPRESS_CHILD_EXECUTION, MAP_RUN)
        names = (f"{self.parts[0]}/{self.parts[1]}", *self.parts[2:]) if labelled else self.parts
        return f"{self._prefix}{self.resource_type}:{':'.join(names)}"

    @property
    def state_machine(self) -> str:
        """The unqualified ARN of the state machine that this ARN's version, alias, execution or map run belongs to."""
        return f"{self._prefix}stateMachine:{self.parts[0]}"

    @property
    def _prefix(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:"


# --- building ---------------------------------------------------------------------------------------------------------


def state_machine_arn(region: str, account: str, name: str) -> str:
    """The ARN of a state machine."""
    return f"arn:aws:states:{region}:{account}:stateMachine:{name}"


def version_arn(region: str, account: str, name: str, number: int) -> str:
    """The ARN of a published version (1, 2, 3 ...) of a state machine."""
    return f"arn:aws:states:{region}:{account}:stateMachine:{name}:{number}"


def alias_arn(region: str, account: str, name: str, alias: str) -> str:
    """The ARN of an alias of a state machine."""
    return f"arn:aws:states:{region}:{account}:stateMachine:{name}:{alias}"


def labelled_state_machine_arn(region: str, account: str, name: str, label: str) -> str:
    """The ARN of the workflow inside a Distributed Map; `label` is the Map's Label or the one made for it."""
    return f"arn:aws:states:{region}:{account}:stateMachine:{name}/{label}"


def execution_arn(region: str, account: str, machine: str, name: str) -> str:
    """The ARN of an execution of a STANDARD state machine."""
    return f"arn:aws:states:{region}:{account}:execution:{machine}:{name}"


def express_execution_arn(region: str, account: str, machine: str, name: str, uuid: str) -> str:
    """The ARN of an execution of an EXPRESS state machine, whose names need not be unique."""
    return f"arn:aws:states:{region}:{account}:express:{machine}:{name}:{uuid}"


def child_execution_arn(region: str, account: str, machine: str, label: str, uuid: str) -> str:
    """The ARN of a STANDARD child execution of a map run."""
    return f"arn:aws:states:{region}:{account}:execution:{machine}/{label}:{uuid}"


def express_child_arn(region: str, account: str, machine: str, label: str, uuid: str, second_uuid: str) -> str:
    """The ARN of an EXPRESS child execution of a map run."""
    return f"arn:aws:states:{region}:{account}:express:{machine}/{label}:{uuid}:{second_uuid}"


def map_run_arn(region: str, account: str, machine: str, label: str, uuid: str) -> str:
    """The ARN of one run of a Distributed Map."""
    return f"arn:aws:states:{region}:{account}:mapRun:{machine}/{label}:{uuid}"


def activity_arn(region: str, account: str, name: str) -> str:
    """The ARN of an activity."""
    return f"arn:aws:states:{region}:{account}:activity:{name}"


# --- parsing ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4_096)
def parse_arn(text: str) -> Arn:
    """The ARN that a client sent. Raises `InvalidArn` with AWS's text.

    Recorded: "Invalid Arn: 'Invalid ARN prefix: <text>'" for what does not begin like an ARN, "Invalid Arn: 'Resource
    type not valid in this context: <type>'" for a type that nothing here has. The other texts are ours.
    """
    if not text.startswith("arn:"):
        raise _invalid(f"Invalid ARN prefix: {text}")
    fields = text.split(":")
    if len(fields) < 6:
        raise _invalid(f"Invalid ARN: {text}")
    _, partition, service, region, account, resource_type, *names = fields
    if service != SERVICE or not partition:
        raise _invalid(f"Invalid ARN service: {text}")
    if not (is_region(region) and is_account(account)):
        raise _invalid(f"Invalid ARN region or account: {text}")
    kind, parts = _resource(resource_type, names)
    if not parts:
        raise _invalid(f"Invalid ARN resource: {text}" if kind else _wrong_type(resource_type))
    return Arn(partition, service, region, account, kind, parts)


def parse_arn_of(text: str, *kinds: str) -> Arn:
    """The ARN that a client sent where only some kinds make sense. Raises `InvalidArn` for the others.

    Recorded: "Invalid Arn: 'Resource type not valid in this context: express'".
    """
    arn = parse_arn(text)
    if arn.kind not in kinds:
        raise _invalid(_wrong_type(arn.resource_type))
    return arn


def _resource(resource_type: str, names: list[str]) -> tuple[str, tuple[str, ...]]:
    """Kind and parts of what follows the account. No parts: no such form; no kind: no such type."""
    if resource_type not in ("stateMachine", "execution", "express", "mapRun", "activity"):
        return "", ()
    if not all(names) or not names:
        return resource_type, ()
    machine, slash, label = names[0].partition("/")
    if slash and not (machine and label):
        return resource_type, ()
    rest = tuple(names[1:])
    found = _LABELLED.get((resource_type, len(rest))) if slash else _PLAIN.get((resource_type, len(rest)))
    if found is None:
        return resource_type, ()
    if found == VERSION:
        found = VERSION if _VERSION_NUMBER.fullmatch(rest[0]) else ALIAS
    return found, (machine, label, *rest) if slash else (machine, *rest)


_PLAIN: Final = {
    ("stateMachine", 0): STATE_MACHINE,
    ("stateMachine", 1): VERSION,
    ("execution", 1): EXECUTION,
    ("express", 2): EXPRESS_EXECUTION,
    ("activity", 0): ACTIVITY,
}
_LABELLED: Final = {
    ("stateMachine", 0): LABELLED_STATE_MACHINE,
    ("execution", 1): CHILD_EXECUTION,
    ("express", 2): EXPRESS_CHILD_EXECUTION,
    ("mapRun", 1): MAP_RUN,
}


def _invalid(reason: str) -> InvalidArn:
    return InvalidArn(f"Invalid Arn: '{reason}'")


def _wrong_type(resource_type: str) -> str:
    return f"Resource type not valid in this context: {resource_type}"


# --- names ------------------------------------------------------------------------------------------------------------


def check_name(name: str) -> str:
    """The name itself, if a state machine, execution or activity may bear it. Raises `InvalidName`.

    AWS: 1 to 80 characters; no white space, brackets, wildcards, `" # % \\ ^ | ~ backquote $ & , ; : /` or controls.
    Recorded text: "Invalid Name: '<name>'".
    """
    if not is_name(name):
        raise InvalidName(f"Invalid Name: '{name}'")
    return name


def is_name(name: str) -> bool:
    """Whether a state machine, execution or activity may bear this name."""
    return 0 < len(name) <= NAME_CHARACTERS_MAX and _FORBIDDEN_IN_NAME.search(name) is None


def is_account(text: str) -> bool:
    """Whether this is an account id: twelve digits."""
    return _ACCOUNT.fullmatch(text) is not None


def is_region(text: str) -> bool:
    """Whether this can be a region's name, such as `us-east-1`."""
    return _REGION.fullmatch(text) is not None
