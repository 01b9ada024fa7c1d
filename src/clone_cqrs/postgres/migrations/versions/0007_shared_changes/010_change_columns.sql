-- The columns of its table of changes that hold a view's key: a row is a change of each view whose columns it has.
ALTER TABLE cqrs.view ADD COLUMN change_columns name[]
