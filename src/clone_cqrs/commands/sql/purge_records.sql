-- Forgets old outcomes of commands, a batch of them. $1 interval to keep, $2 integer at most so many. Row: how many went.
-- Locks: the rows deleted; see cqrs.purge_commands.
SELECT cqrs.purge_commands($1, $2)
