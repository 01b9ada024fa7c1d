-- One row a key; a concurrent refresh needs it, too.
CREATE UNIQUE INDEX user_profile_view_key ON public.user_profile_view (id)
