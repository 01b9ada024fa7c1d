-- The definition's rows as of now.
CREATE VIEW public.user_statistics_fresh AS
SELECT * FROM public.user_statistics_definition
