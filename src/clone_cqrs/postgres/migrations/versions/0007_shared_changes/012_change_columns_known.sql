ALTER TABLE cqrs.view ALTER COLUMN change_columns SET NOT NULL
