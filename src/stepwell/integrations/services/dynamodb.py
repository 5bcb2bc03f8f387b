"""DynamoDB: single items, in the notation of its API (`{"S": "text"}`)."""

from stepwell.integrations.catalog import Action, Service

SERVICE = Service(
    name="dynamodb",
    model="dynamodb",
    prefix="DynamoDB",
    label="AmazonDynamoDBv2",
    client="AmazonDynamoDB",
    actions=(
        Action("getItem", repeatable=True),
        Action("putItem"),
        Action("updateItem"),
        Action("deleteItem"),
    ),
)
