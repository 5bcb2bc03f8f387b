"""DynamoDB: single items, in the notation of its API (`{"S": "text"}`)."""

from typing import Final

from stepwell.integrations.catalog import Action, Service

_WRAPS: Final = {"AttributeValue": "S"}

SERVICE = Service(
    name="dynamodb",
    model="dynamodb",
    prefix="DynamoDB",
    label="AmazonDynamoDBv2",
    client="AmazonDynamoDB",
    actions=(
        Action("getItem", wraps=_WRAPS, repeatable=True),
        Action("putItem", wraps=_WRAPS),
        Action("updateItem", wraps=_WRAPS),
        Action("deleteItem", wraps=_WRAPS),
    ),
)
