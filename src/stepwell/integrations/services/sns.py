"""SNS: one message to a topic, an endpoint or a telephone."""

from stepwell.integrations.catalog import Action, Service

SERVICE = Service(
    name="sns",
    model="sns",
    prefix="SNS",
    label="AmazonSNS",
    actions=(Action("publish", texts=frozenset({"Message"})),),
)
