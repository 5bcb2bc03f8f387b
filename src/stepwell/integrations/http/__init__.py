"""Calls to HTTP APIs that a workflow names: HTTP tasks, their connections, and which addresses may be called at all.

Public: `Egress` (egress), `HttpIntegration` (endpoint), `Connections` (connections). A task says what to ask, its
connection who asks, and egress whether the address may be spoken to.
"""
