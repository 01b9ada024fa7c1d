-- One row a key; a concurrent refresh needs it, too.
CREATE UNIQUE INDEX user_statistics_view_key ON public.user_statistics_view (user_id)
