"""Users: who owns everything else."""
