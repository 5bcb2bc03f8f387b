"""Tells people outside what happened: execution logs. It reads what was committed; nobody calls it from below."""
