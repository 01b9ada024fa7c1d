-- Every view has them, from here on.
ALTER TABLE cqrs.view ALTER COLUMN change_columns SET NOT NULL
