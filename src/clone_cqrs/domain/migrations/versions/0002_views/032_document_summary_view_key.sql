-- One row a key; a concurrent refresh needs it, too.
CREATE UNIQUE INDEX document_summary_view_key ON public.document_summary_view (id)
