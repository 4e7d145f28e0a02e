"""All SQL of the patients. Identifying columns are sealed and opened here and nowhere else."""
