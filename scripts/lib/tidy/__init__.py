"""tidy - the checks of scripts/tidy, a module each. A module has NAME, what it asks for in a line,
and check(tree), which yields the problems that it finds as (path, line number, message)."""
