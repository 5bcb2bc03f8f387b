"""How AWS spells what its service models name: by the rules of the SDK for Java v2, which Step Functions calls through.

Service ids become classes (`DynamoDB`: `DynamoDb`) and the names of `aws-sdk:` resources (`dynamodb`); members become
accessors (`DBInstanceIdentifier`: `DbInstanceIdentifier`, `ETag` stays); error shapes become exceptions
(`DBInstanceNotFoundFault`: `DbInstanceNotFoundException`).
"""

import re
from functools import lru_cache
from typing import Final

from stepwell.integrations.sdk_metadata import exception_name

# Services whose name in resources is not botocore's without its hyphens.
SERVICES: Final[dict[str, str]] = {
    "applicationdiscovery": "discovery",
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "costandusagereport": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "directory": "ds",
    "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearch": "es",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuilding": "lex-models",
    "lexmodelsv2": "lexv2-models",
    "lexruntimev2": "lexv2-runtime",
    "marketplacemetering": "meteringmarketplace",
    "migrationhub": "mgh",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
    "simpledb": "sdb",
}
# Services that AWS has closed, or is closing: no model describes them any more, but definitions still name them.
RETIRED: Final[frozenset[str]] = frozenset(
    (
        *("alexaforbusiness", "apptest", "backupstorage", "codestar", "elastictranscoder", "evidently", "finspace"),
        *("finspacedata", "gamesparks", "honeycode", "iot1clickdevices", "iot1clickprojects", "iotanalytics"),
        *("iotevents", "ioteventsdata", "iotfleethub", "iotroborunner", "lookoutmetrics", "lookoutvision", "macie"),
        *("mobile", "nimble", "opsworks", "opsworkscm", "panorama", "privatenetworks", "qldb", "qldbsession"),
        *("robomaker", "simspaceweaver", "sms", "worklink"),
    )
)
_MEMBERS: Final = {"NULL": "Nul"}
"""Members that the SDK names by hand: of DynamoDB's attribute values."""
_FAULT: Final = "Fault"


@lru_cache(maxsize=512)
def service_of(name: str, available: frozenset[str]) -> str | None:
    """botocore's name for a service as resources name it (`sfn`, `cloudwatchlogs`), or None. `available` is botocore's
    list of services.
    """
    listed = SERVICES.get(name)
    if listed is not None:
        return listed if listed in available else None
    renamed = frozenset(SERVICES.values())
    return next((found for found in sorted(available - renamed) if found.replace("-", "") == name), None)


@lru_cache(maxsize=1024)
def class_name(service_id: str) -> str:
    """The SDK's class for a service id of the models (`ACM PCA`: `AcmPca`)."""
    name = _pascal(service_id)
    for leading in ("Amazon", "Aws"):
        name = name.removeprefix(leading)
    return name.removesuffix("Service")


@lru_cache(maxsize=16_384)
def member_name(name: str) -> str:
    """A member as `aws-sdk:` parameters and results spell it (recorded: `Md5OfMessageBody`, `ETag`)."""
    if name in _MEMBERS:
        return _MEMBERS[name]
    at = 1
    while at < len(name) and name[at].isupper() and not name[at + 1 : at + 2].islower():
        at += 1
    word = name[:at].lower() + name[at:]
    return word[:1].upper() + word[1:]


@lru_cache(maxsize=4_096)
def action_name(operation: str) -> str:
    """An operation as resources name it (`SendMessage`: `sendMessage`)."""
    name = member_name(operation)
    return name[:1].lower() + name[1:]


def error_name(shape: str) -> str:
    """The exception of a modelled error, as `aws-sdk:` tasks name it (recorded: `NoSuchKeyException`)."""
    if shape.endswith(_FAULT):
        shape = shape.removesuffix(_FAULT) + "Exception"
    return exception_name(_pascal(shape))


def _pascal(text: str) -> str:
    return "".join(word.capitalize() for word in _words(text))


def _words(text: str) -> list[str]:
    """The words of a name; the substitutions are those of the SDK's code generator, in its order."""
    text = re.sub(r"[^A-Za-z0-9]+", " ", text)
    text = re.sub(r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 ", text)
    text = re.sub(r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 ", text)
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-zA-Z0-9])", " ", text)
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", text)
    return re.sub(r"([0-9])([a-zA-Z])", r"\1 \2", text).split()
