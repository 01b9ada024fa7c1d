-- $1 uuid: a user. Rows: at most one. No locks.
SELECT * FROM user_statistics_view WHERE user_id = $1
