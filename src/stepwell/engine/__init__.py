"""What happens next in an execution: events in, decisions out. No clock, no dice of its own, no IO: see `execution`."""
