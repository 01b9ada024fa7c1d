-- $1 uuid: a user. Rows: at most one. No locks.
SELECT * FROM user_profile_view WHERE id = $1
