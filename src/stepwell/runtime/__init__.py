"""When and where executions go on: time, dice, queues, commits, and calls into the world."""
