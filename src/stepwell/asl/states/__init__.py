"""The eight types of state: the fields of each in one table, and the rules that only it has."""
