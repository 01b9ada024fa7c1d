-- The definition's rows as of now.
CREATE VIEW public.user_profile_fresh AS
SELECT * FROM public.user_profile_definition
